//! The kinds.

mod boot;
mod datagrams;
mod names;
mod streams;
mod web;

use std::ops::Range;

use super::Kind;

/// Every kind, each with the floor that it passes.
pub const KINDS: [Kind; 9] = [
    Kind {
        name: "web",
        passes: "device:packet_receive_syn_packets:rate5m > ${syn_flood_packets}",
        play: web::web,
    },
    Kind {
        name: "dns",
        passes: "device:packet_receive_distinct_sources:sum > ${sources_floor}",
        play: names::dns,
    },
    Kind {
        name: "video",
        passes: "device:packet_receive_top_source_packets:rate5m > ${dominating_packets}",
        play: datagrams::video,
    },
    Kind {
        name: "quic",
        passes: "device:packet_receive_top_source_packets:rate5m > ${dominating_packets}",
        play: datagrams::quic,
    },
    Kind {
        name: "backup",
        passes: "device:packet_receive_packets:rate5m > ${surge_packets}",
        play: streams::backup,
    },
    Kind {
        name: "deploy",
        passes: "device:packet_receive_packets:baseline > ${collapse_packets}",
        play: web::deploy,
    },
    Kind {
        name: "resolver",
        passes: "device_port:packet_receive_amplifier_bytes:rate5m > ${amplification_bytes}",
        play: names::resolver,
    },
    Kind {
        name: "health-checks",
        // No load balancer checks so often that it passes a floor.
        passes: "device:packet_receive_syn_packets:rate5m > 50",
        play: web::health_checks,
    },
    Kind {
        name: "boot",
        passes: "device:packet_receive_packets:rate5m > ${surge_packets}",
        play: boot::boot,
    },
];

const HTTP: u16 = 80;
const HTTPS: u16 = 443;
const DNS: u16 = 53;
const NTP: u16 = 123;
const VIDEO: u16 = 5004;
const BACKUP: u16 = 22;
/// Ports that clients of Linux, Windows, FreeBSD and a resolver of RFC 6056 take.
const CLIENTS: [Range<u16>; 4] = [32_768..60_999, 49_152..65_535, 10_000..65_535, 1024..65_535];

/// Returns a port of a range.
fn port(range: usize, number: u32) -> u16 {
    let Range { start, end } = CLIENTS[range];
    let drawn = number.wrapping_mul(2_654_435_769) >> 8;

    start + (drawn % u32::from(end - start)) as u16
}
