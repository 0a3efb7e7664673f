//! Every threshold, once, with what it means.

use std::borrow::Cow;

use super::{Setting, Value};

pub(super) const DEFAULTS: &[Setting] = &[
    text(
        "runbooks",
        "https://example.org/packet-exporter/docs/runbooks",
        "Where the folder docs/runbooks is served: links of alerts and dashboards begin with it.",
    ),
    share(
        "baseline_weight",
        0.005,
        "Share of the latest rate in a baseline: 0.005 a minute is a half-life of 2.3 hours.",
    ),
    number(
        "baseline_clamp",
        4.0,
        "What is above this many times the baseline teaches it only that much.",
    ),
    number(
        "baseline_packets",
        2000.0,
        "Packets/s below which a baseline does not limit what it learns.",
    ),
    number(
        "baseline_sources",
        200.0,
        "Sources below which a baseline does not limit what it learns.",
    ),
    number(
        "baseline_syn",
        100.0,
        "SYNs/s sent below which a baseline does not limit what it learns.",
    ),
    number(
        "baseline_unacknowledged",
        20.0,
        "Addresses without an ACK below which a baseline does not limit what it learns.",
    ),
    number(
        "baseline_protocol_packets",
        100.0,
        "Packets/s of one protocol below which a baseline does not limit what it learns.",
    ),
    number(
        "baseline_scans",
        1.0,
        "Scanning addresses below which a baseline does not limit what it learns.",
    ),
    number(
        "yesterday_factor",
        2.0,
        "A change is usual up to this many times what it was a day ago at this hour.",
    ),
    number("surge_packets", 10000.0, "Packets/s below which no rise is a surge."),
    number("surge_factor", 5.0, "Times the baseline that a surge exceeds."),
    number(
        "surge_one_way_factor",
        20.0,
        "Packets sent for each one received that a surge of sent packets exceeds.",
    ),
    number("collapse_packets", 100.0, "Packets/s of a baseline below which no fall is a collapse."),
    share("collapse_ratio", 0.02, "Share of the baseline that is left in a collapse."),
    number("sources_floor", 1000.0, "Distinct sources below which no rise counts."),
    number("sources_factor", 5.0, "Times the baseline that a rise of distinct sources exceeds."),
    number(
        "protocol_packets",
        500.0,
        "Packets/s of one IP protocol below which its share does not matter.",
    ),
    share("protocol_ratio", 0.1, "Share of all packets that an unusual protocol exceeds."),
    number("protocol_factor", 5.0, "Times its baseline that an unusual protocol exceeds."),
    number(
        "dominating_packets",
        10000.0,
        "Packets/s of one source below which it does not dominate.",
    ),
    share("dominating_ratio", 0.8, "Share of all packets that a dominating source exceeds."),
    number(
        "dominating_factor",
        3.0,
        "Times the baseline that all packets exceed while a source dominates.",
    ),
    share(
        "stream_ratio",
        0.5,
        "Share of received packets above which they are TCP streams, or UDP.",
    ),
    number(
        "stream_answer_ratio",
        0.01,
        "Packets of TCP streams sent for each packet received, above which the streams are accepted.",
    ),
    number(
        "datagram_answer_ratio",
        0.04,
        "UDP packets sent for each one received, above which they are a transfer over QUIC and the like.",
    ),
    number(
        "bulk_frame_bytes",
        800.0,
        "Mean bytes of a received packet above which answered packets are a transfer.",
    ),
    number("syn_flood_packets", 500.0, "SYN/s below which there is no SYN flood."),
    number(
        "syn_flood_factor",
        2.0,
        "SYNs for each packet of an open connection that a SYN flood exceeds.",
    ),
    number(
        "syn_flood_sources",
        1000.0,
        "Sources that never acknowledge below which there is no SYN flood beside connections.",
    ),
    number(
        "syn_flood_sources_factor",
        5.0,
        "Times their baseline that sources which never acknowledge exceed in a SYN flood.",
    ),
    share(
        "syn_flood_sources_ratio",
        0.2,
        "Share of all sources that those which never acknowledge exceed in a SYN flood.",
    ),
    number(
        "syn_flood_closing_factor",
        2.0,
        "SYNs for each packet that ends a connection, which a SYN flood exceeds.",
    ),
    number(
        "syn_refused_ratio",
        0.5,
        "RST and ACK for each SYN the other way, above which a closed port refuses clients.",
    ),
    number(
        "syn_flood_sent_packets",
        500.0,
        "SYNs/s sent below which this host takes no part in a SYN flood.",
    ),
    number(
        "syn_flood_sent_factor",
        5.0,
        "Times their baseline that SYNs sent exceed in a SYN flood.",
    ),
    number("backscatter_packets", 500.0, "TCP answers/s below which there is no backscatter."),
    number(
        "backscatter_factor",
        10.0,
        "TCP answers for each TCP packet sent that asks for one, which backscatter exceeds.",
    ),
    ports(
        "amplifier_ports",
        "17|19|53|69|111|123|137|161|389|427|1900|3702|5353|11211",
        "UDP ports of services that answer with far more than they are asked.",
    ),
    number(
        "amplification_bytes",
        1_250_000.0,
        "Bytes/s from one such port below which there is no amplification: 10 Mbit/s.",
    ),
    number(
        "amplification_factor",
        20.0,
        "Bytes received from the port for each byte sent to it that amplification exceeds.",
    ),
    number("icmp_flood_packets", 1000.0, "ICMP packets/s below which there is no flood."),
    share("icmp_flood_ratio", 0.3, "Share of all packets that an ICMP flood exceeds."),
    number(
        "icmp_flood_certain_packets",
        10000.0,
        "ICMP packets/s that are a flood whatever the share.",
    ),
    number(
        "icmp_asked_ratio",
        0.5,
        "Echo requests sent for each ICMP packet received, above which this host asked for them.",
    ),
    number("fragment_flood_packets", 1000.0, "Fragments/s below which there is no flood."),
    share("fragment_flood_ratio", 0.2, "Share of all packets that a flood of fragments exceeds."),
    share(
        "fragment_unmatched_ratio",
        0.25,
        "Difference of first and last fragments to all that a flood exceeds.",
    ),
    number(
        "fragment_middle_factor",
        60.0,
        "Fragments for each first one that a flood exceeds: the longest datagram is 45 frames of 1,500 bytes.",
    ),
    number(
        "fragment_certain_packets",
        20000.0,
        "Fragments/s that are a flood even if each datagram is complete.",
    ),
    number("malformed_packets", 10.0, "Malformed packets/s below which there is no surge of them."),
    share("malformed_ratio", 0.01, "Share of all packets that a surge of malformed ones exceeds."),
    number(
        "storm_packets",
        1000.0,
        "Broadcast and multicast packets/s below which there is no storm.",
    ),
    share("storm_ratio", 0.5, "Share of all packets that a storm exceeds."),
    share("spoofed_entropy", 0.9, "Entropy of sources that a spoofed flood exceeds."),
    number("spoofed_packets", 2000.0, "Packets/s below which there is no spoofed flood."),
    number(
        "spoofed_sources_factor",
        5.0,
        "Distinct sources in a window for each packet/s that a spoofed flood exceeds.",
    ),
    number("scan_factor", 3.0, "Times the baseline that scanning or scanned addresses exceed."),
    number("scan_tcp_ports", 16.0, "Distinct TCP ports that a host which scans sends to."),
    number(
        "scan_udp_ports",
        128.0,
        "Distinct UDP ports that a host which scans over UDP sends to: traceroute takes up to 90.",
    ),
    number(
        "scan_unanswered_factor",
        2.0,
        "UDP packets sent for each one received that a scan over UDP exceeds.",
    ),
    number(
        "scan_hops",
        10.0,
        "Answers of routers on the way in five minutes, as to traceroute, above which UDP probes are no scan.",
    ),
    number(
        "sweep_destinations",
        100.0,
        "Destinations that never answer below which there is no sweep.",
    ),
    number(
        "sweep_factor",
        5.0,
        "Times their baseline that destinations which never answer exceed in a sweep.",
    ),
    number(
        "sweep_unanswered_factor",
        2.0,
        "SYNs sent for each SYN-ACK received that a sweep exceeds.",
    ),
    number(
        "flags_packets",
        1.0,
        "TCP packets/s with flags that no stack sends below which they are noise.",
    ),
    number(
        "redirects",
        10.0,
        "ICMP redirects in ten minutes below which they are ordinary routing.",
    ),
    number(
        "late_ratio",
        0.7,
        "Folds done of those that the interval asks for, below which they are late.",
    ),
    number("fold_failure_ratio", 0.1, "Failed readings for each fold that are too many."),
    number(
        "fold_failures",
        5.0,
        "Failed readings in a quarter of an hour below which they are chance.",
    ),
    share(
        "sampled_ratio",
        0.2,
        "Share of packets without a name because of the guard that is too much.",
    ),
    share(
        "evicted_ratio",
        0.05,
        "Share of packets without a name because a table forgot the key that is too much.",
    ),
    number(
        "unattributed_packets",
        100.0,
        "Packets/s without a name below which their share does not matter.",
    ),
    share(
        "part_up_ratio",
        0.5,
        "Share of a quarter of an hour that a part of the exporter has to run.",
    ),
    number("restarts", 2.0, "Restarts in half an hour that are no loop yet."),
];

const fn number(name: &'static str, value: f64, meaning: &'static str) -> Setting {
    Setting { name, value: Value::Number(value), meaning }
}

const fn share(name: &'static str, value: f64, meaning: &'static str) -> Setting {
    Setting { name, value: Value::Share(value), meaning }
}

const fn text(name: &'static str, value: &'static str, meaning: &'static str) -> Setting {
    Setting { name, value: Value::Text(Cow::Borrowed(value)), meaning }
}

const fn ports(name: &'static str, value: &'static str, meaning: &'static str) -> Setting {
    Setting { name, value: Value::Ports(Cow::Borrowed(value)), meaning }
}
