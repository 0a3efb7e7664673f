//! Reloads under full traffic, with scrapes and pushes.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tests::cable::Cable;
use tests::patience::wait_for;

use super::house::{House, Settings};
use super::receiver::Receiver;

/// Far more than each of them takes where two senders keep two CPUs busy, and drains have to wait.
const LONGEST: Duration = Duration::from_secs(15);
/// Connections that scrapes and reloads open and close, and files that are read at that moment.
const MOMENTARY: usize = 8;

/// Sends small datagrams to changing ports until it is told to stop.
pub(crate) fn send(cable: &Cable, from: &str, stop: &AtomicBool) {
    let socket = cable.there.within(|| UdpSocket::bind((from, 0)).unwrap());
    let mut port = 1024_u16;
    while !stop.load(Ordering::Relaxed) {
        port = port.checked_add(1).unwrap_or(1024);
        // The other end answers that nobody listens there.
        let _refused = socket.send_to(b"test", (Cable::HERE[0], port));
    }
}

/// Counters never fall, whatever is switched; a device whose totals fall would be a new one.
fn assert_no_counter_falls(house: &House<'_>, before: &mut BTreeMap<String, f64>) {
    let totals = |name: &str| {
        let keyed = ["_source_", "_destination_", "_port_", "_vlan_"];
        name.contains("_total") && !keyed.iter().any(|part| name.contains(part))
    };
    let now: BTreeMap<String, f64> =
        house.service.scrape().series().into_iter().filter(|(name, _)| totals(name)).collect();

    for (name, value) in &now {
        let was = before.get(name).copied().unwrap_or(0.0);
        assert!(*value >= was, "{name} fell from {was} to {value}");
    }
    before.extend(now);
}

/// Each combination of settings comes five times.
#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn forty_reloads_under_full_traffic_lose_nothing() {
    lose_nothing(40);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite churn`"]
fn two_hundred_reloads_under_full_traffic_lose_nothing() {
    lose_nothing(200);
}

fn lose_nothing(reloads: u32) {
    let cable = Cable::lay("rlload");
    let receiver = Receiver::start(&cable.here, 4318);
    let usual = Settings::usual().with(&[
        ("otlp.endpoints", "'http://127.0.0.1:4318'"),
        ("otlp.protocol", "'http/json'"),
        ("otlp.interval", "'200ms'"),
        ("otlp.temporality", "'delta'"),
    ]);
    let house = House::start(&cable, &usual, &[]);
    // Everything that comes is counted.
    cable.plug_in();
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let mut counters = BTreeMap::new();
    house.apply(&usual.clone().with(&[("sources.limit", "9")]));
    let files = house.service.open_files();

    thread::scope(|scope| {
        for from in &Cable::THERE[..2] {
            scope.spawn(|| send(&cable, from, &stop));
        }
        for number in 0..reloads {
            let limit = (10 + number % 90).to_string();
            let of = |pair: [&'static str; 2], choice: u32| pair[choice as usize % 2];
            let (on, off) = (of(["true", "false"], number), of(["true", "false"], number / 2));
            let interval = of(["'100ms'", "'150ms'"], number / 4);
            let settings = usual.clone().with(&[
                ("sources.limit", &limit),
                ("vlans.enabled", on),
                ("signals.enabled", off),
                ("datapath.interval", interval),
            ]);
            let text = house.apply(&settings);
            assert!(!text.contains("Still applying"), "{text}");
            assert_no_counter_falls(&house, &mut counters);
            assert!(
                begun.elapsed() < LONGEST * reloads,
                "{number} reloads in {:?}",
                begun.elapsed()
            );
        }
        stop.store(true, Ordering::Relaxed);
    });

    // The file is watched too.
    let applied = |source| house.reloads(source, Some("applied"));
    assert!(applied("api") + applied("file") >= u64::from(reloads), "each of them was applied");
    wait_for("no more open files than before", || match house.service.open_files() {
        now if now <= files + MOMENTARY => Ok(()),
        now => Err(format!("{now}, {files} before")),
    });

    // The kernel's own count of what came to the device, and ours. Addresses are still resolved.
    wait_for("the last counts", || match house.service.scrape().received("", &[]).packets {
        counted if counted == received(&cable).0 => Ok(()),
        counted => Err(format!("{counted} of {:?}", received(&cable))),
    });
    let imbalanced = "packet_exporter_imbalanced_intervals_total";
    assert_eq!(house.service.scrape().find(imbalanced, &[]), Some(0), "{}", house.service.log());
    wait_for("the last push", || match receiver.sum("packet.receive.packets") {
        pushed if pushed == received(&cable).0 => Ok(()),
        pushed => Err(format!("{pushed} of {:?}", received(&cable))),
    });
}

/// What this end has received since the exporter was attached, which was before it was plugged in.
fn received(cable: &Cable) -> (u64, u64) {
    cable.there.counts(Cable::DEVICE, "tx", ["packets", "bytes"]).into()
}
