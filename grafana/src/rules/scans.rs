//! Alerts on those who look for something.

use super::rule::{Alert, Severity, Top};

pub(super) const ALERTS: &[Alert] = &[
    Alert {
        name: "PacketPortScanReceived",
        severity: Severity::Info,
        hold: "1m",
        expr: "device:packet_receive_scanning_sources:max5m > 0
and device:packet_receive_scanning_sources:max5m > ${scan_factor} * device:packet_receive_scanning_sources:baseline",
        summary: "More sources than usual probe the ports of a device.",
        description: "The ports behind {{ $labels.device }} of {{ $labels.instance }} are probed. Sources that do so: {{ $value }}.",
        top: Top::Source,
        query: "packet_receive_distinct_ports{$where}",
    },
    Alert {
        name: "PacketPortScanSent",
        severity: Severity::Critical,
        hold: "1m",
        expr: r#"device:packet_transmit_scanned_destinations:max5m > 0
and device:packet_transmit_scanned_destinations:max5m > ${scan_factor} * device:packet_transmit_scanned_destinations:baseline
and on (job, instance, device) max_over_time(packet_transmit_distinct_ports{protocol="tcp"}[5m]) > ${scan_tcp_ports}"#,
        summary: "This host probes the ports of others.",
        description: "Through {{ $labels.device }}, {{ $labels.instance }} probes the ports of others. Destinations: {{ $value }}.",
        top: Top::Destination,
        query: "sum by (flags) (rate(packet_transmit_tcp_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketStrangeFlags",
        severity: Severity::Info,
        hold: "2m",
        expr: "device:packet_receive_probe_packets:rate5m > ${flags_packets}",
        summary: "A device receives TCP packets with flags that no stack sends.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} TCP packets/s with NULL, XMAS or SYN and FIN: probes that look for a gap in a firewall.",
        top: Top::Source,
        query: r#"sum by (flags) (rate(packet_receive_tcp_packets_total{$where,flags=~"null|xmas|syn_fin"}[5m]))"#,
    },
    Alert {
        name: "PacketIcmpRedirect",
        severity: Severity::Warning,
        hold: "0s",
        expr: r#"sum by (job, instance, device, family) (increase(packet_receive_icmp_packets_total{type="redirect"}[10m])) > ${redirects}"#,
        summary: "Somebody tells this host again and again to send its packets elsewhere.",
        description: "{{ $labels.device }} of {{ $labels.instance }} received {{ $value | humanize }} ICMP redirects over {{ $labels.family }} in ten minutes.",
        top: Top::Nothing,
        query: r#"rate(packet_receive_icmp_packets_total{$where,type="redirect"}[10m])"#,
    },
];
