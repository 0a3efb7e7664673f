//! A host of which everything that the alerts read is known.

use super::super::scenario::{Scenario, Series, phase};

/// Its series where nothing happens.
pub(in crate::rules) const WORLD: &[Series] = &[
    series(
        "tcp",
        r#"packet_receive_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="tcp"}"#,
        800.0,
    ),
    series(
        "udp",
        r#"packet_receive_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="udp"}"#,
        200.0,
    ),
    series(
        "icmp",
        r#"packet_receive_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="icmp"}"#,
        1.0,
    ),
    series(
        "gre",
        r#"packet_receive_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="gre"}"#,
        0.0,
    ),
    series(
        "tcp bytes",
        r#"packet_receive_bytes_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="tcp"}"#,
        320_000.0,
    ),
    series(
        "udp bytes",
        r#"packet_receive_bytes_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="udp"}"#,
        40_000.0,
    ),
    series(
        "sent tcp",
        r#"packet_transmit_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="tcp"}"#,
        900.0,
    ),
    series(
        "sent udp",
        r#"packet_transmit_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",protocol="udp"}"#,
        100.0,
    ),
    series(
        "syn",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="syn"}"#,
        10.0,
    ),
    series(
        "syn_ack",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="syn_ack"}"#,
        10.0,
    ),
    series(
        "ack",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="ack"}"#,
        500.0,
    ),
    series(
        "psh_ack",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="psh_ack"}"#,
        200.0,
    ),
    series(
        "fin_ack",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="fin_ack"}"#,
        10.0,
    ),
    series(
        "rst",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="rst"}"#,
        1.0,
    ),
    series(
        "rst_ack",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="rst_ack"}"#,
        1.0,
    ),
    series(
        "null",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="null"}"#,
        0.0,
    ),
    series(
        "xmas",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="xmas"}"#,
        0.0,
    ),
    series(
        "sent syn",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="syn"}"#,
        10.0,
    ),
    series(
        "sent syn_ack",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="syn_ack"}"#,
        10.0,
    ),
    series(
        "sent ack",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="ack"}"#,
        500.0,
    ),
    series(
        "sent psh_ack",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="psh_ack"}"#,
        200.0,
    ),
    series(
        "sent fin_ack",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="fin_ack"}"#,
        10.0,
    ),
    series(
        "sent rst_ack",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="rst_ack"}"#,
        1.0,
    ),
    series(
        "dns bytes",
        r#"packet_receive_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="53"}"#,
        20000.0,
    ),
    series(
        "sent dns bytes",
        r#"packet_transmit_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="53"}"#,
        8000.0,
    ),
    series(
        "ntp bytes",
        r#"packet_receive_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="123"}"#,
        100.0,
    ),
    series(
        "sent ntp bytes",
        r#"packet_transmit_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="123"}"#,
        100.0,
    ),
    series(
        "memcached bytes",
        r#"packet_receive_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="11211"}"#,
        f64::NAN,
    ),
    series(
        "first",
        r#"packet_receive_fragments_total{job="packets",instance="host:10199",device="eth0",family="ipv4",position="first"}"#,
        1.0,
    ),
    series(
        "middle",
        r#"packet_receive_fragments_total{job="packets",instance="host:10199",device="eth0",family="ipv4",position="middle"}"#,
        0.0,
    ),
    series(
        "last",
        r#"packet_receive_fragments_total{job="packets",instance="host:10199",device="eth0",family="ipv4",position="last"}"#,
        1.0,
    ),
    series(
        "echo_request",
        r#"packet_receive_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="echo_request"}"#,
        1.0,
    ),
    series(
        "echo_reply",
        r#"packet_receive_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="echo_reply"}"#,
        1.0,
    ),
    series(
        "redirect",
        r#"packet_receive_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="redirect"}"#,
        0.0,
    ),
    series(
        "sent echo_request",
        r#"packet_transmit_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="echo_request"}"#,
        1.0,
    ),
    series(
        "malformed",
        r#"packet_receive_malformed_packets_total{job="packets",instance="host:10199",device="eth0",reason="udp_length"}"#,
        0.0,
    ),
    series(
        "broadcast",
        r#"packet_receive_cast_packets_total{job="packets",instance="host:10199",device="eth0",cast="broadcast"}"#,
        2.0,
    ),
    series(
        "multicast",
        r#"packet_receive_cast_packets_total{job="packets",instance="host:10199",device="eth0",cast="multicast"}"#,
        1.0,
    ),
    series(
        "source",
        r#"packet_receive_source_packets_total{job="packets",instance="host:10199",device="eth0",source="192.0.2.1"}"#,
        300.0,
    ),
    series(
        "other sources",
        r#"packet_receive_source_packets_total{job="packets",instance="host:10199",device="eth0",source="other"}"#,
        700.0,
    ),
    series(
        "sources",
        r#"packet_receive_distinct_sources{job="packets",instance="host:10199",device="eth0",family="ipv4"}"#,
        200.0,
    ),
    series(
        "sources6",
        r#"packet_receive_distinct_sources{job="packets",instance="host:10199",device="eth0",family="ipv6"}"#,
        20.0,
    ),
    series(
        "entropy",
        r#"packet_receive_source_entropy_ratio{job="packets",instance="host:10199",device="eth0"}"#,
        0.7,
    ),
    series(
        "scanning",
        r#"packet_receive_scanning_sources{job="packets",instance="host:10199",device="eth0"}"#,
        0.0,
    ),
    series(
        "scanned",
        r#"packet_transmit_scanned_destinations{job="packets",instance="host:10199",device="eth0"}"#,
        0.0,
    ),
    series(
        "sent tcp ports",
        r#"packet_transmit_distinct_ports{job="packets",instance="host:10199",device="eth0",protocol="tcp"}"#,
        10.0,
    ),
    series(
        "attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="xdp"}"#,
        1.0,
    ),
    series(
        "sent attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="tcx_egress"}"#,
        1.0,
    ),
    series(
        "attach hidden",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="hidden"}"#,
        0.0,
    ),
    series(
        "attach memory",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="memory"}"#,
        0.0,
    ),
    series(
        "attach other",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="other"}"#,
        0.0,
    ),
    series(
        "guard",
        r#"packet_exporter_guard_active{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source"}"#,
        0.0,
    ),
    series(
        "lost guard",
        r#"packet_exporter_unattributed_packets_total{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source",reason="guard"}"#,
        0.0,
    ),
    series(
        "lost evicted",
        r#"packet_exporter_unattributed_packets_total{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source",reason="evicted"}"#,
        0.0,
    ),
    series(
        "imbalanced",
        r#"packet_exporter_imbalanced_intervals_total{job="packets",instance="host:10199",device="eth0",direction="receive",law="sources"}"#,
        0.0,
    ),
    series(
        "build",
        r#"packet_exporter_build_info{job="packets",instance="host:10199",version="0.1.0"}"#,
        1.0,
    ),
    series("up", r#"up{job="packets",instance="host:10199"}"#, 1.0),
    series("folds", r#"packet_exporter_folds_total{job="packets",instance="host:10199"}"#, 1.0),
    series(
        "interval",
        r#"packet_exporter_interval_seconds{job="packets",instance="host:10199"}"#,
        1.0,
    ),
    series(
        "fold failures",
        r#"packet_exporter_fold_failures_total{job="packets",instance="host:10199"}"#,
        0.0,
    ),
    series("started", r#"process_start_time_seconds{job="packets",instance="host:10199"}"#, 1000.0),
    series(
        "reloaded",
        r#"packet_exporter_config_last_reload_successful{job="packets",instance="host:10199"}"#,
        1.0,
    ),
    series(
        "part",
        r#"packet_exporter_part_up{job="packets",instance="host:10199",part="otlp"}"#,
        1.0,
    ),
    series(
        "pushed",
        r#"packet_exporter_otlp_exports_total{job="packets",instance="host:10199",endpoint="http://receiver:4317"}"#,
        0.02,
    ),
    series(
        "push failed",
        r#"packet_exporter_otlp_export_failures_total{job="packets",instance="host:10199",endpoint="http://receiver:4317",reason="timeout"}"#,
        0.0,
    ),
    series(
        "rejected",
        r#"packet_exporter_otlp_rejected_points_total{job="packets",instance="host:10199",endpoint="http://receiver:4317"}"#,
        0.0,
    ),
    series("other up", r#"up{job="other",instance="other:9100"}"#, f64::NAN),
    series(
        "other started",
        r#"process_start_time_seconds{job="other",instance="other:9100"}"#,
        f64::NAN,
    ),
];

const fn series(key: &'static str, selector: &'static str, usual: f64) -> Series {
    Series { key, selector, usual }
}

/// Hosts on which nothing happens.
pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a healthy host, from the first minutes on",
        phases: &[phase(120, &[])],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an idle host",
        phases: &[phase(
            120,
            &[
                ("tcp", 0.1),
                ("udp", 0.1),
                ("icmp", 0.0),
                ("sent tcp", 0.1),
                ("sent udp", 0.1),
                ("syn", 0.01),
                ("syn_ack", 0.0),
                ("ack", 0.05),
                ("psh_ack", 0.02),
                ("fin_ack", 0.01),
                ("source", 0.1),
                ("other sources", 0.1),
                ("sources", 1.0),
                ("sources6", 0.0),
                ("entropy", 0.0),
            ],
        )],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a busy host, from its first packet on",
        phases: &[phase(
            120,
            &[
                ("tcp", 180_000.0),
                ("udp", 20_000.0),
                ("sent tcp", 200_000.0),
                ("syn", 3000.0),
                ("ack", 120_000.0),
                ("psh_ack", 50_000.0),
                ("fin_ack", 3000.0),
                ("sent ack", 100_000.0),
                ("sent psh_ack", 90_000.0),
                ("sources", 40_000.0),
                ("source", 20_000.0),
                ("entropy", 0.85),
            ],
        )],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
];
