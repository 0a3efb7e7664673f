//! Attacks raise their alerts, and no others.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tests::alerting::{Alerted, History, Monitoring, Net, talk};
use tests::attacks::list::{ATTACKS, Attack, find};
use tests::attacks::play;
use tests::patience::{Reason, let_pass, wait_for_long};

/// Devices on which nothing happens but what is usual.
const QUIET: [&str; 3] = ["quiet-1", "quiet-2", "quiet-3"];
/// Ten times what the slowest alert takes.
const PATIENCE: Duration = Duration::from_mins(7);

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

    attack(test, &Plan { attacks: &attacks, scale: 30, usual, on: Duration::from_secs(25) });
}

/// One attack at a sixtieth of the times, beside devices without.
#[test]
#[ignore = "needs root: `cargo xtask test alerts`"]
fn an_icmp_flood_raises_its_alert_and_no_other() {
    let test = "an_icmp_flood_raises_its_alert_and_no_other";
    let attacks = [find("icmp-flood").unwrap()];
    let usual = Duration::from_secs(2);

    attack(test, &Plan { attacks: &attacks, scale: 60, usual, on: Duration::ZERO });
}

/// What happens in a test.
struct Plan<'a> {
    attacks: &'a [&'a Attack],
    scale: u32,
    /// How long nothing but the usual happens.
    usual: Duration,
    /// How long attacks go on after each alert was told: others may be slower.
    on: Duration,
}

fn attack(test: &str, plan: &Plan<'_>) {
    let Plan { attacks, scale, usual, on } = *plan;
    let names = attacks.iter().map(|attack| attack.name);
    let devices: Vec<_> = names.chain(QUIET).collect();
    let net = Net::lay("alerts", &devices);
    let Some(monitoring) = Monitoring::start(test, &net, scale) else { return };
    let mut history = monitoring.history();
    let (is_usual, is_attacked) = (AtomicBool::new(true), AtomicBool::new(true));

    thread::scope(|scope| {
        // Whatever fails below, the threads end.
        let _end = [Ends(&is_usual), Ends(&is_attacked)];
        scope.spawn(|| talk(&net, || is_usual.load(Ordering::Relaxed)));
        let_pass(usual, Reason::Traffic);
        for attack in attacks {
            scope.spawn(|| {
                net.end(attack.from).enter();
                let way = net.way(attack.name, attack.from);
                play(attack, &way, || is_attacked.load(Ordering::Relaxed)).unwrap();
            });
        }
        wait_for_long("every alert to be told", PATIENCE, || {
            all(attacks, &history.look(), |_| true)
        });
        let_pass(on, Reason::Traffic);
        is_attacked.store(false, Ordering::Relaxed);
        wait_for_long("every alert to be resolved", PATIENCE, || {
            all(attacks, &history.look(), |alerted| alerted.is_resolved)
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

/// Returns whether each declared alert of each device is so, or which are not.
fn all(
    attacks: &[&Attack],
    alerted: &[Alerted],
    is_so: impl Fn(&Alerted) -> bool,
) -> Result<(), String> {
    let is_there = |device: &str, name: &str| {
        alerted.iter().any(|it| it.device == device && it.name == name && is_so(it))
    };
    let declared = attacks.iter().flat_map(|it| it.alerts.iter().map(|name| (it.name, *name)));
    let missing: Vec<_> = declared.filter(|(device, name)| !is_there(device, name)).collect();

    if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} are missing")) }
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
