//! Alerts on traffic that is not as it was.

use super::rule::{Alert, Severity, Top};

pub(super) const ALERTS: &[Alert] = &[
    Alert {
        name: "PacketReceiveSurge",
        severity: Severity::Warning,
        hold: "2m",
        expr: "device:packet_receive_packets:rate5m > ${surge_packets}
and device:packet_receive_packets:rate5m > ${surge_factor} * device:packet_receive_packets:baseline
unless device:packet_receive_packets:rate5m < ${yesterday_factor} * max_over_time(device:packet_receive_packets:rate5m[1h] offset 23h30m)
unless (
  device:packet_receive_bytes:rate5m > ${bulk_frame_bytes} * device:packet_receive_packets:rate5m
  and (
    device:packet_receive_stream_packets:rate5m > ${stream_ratio} * device:packet_receive_packets:rate5m
    and device:packet_transmit_stream_packets:rate5m > ${stream_answer_ratio} * device:packet_receive_packets:rate5m
    or device:packet_receive_udp_packets:rate5m > ${stream_ratio} * device:packet_receive_packets:rate5m
    and device:packet_transmit_udp_packets:rate5m > ${datagram_answer_ratio} * device:packet_receive_udp_packets:rate5m
  )
)",
        summary: "A device receives far more packets than it usually does.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s, more than ${surge_factor} times what is usual.",
        top: Top::Source,
        query: "topk(5, rate(packet_receive_port_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketTransmitSurge",
        severity: Severity::Critical,
        hold: "2m",
        expr: "device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > ${surge_packets}
and device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > ${surge_factor} * device:packet_transmit_packets:baseline
and device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > ${surge_one_way_factor} * device:packet_receive_packets:rate5m
unless device:packet_transmit_packets:rate5m < ${yesterday_factor} * max_over_time(device:packet_transmit_packets:rate5m[1h] offset 23h30m)",
        summary: "This host sends far more packets than usual, and nearly nobody answers.",
        description: "Through {{ $labels.device }}, {{ $labels.instance }} sends {{ $value | humanize }} packets/s outside of TCP connections, and gets few back: it may take part in an attack.",
        top: Top::Destination,
        query: "topk(5, rate(packet_transmit_port_packets_total{$where}[5m]))",
    },
    Alert {
        name: "PacketReceiveCollapse",
        severity: Severity::Warning,
        hold: "10m",
        expr: r#"device:packet_receive_packets:rate5m < ${collapse_ratio} * device:packet_receive_packets:baseline
and device:packet_receive_packets:baseline > ${collapse_packets}
and on (job, instance, device) packet_exporter_program_attached{hook=~"xdp|tcx_ingress|tc_ingress"} == 1
unless ${yesterday_factor} * device:packet_receive_packets:rate5m > min_over_time(device:packet_receive_packets:rate5m[1h] offset 23h30m)"#,
        summary: "A device receives next to nothing of what it usually does.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s, although its program is attached.",
        top: Top::Nothing,
        query: "device:packet_receive_packets:rate5m{$where} / device:packet_receive_packets:baseline{$where}",
    },
    Alert {
        name: "PacketDistinctSourcesSurge",
        severity: Severity::Warning,
        hold: "2m",
        expr: "device:packet_receive_distinct_sources:sum > ${sources_floor}
and device:packet_receive_distinct_sources:sum > ${sources_factor} * device:packet_receive_distinct_sources:baseline
unless device:packet_receive_distinct_sources:sum < ${yesterday_factor} * max_over_time(device:packet_receive_distinct_sources:sum[1h] offset 23h30m)",
        summary: "A device hears from far more sources than it usually does.",
        description: "{{ $labels.device }} of {{ $labels.instance }} hears from {{ $value | humanize }} sources in a window, more than ${sources_factor} times what is usual.",
        top: Top::Source,
        query: "sum by (family) (packet_receive_distinct_sources{$where})",
    },
    Alert {
        name: "PacketUnusualProtocolShare",
        severity: Severity::Warning,
        hold: "5m",
        expr: "device_protocol:packet_receive_packets:rate5m > ${protocol_packets}
and device_protocol:packet_receive_packets:rate5m > ${protocol_factor} * device_protocol:packet_receive_packets:baseline
and device_protocol:packet_receive_packets:rate5m
  > on (job, instance, device) group_left () ${protocol_ratio} * device:packet_receive_packets:rate5m",
        summary: "A protocol that is rare on a device has a large share of its packets.",
        description: "{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s of the IP protocol {{ $labels.protocol }}.",
        top: Top::Source,
        query: "sum by (family, protocol) (rate(packet_receive_packets_total{$where}[5m])) > 0",
    },
    Alert {
        name: "PacketSourceDominates",
        severity: Severity::Warning,
        hold: "5m",
        expr: "device:packet_receive_top_source_packets:rate5m > ${dominating_packets}
and device:packet_receive_top_source_packets:rate5m > ${dominating_ratio} * device:packet_receive_packets:rate5m
and device:packet_receive_packets:rate5m > ${dominating_factor} * device:packet_receive_packets:baseline
unless (
  device:packet_receive_stream_packets:rate5m > ${stream_ratio} * device:packet_receive_packets:rate5m
  and device:packet_transmit_stream_packets:rate5m > ${stream_answer_ratio} * device:packet_receive_packets:rate5m
  or device:packet_receive_udp_packets:rate5m > ${stream_ratio} * device:packet_receive_packets:rate5m
  and device:packet_transmit_udp_packets:rate5m > ${datagram_answer_ratio} * device:packet_receive_udp_packets:rate5m
)",
        summary: "One source sends nearly all that a device receives.",
        description: "One source sends {{ $value | humanize }} packets/s to {{ $labels.device }} of {{ $labels.instance }}, and hardly anything of it is answered.",
        top: Top::Source,
        query: r#"topk(5, rate(packet_receive_source_packets_total{$where,source!="other"}[5m]))"#,
    },
];
