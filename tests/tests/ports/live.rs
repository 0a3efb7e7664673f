//! Traffic of real sockets, counted by the built exporter.

use std::net::TcpListener;

use tests::cable::{Cable, Namespace};
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::probes::{Echo, KINDS, ask_from, knock, scan, spread};
use tests::programs::Server;
use tests::scrape::Scrape;

const SCANNING: &str = "packet_receive_scanning_sources";
const SCANNED: &str = "packet_transmit_scanned_destinations";
const AGE: &str = "packet_exporter_listening_age_seconds";
const SCANNERS: u8 = 6;

/// Adds six addresses to an end of the cable, and pairs each with one of the other end.
fn scanners(scanning: &Namespace, scanned: &str) -> Vec<(String, String)> {
    let addresses = (0..SCANNERS).map(|number| format!("192.0.2.{}", 101 + number));

    addresses
        .map(|address| {
            add_address(scanning, &address);
            (address, scanned.to_owned())
        })
        .collect()
}

fn add_address(end: &Namespace, address: &str) {
    end.ip(&["address", "add", &format!("{address}/24"), "dev", Cable::DEVICE]);
}

fn signals(exporter: &Exporter<'_>) -> [Option<u64>; 2] {
    let scrape = exporter.scrape();

    [SCANNING, SCANNED].map(|name| scrape.find(name, &[("device", Cable::DEVICE)]))
}

fn wait_for_signals(exporter: &Exporter<'_>, what: &str, expected: [u64; 2]) {
    wait_for(what, || match signals(exporter) {
        seen if seen == expected.map(Some) => Ok(()),
        seen => Err(format!("{seen:?} instead of {expected:?}")),
    });
}

fn port(scrape: &Scrape, protocol: &str, port: u16) -> [u64; 2] {
    let port = port.to_string();
    let labels = [("protocol", protocol), ("port", port.as_str())];

    [scrape.received("port_", &labels), scrape.transmitted("port_", &labels)].map(|it| it.packets)
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn sources_that_scan_this_host_count_and_its_answers_do_not() {
    for kind in KINDS {
        let cable = Cable::lay("scanned");
        cable.plug_in();
        let exporter = Exporter::start(&cable.here, &[]);
        let pairs = scanners(&cable.there, Cable::HERE[0]);

        scan(&cable.there, kind, &pairs);

        wait_for_signals(&exporter, kind, [SCANNERS.into(), 0]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn destinations_that_this_host_scans_count_and_their_answers_do_not() {
    for kind in KINDS {
        let cable = Cable::lay("scanning");
        cable.plug_in();
        let exporter = Exporter::start(&cable.here, &[]);
        let pairs = scanners(&cable.there, Cable::HERE[0]);
        let back: Vec<_> = pairs.into_iter().map(|(there, here)| (here, there)).collect();

        scan(&cable.here, kind, &back);

        wait_for_signals(&exporter, kind, [0, SCANNERS.into()]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn a_name_server_that_answers_to_many_ports_is_no_scanner() {
    let cable = Cable::lay("resolver");
    cable.plug_in();
    let exporter = Exporter::start(&cable.here, &[]);
    let _server = Echo::on(&cable.there, Cable::THERE[0], 53);
    let ports = spread(1024, 65_535, 300);

    let answers = ask_from(&cable.here, (Cable::HERE[0], &ports), (Cable::THERE[0], 53));

    wait_for("all questions and answers", || match port(&exporter.scrape(), "udp", 53) {
        seen if seen == [answers, answers] => Ok(()),
        seen => Err(format!("{seen:?} of {answers}")),
    });
    assert!(answers > 800, "{answers}");
    assert_eq!(signals(&exporter), [Some(0), Some(0)]);
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn clients_of_any_system_count_under_the_port_of_their_server() {
    let cable = Cable::lay("clients");
    cable.plug_in();
    let exporter = Exporter::start(&cable.here, &[]);
    let _quic = Echo::on(&cable.here, Cable::HERE[0], 443);
    let _http = Server::http(&cable);
    let ports = [spread(49_152, 65_535, 150), spread(1024, 65_535, 150)].concat();

    let answers = ask_from(&cable.there, (Cable::THERE[0], &ports), (Cable::HERE[0], 443));
    let url = format!("http://{}:8080/", Cable::HERE[0]);
    for local in [spread(49_152, 65_535, 10), spread(1024, 65_535, 10)].concat() {
        let local = local.to_string();
        let flags = ["-sS", "--fail", "--interface", Cable::THERE[1], "--local-port", &local];
        cable.there.run("curl", &[&flags[..], &["-o", "/dev/null", &url]].concat());
    }

    wait_for("all packets under two ports", || {
        let scrape = exporter.scrape();
        let sum = |direction, protocol| {
            let name = format!("packet_{direction}_packets_total");
            scrape.find(&name, &[("family", "ipv4"), ("protocol", protocol)]).unwrap_or_default()
        };
        let all = |protocol| [sum("receive", protocol), sum("transmit", protocol)];
        let seen = [port(&scrape, "udp", 443), port(&scrape, "tcp", 8080)];
        let expected = [[answers, answers], all("tcp")];
        let is_whole = seen == expected && seen[1].iter().all(|packets| *packets >= 20 * 4);
        if is_whole { Ok(()) } else { Err(format!("{seen:?} of {expected:?}")) }
    });
    assert!(answers > 800, "{answers}");
    assert_eq!(signals(&exporter), [Some(0), Some(0)]);
}

/// Knocks until the packets between two ports count under one of them.
fn wait_until_counted(exporter: &Exporter<'_>, protocol: &str, expected: u16, knock: impl Fn()) {
    let packets = || port(&exporter.scrape(), protocol, expected)[0];
    let before = packets();

    wait_for(&format!("packets under {protocol} {expected}"), || {
        knock();
        let now = packets();
        if now > before + 2 { Ok(()) } else { Err(format!("{now} after {before}")) }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn the_port_that_is_listened_on_is_followed_as_it_opens_and_closes() {
    let cable = Cable::lay("listeners");
    cable.plug_in();
    let exporter = Exporter::start(&cable.here, &[]);
    // Both ports are outside those of clients, so the lower counts.
    let send = |kind, from, to| {
        knock(&cable.there, kind, (Cable::THERE[0], from), (Cable::HERE[0], to));
    };
    let send_udp = || send("udp", 2000, 20_000);
    let send_syn = || send("syn", 2001, 20_001);
    wait_until_counted(&exporter, "udp", 2000, send_udp);
    wait_until_counted(&exporter, "tcp", 2001, send_syn);

    let udp = Echo::on(&cable.here, Cable::HERE[0], 20_000);
    let tcp = cable.here.within(|| TcpListener::bind((Cable::HERE[0], 20_001))).unwrap();
    wait_until_counted(&exporter, "udp", 20_000, send_udp);
    wait_until_counted(&exporter, "tcp", 20_001, send_syn);
    drop((udp, tcp));

    wait_until_counted(&exporter, "udp", 2000, send_udp);
    wait_until_counted(&exporter, "tcp", 2001, send_syn);
    let text = exporter.scrape().below(AGE);
    let age: f64 = text.values().next().expect("an age").parse().unwrap();
    assert!((0.0..50.0).contains(&age), "{age}");
}
