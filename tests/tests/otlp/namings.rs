//! Sources and ports that lose their name and come back.

use std::net::UdpSocket;

use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::receivers::oracle::{Oracle, points};
use tests::service::Service;
use tests::tools::tool;

use super::{GRPC, PYTHON, cable, start};

const PORT: u16 = 7007;
/// A metric as it is pushed, as it is scraped, and the label that names what comes back.
type Series = (&'static str, &'static str, [(&'static str, &'static str); 1]);
const SERIES: [Series; 2] = [
    (
        "packet.receive.source.packets",
        "packet_receive_source_packets_total",
        [("source", Cable::THERE[1])],
    ),
    ("packet.receive.port.packets", "packet_receive_port_packets_total", [("port", "7007")]),
];
/// Far longer than a fold and a push on a busy machine, and far shorter than a test waits.
const IDLE: [&str; 4] = ["--sources.idle", "8s", "--ports.idle", "8s"];

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn deltas_of_what_comes_back_add_up_to_what_is_scraped() {
    let test = "deltas_of_what_comes_back_add_up_to_what_is_scraped";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("comeback");
    let oracle = Oracle::start(&cable.here, &python);
    let arguments = [&["--otlp.temporality", "delta"], &IDLE[..]].concat();
    let service = start(&cable, &[GRPC], &arguments);
    oracle.next();

    come_back(&cable, &service, &oracle, |oracle| {
        let pushed = |name: &str, label: &[(&str, &str)]| {
            let pushes = oracle.pushes();
            pushes.iter().map(|push| sum(push, name, label)).sum()
        };
        SERIES.map(|(name, _, label)| pushed(name, &label))
    });

    // No interval overlaps another one: the receiver would complain.
    oracle.assert_content();
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn sums_of_what_comes_back_go_on_from_their_first_start() {
    let test = "sums_of_what_comes_back_go_on_from_their_first_start";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("goeson");
    let oracle = Oracle::start(&cable.here, &python);
    let service = start(&cable, &[GRPC], &IDLE);
    oracle.next();

    come_back(&cable, &service, &oracle, |oracle| {
        let last = oracle.pushes().pop().unwrap_or_default();
        SERIES.map(|(name, _, label)| sum(&last, name, &label))
    });

    for (name, _, label) in SERIES {
        let pushes = oracle.pushes();
        let points = pushes.iter().flat_map(|push| points(push, name, &label));
        let starts: Vec<_> = points.filter_map(|point| point["start"].as_u64()).collect();
        assert!(starts.len() > 2 && starts.iter().all(|it| *it == starts[0]), "{name}: {starts:?}");
    }
    oracle.assert_content();
}

/// Sends 5 packets, and 3 more once the name is lost; `pushed` says what came of each series.
fn come_back(
    cable: &Cable,
    service: &Service<'_>,
    oracle: &Oracle<'_>,
    pushed: impl Fn(&Oracle<'_>) -> [u64; 2],
) {
    let scraped = || {
        let scrape = service.scrape();
        SERIES.map(|(_, name, label)| scrape.find(name, &label))
    };
    let is_there = |count: u64| {
        wait_for("the count in a scrape and in pushes", || {
            let (scraped, pushed) = (scraped(), pushed(oracle));
            let is_so = scraped == [Some(count); 2] && pushed == [count; 2];
            if is_so { Ok(()) } else { Err(format!("{scraped:?}, {pushed:?}")) }
        });
    };

    send(cable, 5);
    // A name is to be seen before it is lost.
    wait_for("the first packets in a push", || {
        let pushes = oracle.pushes();
        let is_pushed =
            |(name, _, label): &Series| pushes.iter().any(|push| sum(push, name, label) > 0);
        if SERIES.iter().all(is_pushed) { Ok(()) } else { Err(format!("{:?}", scraped())) }
    });
    wait_for("the names to be lost, and the receiver to be told", || {
        let last = oracle.pushes().pop().unwrap_or_default();
        let is_gone = SERIES.iter().all(|(name, _, label)| points(&last, name, label).is_empty());
        if scraped() == [None; 2] && is_gone { Ok(()) } else { Err(format!("{:?}", scraped())) }
    });
    send(cable, 3);
    is_there(8);
    oracle.next();
    assert_eq!(pushed(oracle), [8; 2], "none twice");
}

fn send(cable: &Cable, packets: usize) {
    cable.there.within(|| {
        let socket = UdpSocket::bind((Cable::THERE[1], 0)).unwrap();
        for _ in 0..packets {
            socket.send_to(b"knock", (Cable::HERE[0], PORT)).unwrap();
        }
    });
}

fn sum(push: &Value, name: &str, label: &[(&str, &str)]) -> u64 {
    points(push, name, label).iter().filter_map(|point| point["value"].as_u64()).sum()
}
