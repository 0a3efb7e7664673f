//! Ordinary traffic raises no alert, however much of it there is.

use std::thread;
use std::time::{Duration, Instant};

use grafana::rules::{Setting, Settings};
use tests::alerting::{Monitoring, Net};
use tests::ordinary::{KINDS, Scene};

const SCALE: u32 = 30;
/// As long as three quarters of an hour of shipped rules.
const LENGTH: Duration = Duration::from_secs(90);

#[test]
#[ignore = "needs root: `cargo xtask test --suite alerts`"]
fn ordinary_traffic_raises_no_alert() {
    let devices = KINDS.map(|kind| kind.name);
    let net = Net::lay("ordinary", &devices);
    for device in devices {
        net.invite_clients(device);
    }
    let test = "ordinary_traffic_raises_no_alert";
    let Some(monitoring) = Monitoring::start(test, &net, SCALE) else { return };
    let begun = Instant::now();

    thread::scope(|scope| {
        for kind in &KINDS {
            let net = &net;
            scope.spawn(move || {
                kind.play(&Scene { net, device: kind.name, begun, length: LENGTH });
            });
        }
    });

    assert_silent(&monitoring);
    // It was not silent because there was nothing.
    let weak: Vec<_> = KINDS
        .iter()
        .filter(|kind| {
            let passes = Settings::default().fill(kind.passes, Setting::plain);
            let (record, floor) = passes.split_once(" > ").unwrap();
            let query = format!("max(max_over_time({record}{{device=\"{}\"}}[1h]))", kind.name);
            let most = monitoring.prometheus.value(&query);
            println!("{:<16} {record} was {most:?} at most, its floor is {floor}", kind.name);
            most.is_none_or(|most| most <= floor.parse().unwrap())
        })
        .map(|kind| kind.name)
        .collect();
    assert!(weak.is_empty(), "{weak:?} were too weak");
}

/// No alert fired, by Prometheus and by Alertmanager.
fn assert_silent(monitoring: &Monitoring<'_>) {
    let history = monitoring.history();
    println!("were pending: {:?}", history.pending());

    assert!(history.fired().is_empty(), "{:?}", history.fired());
    assert!(monitoring.notices().is_empty(), "{:?}", monitoring.notices());
}
