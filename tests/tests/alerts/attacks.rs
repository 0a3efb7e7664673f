//! Attacks raise their alerts, and no others.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tests::alerting::{Alerted, History, Monitoring, Net, SCALE, talk};
use tests::attacks::list::{ATTACKS, Attack, find};
use tests::attacks::play;
use tests::patience::{Reason, let_pass, wait_for_long};

/// Devices on which nothing happens but what is usual.
const QUIET: [&str; 3] = ["quiet-1", "quiet-2", "quiet-3"];
/// Ten times what the slowest alert takes.
const PATIENCE: Duration = Duration::from_mins(7);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

#[test]
fn each_alert_on_traffic_has_an_attack() {
    let traffic = grafana::rules::GROUPS.iter().find(|group| group.name == "packet-traffic");
    let alerts: BTreeSet<_> = traffic.unwrap().alerts().map(|alert| alert.name).collect();

    let attacked: BTreeSet<_> = ATTACKS.iter().flat_map(|it| it.alerts).copied().collect();

    assert_eq!(attacked, alerts);
}

#[test]
fn the_name_of_an_attack_can_be_that_of_a_device() {
    let names: BTreeSet<_> = ATTACKS.iter().map(|it| it.name).collect();

    assert!(names.iter().all(|name| name.len() < 16), "{names:?}");
    assert_eq!(names.len(), ATTACKS.len());
    assert!(ATTACKS.iter().all(|it| find(it.name).is_some_and(|found| found.name == it.name)));
}

/// Every attack, all at once, at a thirtieth of the times.
#[test]
#[ignore = "needs root: `cargo xtask test --suite alerts`"]
fn every_attack_raises_its_alerts_and_no_others() {
    let test = "every_attack_raises_its_alerts_and_no_others";
    let attacks: Vec<&Attack> = ATTACKS.iter().collect();
    // Baselines settle in ten seconds, the range of a rate.
    let usual = Duration::from_secs(30);

    attack(test, &Plan { attacks: &attacks, scale: SCALE, usual, on: Duration::from_secs(15) });
}

/// One attack at a sixtieth of the times, beside devices without.
#[test]
#[ignore = "needs root: `cargo xtask test alerts`"]
fn an_icmp_flood_raises_its_alert_and_no_other() {
    let test = "an_icmp_flood_raises_its_alert_and_no_other";
    let attacks = [find("icmp-flood").unwrap()];
    let usual = Duration::from_secs(2);

    attack(test, &Plan { attacks: &attacks, scale: 2 * SCALE, usual, on: Duration::ZERO });
}

/// What happens in a test.
struct Plan<'a> {
    attacks: &'a [&'a Attack],
    scale: u32,
    /// How long nothing but the usual happens.
    usual: Duration,
    /// How long an attack goes on once its alerts were told: others may be slower.
    on: Duration,
}

fn attack(test: &str, plan: &Plan<'_>) {
    let Plan { attacks, scale, usual, on } = *plan;
    let names = attacks.iter().map(|attack| attack.name);
    let devices: Vec<_> = names.chain(QUIET).collect();
    let net = Net::lay("alerts", &devices);
    let Some(monitoring) = Monitoring::start(test, &net, scale) else { return };
    let mut history = monitoring.history();
    let is_usual = AtomicBool::new(true);
    let played: Vec<_> = attacks.iter().map(|attack| Played::new(attack)).collect();

    thread::scope(|scope| {
        // Whatever fails below, the threads end.
        let _ends: Vec<_> =
            played.iter().map(|it| &it.goes_on).chain([&is_usual]).map(Ends).collect();
        scope.spawn(|| talk(&net, || is_usual.load(Ordering::Relaxed)));
        let_pass(usual, Reason::Traffic);
        for Played { attack, goes_on, .. } in &played {
            let net = &net;
            scope.spawn(move || {
                net.end(attack.from).enter();
                let way = net.way(attack.name, attack.from);
                play(attack, &way, || goes_on.load(Ordering::Relaxed)).unwrap();
            });
        }
        wait_for_long("every alert to be told, and resolved after the attack", PATIENCE, || {
            // Each look asks Prometheus.
            let_pass(BETWEEN_LOOKS, Reason::Sampling);
            let alerted = history.look();
            // All of them are looked at, whatever one of them lacks.
            let lacking: Vec<_> =
                played.iter().filter_map(|it| it.look(&alerted, on).err()).collect();
            if lacking.is_empty() { Ok(()) } else { Err(lacking.join("\n")) }
        });
    });

    assert_as_declared(attacks, &mut history);
}

/// Clears a flag when it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// An attack that is played.
struct Played<'a> {
    attack: &'a Attack,
    goes_on: AtomicBool,
    /// When all of its alerts had been told.
    told: OnceLock<Instant>,
}

impl<'a> Played<'a> {
    fn new(attack: &'a Attack) -> Self {
        Self { attack, goes_on: AtomicBool::new(true), told: OnceLock::new() }
    }

    /// Ends the attack some time after its alerts were told. Returns what is missing until they are
    /// resolved.
    fn look(&self, alerted: &[Alerted], on: Duration) -> Result<(), String> {
        let Self { attack, goes_on, told } = self;
        let own = || alerted.iter().filter(|it| it.device == attack.name);
        let all = |is_so: fn(&Alerted) -> bool| {
            attack.alerts.iter().all(|name| own().any(|it| it.name == *name && is_so(it)))
        };

        if all(|_| true) && told.get_or_init(Instant::now).elapsed() >= on {
            goes_on.store(false, Ordering::Relaxed);
        }
        if !goes_on.load(Ordering::Relaxed) && all(|it| it.is_resolved) {
            return Ok(());
        }
        Err(format!("{}: {:?}", attack.name, own().map(ToString::to_string).collect::<Vec<_>>()))
    }
}

/// Each alert came in time, and there was no other.
fn assert_as_declared(attacks: &[&Attack], history: &mut History<'_>) {
    let alerted = history.look();
    let declared: BTreeSet<(String, String)> = attacks
        .iter()
        .flat_map(|it| it.alerts.iter().map(|name| ((*name).to_owned(), it.name.to_owned())))
        .collect();
    for alerted in &alerted {
        println!("{alerted}");
    }
    let only_pending: Vec<_> = history.pending().difference(&declared).cloned().collect();
    println!("were pending without being declared: {only_pending:?}");

    assert_eq!(history.fired(), declared, "by Prometheus");
    let told: BTreeSet<_> = alerted.iter().map(|it| (it.name.clone(), it.device.clone())).collect();
    assert_eq!(told, declared, "by Alertmanager");
    let late: Vec<_> = alerted
        .iter()
        .filter(|it| it.told_after.is_none_or(|after| after > it.at_most))
        .map(ToString::to_string)
        .collect();
    assert!(late.is_empty(), "{late:#?}");
}
