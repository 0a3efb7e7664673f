//! Attacks raise their alerts, and no others.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use tests::alerting::{Monitoring, Net, SCALE, talk};
use tests::attacks::list::{ATTACKS, Attack, find};
use tests::attacks::play;
use tests::patience::{Reason, let_pass};

use super::played::{Ends, Pace, Played, assert_as_declared, wait_for_all};

/// Devices on which nothing happens but what is usual.
const QUIET: [&str; 3] = ["quiet-1", "quiet-2", "quiet-3"];

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

    let pace = Pace { on: Duration::from_secs(15), late: 1.0 };

    attack(test, &Plan { attacks: &attacks, scale: SCALE, usual, pace });
}

/// One attack at a sixtieth of the times, beside devices without.
#[test]
#[ignore = "needs root: `cargo xtask test alerts`"]
fn an_icmp_flood_raises_its_alert_and_no_other() {
    let test = "an_icmp_flood_raises_its_alert_and_no_other";
    let attacks = [find("icmp-flood").unwrap()];
    let usual = Duration::from_secs(2);

    attack(test, &Plan { attacks: &attacks, scale: 2 * SCALE, usual, pace: Pace::QUICK });
}

/// What happens in a test.
struct Plan<'a> {
    attacks: &'a [&'a Attack],
    scale: u32,
    /// How long nothing but the usual happens.
    usual: Duration,
    pace: Pace,
}

fn attack(test: &str, plan: &Plan<'_>) {
    let Plan { attacks, scale, usual, pace } = *plan;
    let names = attacks.iter().map(|attack| attack.name);
    let devices: Vec<_> = names.chain(QUIET).collect();
    let net = Net::lay("alerts", &devices);
    let Some(monitoring) = Monitoring::start(test, &net, scale) else { return };
    let mut history = monitoring.history();
    let played: Vec<_> =
        attacks.iter().map(|attack| Played::new(attack.name, attack.alerts)).collect();
    // It has no alerts, and ends with the test.
    let usual_talk = [Played::new("", &[])];

    thread::scope(|scope| {
        let _ends = [&played[..], &usual_talk].map(Ends);
        let mut threads = vec![scope.spawn(|| talk(&net, || usual_talk[0].goes_on()))];
        let_pass(usual, Reason::Traffic);
        for (attack, played) in attacks.iter().zip(&played) {
            let net = &net;
            threads.push(scope.spawn(move || {
                net.end(attack.from).enter();
                let way = net.way(attack.name, attack.from);
                play(attack, &way, || played.goes_on())
                    .unwrap_or_else(|error| panic!("{} failed: {error}", attack.name));
            }));
        }
        wait_for_all(&played, &mut threads, &mut history, pace.on);
    });

    assert_as_declared(&played, &mut history, pace.late);
}
