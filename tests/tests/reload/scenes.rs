//! What happens around a reload, and what is seen of it.

use std::net::UdpSocket;
use std::thread;

use tests::cable::Cable;
use tests::patience::wait_for;
use tests::programs;
use tests::service::PORT;

use super::house::Settings;
use super::observations::Scene;
use super::receiver::Request;

pub(crate) const SOURCES: &str = "packet_receive_source_packets_total";
pub(crate) const PORTS: &str = "packet_receive_port_packets_total";
pub(crate) const SCANNING: &str = "packet_receive_scanning_sources";
pub(crate) const FAILURES: &str = "packet_exporter_otlp_export_failures_total";
pub(crate) const TIMEOUT: &[(&str, &str)] = &[("reason", "timeout")];

pub(crate) fn has(scene: &Scene<'_>, name: &str, labels: &[(&str, &str)]) -> bool {
    scene.house.service.scrape().find(name, labels).is_some()
}

pub(crate) fn has_value(scene: &Scene<'_>, name: &str, value: u64) -> bool {
    let text = scene.house.service.get("/metrics").expect("it answers").text();
    let mut values = text.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        (series.split('{').next() == Some(name)).then(|| value.parse::<f64>().ok()).flatten()
    });

    values.next() == Some(value as f64)
}

pub(crate) fn attached(scene: &Scene<'_>, device: &str) -> Option<u64> {
    let labels = [("device", device), ("hook", "tcx_ingress")];

    scene.house.service.scrape().find("packet_exporter_program_attached", &labels)
}

pub(crate) fn limit(scene: &Scene<'_>, dimension: &str) -> Option<u64> {
    scene.house.service.scrape().find("packet_exporter_series_limit", &[("dimension", dimension)])
}

pub(crate) fn failures(scene: &Scene<'_>) -> u64 {
    scene.house.service.scrape().find(FAILURES, TIMEOUT).unwrap_or_default()
}

/// The last request to a receiver, or an empty one.
pub(crate) fn last(scene: &Scene<'_>, receiver: usize) -> Request {
    let none = Request { head: String::new(), body: Vec::new() };

    scene.receivers[receiver].requests().pop().unwrap_or(none)
}

pub(crate) fn body(scene: &Scene<'_>) -> String {
    String::from_utf8_lossy(&last(scene, 0).body).into_owned()
}

pub(crate) fn lose_extra(scene: &mut Scene<'_>) {
    scene.house.cable.here.ip(&["link", "delete", "extra0"]);
    wait_for("the end of a device", || match attached(scene, "extra0") {
        Some(1) => Err("attached".to_owned()),
        _ => Ok(()),
    });
}

pub(crate) fn ping_named(scene: &mut Scene<'_>) {
    programs::ping(scene.house.cable, Cable::THERE[0], 5, 56);
    wait_for("a name", || {
        if has(scene, SOURCES, &[("source", Cable::THERE[0])]) {
            Ok(())
        } else {
            Err("none".to_owned())
        }
    });
}

/// Sends to a port, until it is named.
pub(crate) fn knock_named(scene: &mut Scene<'_>) {
    knock(scene, 999..=999);
    wait_for("a name", || {
        knock(scene, 999..=999);
        if has(scene, PORTS, &[("port", "999")]) { Ok(()) } else { Err("none".to_owned()) }
    });
}

pub(crate) fn knock(scene: &Scene<'_>, ports: std::ops::RangeInclusive<u16>) {
    knock_from(scene, 0, ports);
}

/// Sends to ports from a port of its own choice, or any for 0.
pub(crate) fn knock_from(scene: &Scene<'_>, port: u16, ports: std::ops::RangeInclusive<u16>) {
    send_from(scene, port, b"test", ports);
}

fn send_from(scene: &Scene<'_>, port: u16, datagram: &[u8], ports: std::ops::RangeInclusive<u16>) {
    let from = || UdpSocket::bind((Cable::THERE[0], port)).expect("a socket");
    let socket = scene.house.cable.there.within(from);
    for port in ports {
        // The other end answers that nobody listens there.
        let _refused = socket.send_to(datagram, (Cable::HERE[0], port));
    }
}

/// Sends what looks like a packet of VXLAN, and of GENEVE too, and returns whether it was ever
/// counted as this.
pub(crate) fn is_tunnel(scene: &Scene<'_>, port: u16, encapsulation: &str) -> bool {
    const HEADER: [u8; 8] = [0x08, 0, 0x65, 0x58, 0, 0, 1, 0];
    const ENCAPSULATED: &str = "packet_receive_encapsulated_packets_total";
    send_from(scene, 0, &HEADER, port..=port);

    let labels = [("device", "veth0"), ("encapsulation", encapsulation)];
    scene.house.service.scrape().find(ENCAPSULATED, &labels) > Some(0)
}

pub(crate) fn scan_a_little(scene: &mut Scene<'_>) {
    knock(scene, 1..=20);
}

pub(crate) fn scan(scene: &mut Scene<'_>) {
    knock(scene, 1..=20);
    wait_for(
        "a scan",
        || {
            if has_value(scene, SCANNING, 1) { Ok(()) } else { Err("none".to_owned()) }
        },
    );
}

/// Waits for a push to a receiver that is not trusted.
pub(crate) fn trust_nobody(scene: &mut Scene<'_>) {
    wait_for_failure(scene, &[("reason", "tls")]);
}

/// Waits for a push to a receiver that does not trust the exporter. It may refuse the certificate
/// when the request is under way.
pub(crate) fn fail_to_push(scene: &mut Scene<'_>) {
    wait_for_failure(scene, &[]);
}

fn wait_for_failure(scene: &Scene<'_>, labels: &[(&str, &str)]) {
    wait_for("a failure", || match scene.house.service.scrape().find(FAILURES, labels) {
        Some(failures) if failures > 0 => Ok(()),
        _ => Err(scene.house.service.log()),
    });
}

/// Waits for a failed push of the log.
pub(crate) fn fail_to_push_the_log(scene: &mut Scene<'_>) {
    wait_for("a failure", || match scene.house.service.said("Cannot push the log") {
        0 => Err(scene.house.service.log()),
        _ => Ok(()),
    });
}

/// Puts a certificate for the other key in the place of the one that was read.
pub(crate) fn change_certificate(scene: &mut Scene<'_>) {
    std::fs::rename(scene.house.path("other.pem"), scene.house.path("changing.pem"))
        .expect("another certificate");
}

/// Has something applied that is worth a line of the log.
pub(crate) fn apply_at_level_warn(scene: &mut Scene<'_>) {
    let settings = [("log.level", "'warn'"), ("sources.limit", "7")];
    scene.house.write(&Settings::usual().with(&settings));
    scene.house.hang_up();
    assert_eq!(limit(scene, "source"), Some(14));
}

pub(crate) fn write_again(scene: &mut Scene<'_>) {
    let settings = [("config.watch", "true"), ("sources.limit", "7")];
    scene.house.write(&Settings::usual().with(&settings));
}

/// Fetches many pages at once; returns whether one of them was refused.
pub(crate) fn is_refused_a_page(scene: &Scene<'_>) -> bool {
    let here = &scene.house.cable.here;

    thread::scope(|scope| {
        let ask = || tests::http::request(here, PORT, "GET /metrics", &[]);
        let asked: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        let answers = asked.into_iter().filter_map(|it| it.join().ok()?.ok());
        answers.filter(|answer| answer.status == 503).count() > 0
    })
}
