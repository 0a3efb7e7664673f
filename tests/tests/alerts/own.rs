//! What goes wrong with an exporter raises its alerts, and no others.

mod exporters;
mod faults;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use tests::alerting::{Monitoring, Net, SCALE, Target};
use tests::service::Tracer;

use self::exporters::Host;
use self::faults::{FAULTS, Fault};
use super::played::{Ends, Pace, Played, assert_as_declared, wait_for_all};

/// Alerts that no fault here provokes.
const WITHOUT_FAULT: [&str; 3] = [
    // Counts that do not add up are a bug.
    "PacketExporterCountsLost",
    // These hold for half an hour, and what provokes them is an attack that raises other alerts.
    "PacketExporterCountsSampled",
    "PacketExporterCountsEvicted",
];
/// That of the exporter of the first fault; the others follow.
const FIRST_PORT: u16 = 10_200;

#[test]
fn each_alert_on_the_exporter_has_a_fault() {
    let group = grafana::rules::GROUPS.iter().find(|group| group.name == "packet-exporter");
    let alerts: BTreeSet<_> = group.unwrap().alerts().map(|alert| alert.name).collect();

    let provoked = FAULTS.iter().flat_map(|it| it.alerts).copied();

    let provoked: BTreeSet<_> =
        provoked.filter(|it| it.starts_with("PacketExporter")).chain(WITHOUT_FAULT).collect();
    assert_eq!(provoked, alerts);
}

/// Every fault, all at once, each with an exporter of its own, at a thirtieth of the times.
#[test]
#[ignore = "needs root: `cargo xtask test --suite alerts`"]
fn every_fault_of_an_exporter_raises_its_alerts_and_no_others() {
    let test = "every_fault_of_an_exporter_raises_its_alerts_and_no_others";
    if !Tracer::is_there(test) {
        return;
    }
    let faults: Vec<_> = FAULTS.iter().collect();

    go_wrong(test, &faults, SCALE, Pace { on: Duration::ZERO, late: 1.0 });
}

/// One fault, at a hundred-and-twentieth of the times.
#[test]
#[ignore = "needs root: `cargo xtask test alerts`"]
fn a_refused_reload_raises_its_alert_and_no_other() {
    let test = "a_refused_reload_raises_its_alert_and_no_other";
    let faults: Vec<_> = FAULTS.iter().filter(|it| it.name == "reload").collect();

    go_wrong(test, &faults, 4 * SCALE, Pace::QUICK);
}

fn go_wrong(test: &str, faults: &[&Fault], scale: u32, pace: Pace) {
    let names: Vec<_> = faults.iter().map(|fault| fault.name).collect();
    let net = Net::lay("own", &names);
    let targets: Vec<_> =
        (FIRST_PORT..).zip(&names).map(|(port, instance)| Target::local(instance, port)).collect();
    let Some(monitoring) = Monitoring::watch(test, &net, scale, &targets) else { return };
    let mut history = monitoring.history_of_exporters();
    let played: Vec<_> = faults.iter().map(|fault| Played::new(fault.name, fault.alerts)).collect();

    thread::scope(|scope| {
        let _ends = Ends(&played);
        let exporters = played.iter().zip(&targets);
        let mut threads: Vec<_> = faults
            .iter()
            .zip(exporters)
            .map(|(fault, (played, target))| {
                let host = Host { net: &net, monitoring: &monitoring, target, played };
                scope.spawn(move || (fault.play)(&host))
            })
            .collect();
        wait_for_all(&played, &mut threads, &mut history, pace.on);
    });

    assert_as_declared(&played, &mut history, pace.late);
}
