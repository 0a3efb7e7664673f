//! Alerts on those who look for something.

use super::rule::{Alert, Culprit, Severity, Top};

pub(super) const ALERTS: &[Alert] = &[
    Alert {
        name: "PacketPortScanReceived",
        severity: Severity::Info,
        hold: "1m",
        expr: "device:packet_receive_scanning_sources:max5m > 0
and device:packet_receive_scanning_sources:max5m > ${scan_factor} * device:packet_receive_scanning_sources:baseline",
        summary: "More sources than usual probe the ports of a device.",
        description: "The ports behind {{ $labels.device }} of {{ $labels.instance }} are probed. Sources that do so: {{ $value }}.",
        top: Top::BusiestSource(Culprit {
            name: "the scanner",
            look: "tcpdump -ni {{ $labels.device }} 'udp or tcp[tcpflags] & (tcp-rst|tcp-ack) == 0 or (ip6[6] == 6 and ip6[53] & 0x14 == 0)'",
        }),
        query: "packet_receive_distinct_ports{$where}",
    },
    Alert {
        name: "PacketPortScanSent",
        severity: Severity::Critical,
        hold: "1m",
        expr: r#"device:packet_transmit_scanned_destinations:max5m > 0
and device:packet_transmit_scanned_destinations:max5m > ${scan_factor} * device:packet_transmit_scanned_destinations:baseline
and on (job, instance, device) (
  max_over_time(packet_transmit_distinct_ports{protocol="tcp"}[5m]) > ${scan_tcp_ports}
  or max_over_time(packet_transmit_distinct_ports{protocol="udp"}[5m]) > ${scan_udp_ports}
    and on (job, instance, device) device:packet_transmit_udp_packets:rate5m > ${scan_unanswered_factor} * device:packet_receive_udp_packets:rate5m
    unless on (job, instance, device) sum by (job, instance, device) (increase(packet_receive_icmp_packets_total{type="time_exceeded"}[5m])) > ${scan_hops}
)"#,
        summary: "This host probes the ports of others.",
        description: "Through {{ $labels.device }}, {{ $labels.instance }} probes the ports of others. Destinations: {{ $value }}.",
        top: Top::BusiestDestination(Culprit {
            name: "one that is probed",
            look: "tcpdump -ni {{ $labels.device }} -Q out 'udp or tcp[tcpflags] & (tcp-rst|tcp-ack) == 0 or (ip6[6] == 6 and ip6[53] & 0x14 == 0)'",
        }),
        query: "packet_transmit_distinct_ports{$where}",
    },
    Alert {
        name: "PacketSweepSent",
        severity: Severity::Critical,
        hold: "2m",
        expr: "device:packet_transmit_syn_destinations:min2m > ${sweep_destinations}
and device:packet_transmit_syn_destinations:min2m > ${sweep_factor} * device:packet_transmit_syn_destinations:baseline
and device:packet_transmit_syn_packets:rate5m > ${sweep_unanswered_factor} * device:packet_receive_syn_ack_packets:rate5m",
        summary: "This host sends SYNs to many addresses, and few of them answer.",
        description: "Through {{ $labels.device }}, {{ $labels.instance }} sends SYNs to {{ $value | humanize }} addresses or more in a window that never answer: a worm does this, and so does a scan of a network.",
        top: Top::BusiestDestination(Culprit {
            name: "one that never answers",
            look: "ss -tnp state syn-sent; tcpdump -ni {{ $labels.device }} -Q out 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn or (ip6[6] == 6 and ip6[53] & 0x12 == 2)'",
        }),
        query: r#"topk(5, rate(packet_transmit_port_packets_total{$where,protocol="tcp"}[5m]))"#,
    },
    Alert {
        name: "PacketStrangeFlags",
        severity: Severity::Info,
        hold: "2m",
        expr: "device:packet_receive_probe_packets:rate5m > ${flags_packets}",
        summary: "A device receives TCP packets with flags that no stack sends.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} TCP packets/s with NULL, XMAS or SYN and FIN: probes that look for a gap in a firewall.",
        top: Top::BusiestSource(Culprit {
            name: "the scanner",
            look: "tcpdump -ni {{ $labels.device }} 'tcp[13] & 63 == 0 or tcp[13] & 41 == 41 or tcp[13] & 3 == 3 or (ip6[6] == 6 and (ip6[53] & 63 == 0 or ip6[53] & 41 == 41 or ip6[53] & 3 == 3))'",
        }),
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
        query: r#"sum by (family) (increase(packet_receive_icmp_packets_total{$where,type="redirect"}[10m]))"#,
    },
];
