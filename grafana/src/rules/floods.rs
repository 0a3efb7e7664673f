//! Alerts on floods of one kind.

use super::rule::{Alert, Culprit, Severity, Top};

pub(super) const TCP: &[Alert] = &[
    Alert {
        name: "PacketSynFlood",
        severity: Severity::Critical,
        hold: "2m",
        expr: "device:packet_receive_syn_packets:rate5m > ${syn_flood_packets}
and (
  device:packet_receive_syn_packets:rate5m > ${syn_flood_factor} * device:packet_receive_stream_packets:rate5m
  or device:packet_receive_syn_sources:min2m > ${syn_flood_sources}
    and device:packet_receive_syn_sources:min2m > ${syn_flood_sources_factor} * device:packet_receive_syn_sources:baseline
    and (
      device:packet_receive_syn_sources:min2m > ${syn_flood_sources_ratio} * device:packet_receive_distinct_sources:sum
      or device:packet_receive_syn_packets:rate5m > ${syn_flood_closing_factor} * device:packet_receive_closing_packets:rate5m
    )
    and device:packet_transmit_refusal_packets:rate5m <= ${syn_refused_ratio} * device:packet_receive_syn_packets:rate5m
)",
        summary: "A device receives SYNs that few connections come of.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} SYNs/s, and few connections come of them.",
        top: Top::BusiestSource(Culprit {
            name: "part of the flood",
            look: "tcpdump -ni {{ $labels.device }} 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn or (ip6[6] == 6 and ip6[53] & 0x12 == 2)'",
        }),
        query: "sum by (flags) (rate(packet_receive_tcp_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketSynFloodSent",
        severity: Severity::Critical,
        hold: "2m",
        expr: "device:packet_transmit_syn_packets:rate5m > ${syn_flood_sent_packets}
and device:packet_transmit_syn_packets:rate5m > ${syn_flood_factor} * device:packet_transmit_stream_packets:rate5m
and device:packet_transmit_syn_packets:rate5m > ${syn_flood_sent_factor} * device:packet_transmit_syn_packets:baseline
unless device:packet_receive_refusal_packets:rate5m > ${syn_refused_ratio} * device:packet_transmit_syn_packets:rate5m",
        summary: "This host sends far more SYNs than packets of open connections.",
        description: "Through {{ $labels.device }}, {{ $labels.instance }} sends {{ $value | humanize }} SYNs/s, and few connections come of them: it may take part in an attack.",
        top: Top::Destination,
        query: "sum by (flags) (rate(packet_transmit_tcp_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketBackscatter",
        severity: Severity::Warning,
        hold: "5m",
        expr: "device:packet_receive_answer_packets:rate5m > ${backscatter_packets}
and device:packet_receive_answer_packets:rate5m > ${backscatter_factor} * device:packet_transmit_asking_packets:rate5m",
        summary: "A device receives TCP answers that nothing of this host asked for.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} TCP answers/s without asking: its address is forged in an attack on others, or others reflect one to it.",
        top: Top::BusiestSource(Culprit {
            name: "one that answers",
            look: "tcpdump -ni {{ $labels.device }} 'tcp[tcpflags] & tcp-rst != 0 or tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack) or (ip6[6] == 6 and (ip6[53] & 4 != 0 or ip6[53] & 0x12 == 0x12))'",
        }),
        query: r#"sum by (flags) (rate(packet_receive_tcp_packets_total{$where,flags=~"syn_ack|rst_ack|rst"}[5m]))"#,
    },
];

pub(super) const DATAGRAMS: &[Alert] = &[
    Alert {
        name: "PacketUdpAmplification",
        severity: Severity::Critical,
        hold: "2m",
        expr: "device_port:packet_receive_amplifier_bytes:rate5m > ${amplification_bytes}
and device_port:packet_receive_amplifier_bytes:rate5m > ${amplification_factor} * (
  device_port:packet_transmit_amplifier_bytes:rate5m
  or 0 * device_port:packet_receive_amplifier_bytes:rate5m
    and on (job, instance, device) device:packet_transmit_packets:rate5m
)",
        summary: "A device receives UDP answers that nothing of this host asked for.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }}B/s from UDP port {{ $labels.port }}, far more than is sent to that port.",
        top: Top::Source,
        query: r#"topk(5, rate(packet_receive_port_bytes_total{$where,protocol="udp"}[5m]))"#,
    },
    Alert {
        name: "PacketIcmpFlood",
        severity: Severity::Warning,
        hold: "2m",
        expr: "device:packet_receive_icmp_packets:rate5m > ${icmp_flood_packets}
and (
  device:packet_receive_icmp_packets:rate5m > ${icmp_flood_ratio} * device:packet_receive_packets:rate5m
  or device:packet_receive_icmp_packets:rate5m > ${icmp_flood_certain_packets}
)
unless device:packet_transmit_echo_request_packets:rate5m > ${icmp_asked_ratio} * device:packet_receive_icmp_packets:rate5m",
        summary: "A device receives a flood of ICMP packets.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} ICMP packets/s that this host did not ask for.",
        top: Top::Source,
        query: "sum by (family, type) (rate(packet_receive_icmp_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketFragmentFlood",
        severity: Severity::Warning,
        hold: "2m",
        expr: "device:packet_receive_fragments:rate5m > ${fragment_flood_packets}
and device:packet_receive_fragments:rate5m > ${fragment_flood_ratio} * device:packet_receive_packets:rate5m
and (
  device:packet_receive_unmatched_fragments:rate5m > ${fragment_unmatched_ratio} * device:packet_receive_fragments:rate5m
  or device:packet_receive_fragments:rate5m > ${fragment_middle_factor} * device:packet_receive_first_fragments:rate5m
  or device:packet_receive_fragments:rate5m > ${fragment_certain_packets}
)",
        summary: "A device receives a flood of IP fragments.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} fragments/s, most of them of datagrams that are never complete.",
        top: Top::Source,
        query: "sum by (family, position) (rate(packet_receive_fragments_total{$where}[5m]))",
    },
];

pub(super) const FRAMES: &[Alert] = &[
    Alert {
        name: "PacketMalformedSurge",
        severity: Severity::Warning,
        hold: "5m",
        expr: "device:packet_receive_malformed_packets:rate5m > ${malformed_packets}
and device:packet_receive_malformed_packets:rate5m > ${malformed_ratio} * device:packet_receive_packets:rate5m",
        summary: "A device receives many malformed packets.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} malformed packets/s.",
        top: Top::BusiestSource(Culprit {
            name: "the one that sends them",
            look: "tcpdump -ni {{ $labels.device }} -c 10000 -w some.pcap; packet-exporter inspect --each some.pcap",
        }),
        query: "sum by (reason) (rate(packet_receive_malformed_packets_total{$where}[5m])) > 0",
    },
    Alert {
        name: "PacketBroadcastStorm",
        severity: Severity::Warning,
        hold: "5m",
        expr: "device:packet_receive_group_packets:rate5m > ${storm_packets}
and device:packet_receive_group_packets:rate5m > ${storm_ratio} * device:packet_receive_packets:rate5m",
        summary: "Most packets that a device receives are broadcast or multicast.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} broadcast and multicast packets/s: a loop, or a host that floods its network.",
        top: Top::Source,
        query: "sum by (cast) (rate(packet_receive_cast_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketSpoofedFlood",
        severity: Severity::Critical,
        hold: "2m",
        expr: r#"min by (job, instance, device) (min_over_time(packet_exporter_guard_active{direction="receive",dimension="source"}[2m])) == 1
and on (job, instance, device) packet_receive_source_entropy_ratio > ${spoofed_entropy}
and on (job, instance, device) device:packet_receive_packets:rate5m > ${spoofed_packets}
and on (job, instance, device) device:packet_receive_distinct_sources:sum > ${spoofed_sources_factor} * device:packet_receive_packets:rate5m"#,
        summary: "A device receives a flood from sources that are ever new.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives packets from so many sources that new ones are sampled, and hardly any comes twice: the addresses are forged.",
        top: Top::Nothing,
        query: "topk(5, rate(packet_receive_port_packets_total{$where}[5m]))",
    },
];
