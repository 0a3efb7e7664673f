//! Records that the alerts on traffic are made of.

use super::rule::{Expr, Record};

/// Rates of devices.
pub(super) const RATES: &[Record] = &[
    Record {
        name: "device:packet_receive_packets:rate5m",
        expr: Expr::Query(
            "sum by (job, instance, device) (rate(packet_receive_packets_total[5m]))",
        ),
    },
    Record {
        name: "device:packet_transmit_packets:rate5m",
        expr: Expr::Query(
            "sum by (job, instance, device) (rate(packet_transmit_packets_total[5m]))",
        ),
    },
    Record {
        name: "device:packet_receive_bytes:rate5m",
        expr: Expr::Query("sum by (job, instance, device) (rate(packet_receive_bytes_total[5m]))"),
    },
    Record {
        name: "device:packet_receive_udp_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_packets_total{protocol="udp"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_transmit_udp_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_packets_total{protocol="udp"}[5m]))"#,
        ),
    },
    Record {
        name: "device_direction:packet_packets:rate5m",
        expr: Expr::Query(
            r#"label_replace(device:packet_receive_packets:rate5m, "direction", "receive", "", "")
or label_replace(device:packet_transmit_packets:rate5m, "direction", "transmit", "", "")"#,
        ),
    },
    Record {
        name: "device_protocol:packet_receive_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device, protocol) (rate(packet_receive_packets_total{protocol!~"tcp|udp|icmp|icmpv6"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_top_source_packets:rate5m",
        expr: Expr::Query(
            r#"max by (job, instance, device) (rate(packet_receive_source_packets_total{source!="other"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_group_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_cast_packets_total{cast=~"broadcast|multicast"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_malformed_packets:rate5m",
        expr: Expr::Query(
            "sum by (job, instance, device) (rate(packet_receive_malformed_packets_total[5m]))",
        ),
    },
    Record {
        name: "device_port:packet_receive_amplifier_bytes:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device, port) (rate(packet_receive_port_bytes_total{protocol="udp",port=~"${amplifier_ports}"}[5m]))"#,
        ),
    },
    Record {
        name: "device_port:packet_transmit_amplifier_bytes:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device, port) (rate(packet_transmit_port_bytes_total{protocol="udp",port=~"${amplifier_ports}"}[5m]))"#,
        ),
    },
];

/// Rates of TCP packets by what their flags are for.
pub(super) const TCP: &[Record] = &[
    Record {
        name: "device:packet_receive_syn_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="syn"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_stream_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"ack|psh_ack|fin_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_answer_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"syn_ack|rst_ack|rst"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_syn_ack_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="syn_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_refusal_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="rst_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_closing_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"fin_ack|rst|rst_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_probe_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"null|xmas|syn_fin"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_transmit_syn_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags="syn"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_transmit_refusal_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags="rst_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_transmit_stream_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags=~"ack|psh_ack|fin_ack"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_transmit_asking_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags=~"syn|ack|psh_ack|fin_ack"}[5m]))"#,
        ),
    },
];

/// Rates of ICMP and of fragments.
pub(super) const PARTS: &[Record] = &[
    Record {
        name: "device:packet_receive_icmp_packets:rate5m",
        expr: Expr::Query(
            "sum by (job, instance, device) (rate(packet_receive_icmp_packets_total[5m]))",
        ),
    },
    Record {
        name: "device:packet_transmit_echo_request_packets:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_transmit_icmp_packets_total{type="echo_request"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_fragments:rate5m",
        expr: Expr::Query(
            "sum by (job, instance, device) (rate(packet_receive_fragments_total[5m]))",
        ),
    },
    Record {
        name: "device:packet_receive_first_fragments:rate5m",
        expr: Expr::Query(
            r#"sum by (job, instance, device) (rate(packet_receive_fragments_total{position="first"}[5m]))"#,
        ),
    },
    Record {
        name: "device:packet_receive_unmatched_fragments:rate5m",
        expr: Expr::Query(
            r#"abs(
  device:packet_receive_first_fragments:rate5m
  - sum by (job, instance, device) (rate(packet_receive_fragments_total{position="last"}[5m]))
)"#,
        ),
    },
];

/// Gauges of devices.
pub(super) const SIGNALS: &[Record] = &[
    Record {
        name: "device:packet_receive_distinct_sources:sum",
        expr: Expr::Query("sum by (job, instance, device) (packet_receive_distinct_sources)"),
    },
    Record {
        name: "device:packet_receive_scanning_sources:max5m",
        expr: Expr::Query(
            "max by (job, instance, device) (max_over_time(packet_receive_scanning_sources[5m]))",
        ),
    },
    Record {
        name: "device:packet_transmit_scanned_destinations:max5m",
        expr: Expr::Query(
            "max by (job, instance, device) (max_over_time(packet_transmit_scanned_destinations[5m]))",
        ),
    },
    Record {
        name: "device:packet_receive_syn_sources:min2m",
        expr: Expr::Query(
            "min by (job, instance, device) (min_over_time(packet_receive_syn_sources[2m]))",
        ),
    },
    Record {
        name: "device:packet_transmit_syn_destinations:min2m",
        expr: Expr::Query(
            "min by (job, instance, device) (min_over_time(packet_transmit_syn_destinations[2m]))",
        ),
    },
];

/// What is usual for a device.
pub(super) const BASELINES: &[Record] = &[
    Record {
        name: "device:packet_receive_packets:baseline",
        expr: Expr::Baseline {
            of: "device:packet_receive_packets:rate5m",
            least: "baseline_packets",
        },
    },
    Record {
        name: "device:packet_transmit_packets:baseline",
        expr: Expr::Baseline {
            of: "device:packet_transmit_packets:rate5m",
            least: "baseline_packets",
        },
    },
    Record {
        name: "device:packet_transmit_syn_packets:baseline",
        expr: Expr::Baseline {
            of: "device:packet_transmit_syn_packets:rate5m",
            least: "baseline_syn",
        },
    },
    Record {
        name: "device:packet_receive_syn_sources:baseline",
        expr: Expr::Baseline {
            of: "device:packet_receive_syn_sources:min2m",
            least: "baseline_unacknowledged",
        },
    },
    Record {
        name: "device:packet_transmit_syn_destinations:baseline",
        expr: Expr::Baseline {
            of: "device:packet_transmit_syn_destinations:min2m",
            least: "baseline_unacknowledged",
        },
    },
    Record {
        name: "device_protocol:packet_receive_packets:baseline",
        expr: Expr::Baseline {
            of: "device_protocol:packet_receive_packets:rate5m",
            least: "baseline_protocol_packets",
        },
    },
    Record {
        name: "device:packet_receive_distinct_sources:baseline",
        expr: Expr::Baseline {
            of: "device:packet_receive_distinct_sources:sum",
            least: "baseline_sources",
        },
    },
    Record {
        name: "device:packet_receive_scanning_sources:baseline",
        expr: Expr::Baseline {
            of: "device:packet_receive_scanning_sources:max5m",
            least: "baseline_scans",
        },
    },
    Record {
        name: "device:packet_transmit_scanned_destinations:baseline",
        expr: Expr::Baseline {
            of: "device:packet_transmit_scanned_destinations:max5m",
            least: "baseline_scans",
        },
    },
];
