// Made by `cargo run -p grafana`.
{
  prometheusAlerts+:: {
    groups+: [
      {
        name: 'packet-traffic',
        interval: '1m',
        rules: [
          {
            record: 'device:packet_receive_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_packets_total[5m]))',
          },
          {
            record: 'device:packet_transmit_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_packets_total[5m]))',
          },
          {
            record: 'device:packet_receive_bytes:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_bytes_total[5m]))',
          },
          {
            record: 'device:packet_receive_udp_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_packets_total{protocol="udp"}[5m]))',
          },
          {
            record: 'device:packet_transmit_udp_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_packets_total{protocol="udp"}[5m]))',
          },
          {
            record: 'device_direction:packet_packets:rate5m',
            expr: std.join('\n', [
              'label_replace(device:packet_receive_packets:rate5m, "direction", "receive", "", "")',
              'or label_replace(device:packet_transmit_packets:rate5m, "direction", "transmit", "", "")',
            ]),
          },
          {
            record: 'device_protocol:packet_receive_packets:rate5m',
            expr: 'sum by (job, instance, device, protocol) (rate(packet_receive_packets_total{protocol!~"tcp|udp|icmp|icmpv6"}[5m]))',
          },
          {
            record: 'device:packet_receive_top_source_packets:rate5m',
            expr: 'max by (job, instance, device) (rate(packet_receive_source_packets_total{source!="other"}[5m]))',
          },
          {
            record: 'device:packet_receive_group_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_cast_packets_total{cast=~"broadcast|multicast"}[5m]))',
          },
          {
            record: 'device:packet_receive_malformed_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_malformed_packets_total[5m]))',
          },
          {
            record: 'device_port:packet_receive_amplifier_bytes:rate5m',
            expr: 'sum by (job, instance, device, port) (rate(packet_receive_port_bytes_total{protocol="udp",port=~"%(amplifier_ports)s"}[5m]))' % $._config,
          },
          {
            record: 'device_port:packet_transmit_amplifier_bytes:rate5m',
            expr: 'sum by (job, instance, device, port) (rate(packet_transmit_port_bytes_total{protocol="udp",port=~"%(amplifier_ports)s"}[5m]))' % $._config,
          },
          {
            record: 'device:packet_receive_syn_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="syn"}[5m]))',
          },
          {
            record: 'device:packet_receive_stream_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"ack|psh_ack|fin_ack"}[5m]))',
          },
          {
            record: 'device:packet_receive_answer_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"syn_ack|rst_ack|rst"}[5m]))',
          },
          {
            record: 'device:packet_receive_syn_ack_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="syn_ack"}[5m]))',
          },
          {
            record: 'device:packet_receive_refusal_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags="rst_ack"}[5m]))',
          },
          {
            record: 'device:packet_receive_closing_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"fin_ack|rst|rst_ack"}[5m]))',
          },
          {
            record: 'device:packet_receive_probe_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_tcp_packets_total{flags=~"null|xmas|syn_fin"}[5m]))',
          },
          {
            record: 'device:packet_transmit_syn_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags="syn"}[5m]))',
          },
          {
            record: 'device:packet_transmit_refusal_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags="rst_ack"}[5m]))',
          },
          {
            record: 'device:packet_transmit_stream_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags=~"ack|psh_ack|fin_ack"}[5m]))',
          },
          {
            record: 'device:packet_transmit_asking_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_tcp_packets_total{flags=~"syn|ack|psh_ack|fin_ack"}[5m]))',
          },
          {
            record: 'device:packet_receive_icmp_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_icmp_packets_total[5m]))',
          },
          {
            record: 'device:packet_transmit_echo_request_packets:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_transmit_icmp_packets_total{type="echo_request"}[5m]))',
          },
          {
            record: 'device:packet_receive_fragments:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_fragments_total[5m]))',
          },
          {
            record: 'device:packet_receive_first_fragments:rate5m',
            expr: 'sum by (job, instance, device) (rate(packet_receive_fragments_total{position="first"}[5m]))',
          },
          {
            record: 'device:packet_receive_unmatched_fragments:rate5m',
            expr: std.join('\n', [
              'abs(',
              '  device:packet_receive_first_fragments:rate5m',
              '  - sum by (job, instance, device) (rate(packet_receive_fragments_total{position="last"}[5m]))',
              ')',
            ]),
          },
          {
            record: 'device:packet_receive_distinct_sources:sum',
            expr: 'sum by (job, instance, device) (packet_receive_distinct_sources)',
          },
          {
            record: 'device:packet_receive_scanning_sources:max5m',
            expr: 'max by (job, instance, device) (max_over_time(packet_receive_scanning_sources[5m]))',
          },
          {
            record: 'device:packet_transmit_scanned_destinations:max5m',
            expr: 'max by (job, instance, device) (max_over_time(packet_transmit_scanned_destinations[5m]))',
          },
          {
            record: 'device:packet_receive_syn_sources:min2m',
            expr: 'min by (job, instance, device) (min_over_time(packet_receive_syn_sources[2m]))',
          },
          {
            record: 'device:packet_transmit_syn_destinations:min2m',
            expr: 'min by (job, instance, device) (min_over_time(packet_transmit_syn_destinations[2m]))',
          },
          {
            record: 'device:packet_receive_packets:baseline',
            expr: std.join('\n', [
              'device:packet_receive_packets:rate5m unless last_over_time(device:packet_receive_packets:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_receive_packets:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_receive_packets:rate5m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_packets:baseline[1h]), %(baseline_packets)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_packets:baseline[1h]), %(baseline_packets)s) and device:packet_receive_packets:rate5m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_transmit_packets:baseline',
            expr: std.join('\n', [
              'device:packet_transmit_packets:rate5m unless last_over_time(device:packet_transmit_packets:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_transmit_packets:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_transmit_packets:rate5m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_packets:baseline[1h]), %(baseline_packets)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_packets:baseline[1h]), %(baseline_packets)s) and device:packet_transmit_packets:rate5m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_transmit_syn_packets:baseline',
            expr: std.join('\n', [
              'device:packet_transmit_syn_packets:rate5m unless last_over_time(device:packet_transmit_syn_packets:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_transmit_syn_packets:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_transmit_syn_packets:rate5m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_syn_packets:baseline[1h]), %(baseline_syn)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_syn_packets:baseline[1h]), %(baseline_syn)s) and device:packet_transmit_syn_packets:rate5m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_receive_syn_sources:baseline',
            expr: std.join('\n', [
              'device:packet_receive_syn_sources:min2m unless last_over_time(device:packet_receive_syn_sources:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_receive_syn_sources:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_receive_syn_sources:min2m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_syn_sources:baseline[1h]), %(baseline_unacknowledged)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_syn_sources:baseline[1h]), %(baseline_unacknowledged)s) and device:packet_receive_syn_sources:min2m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_transmit_syn_destinations:baseline',
            expr: std.join('\n', [
              'device:packet_transmit_syn_destinations:min2m unless last_over_time(device:packet_transmit_syn_destinations:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_transmit_syn_destinations:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_transmit_syn_destinations:min2m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_syn_destinations:baseline[1h]), %(baseline_unacknowledged)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_syn_destinations:baseline[1h]), %(baseline_unacknowledged)s) and device:packet_transmit_syn_destinations:min2m)',
            ]) % $._config,
          },
          {
            record: 'device_protocol:packet_receive_packets:baseline',
            expr: std.join('\n', [
              'device_protocol:packet_receive_packets:rate5m unless last_over_time(device_protocol:packet_receive_packets:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device_protocol:packet_receive_packets:baseline[1h])',
              '  + %(baseline_weight)g * (device_protocol:packet_receive_packets:rate5m < %(baseline_clamp)s * clamp_min(last_over_time(device_protocol:packet_receive_packets:baseline[1h]), %(baseline_protocol_packets)s) or %(baseline_clamp)s * clamp_min(last_over_time(device_protocol:packet_receive_packets:baseline[1h]), %(baseline_protocol_packets)s) and device_protocol:packet_receive_packets:rate5m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_receive_distinct_sources:baseline',
            expr: std.join('\n', [
              'device:packet_receive_distinct_sources:sum unless last_over_time(device:packet_receive_distinct_sources:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_receive_distinct_sources:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_receive_distinct_sources:sum < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_distinct_sources:baseline[1h]), %(baseline_sources)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_distinct_sources:baseline[1h]), %(baseline_sources)s) and device:packet_receive_distinct_sources:sum)',
            ]) % $._config,
          },
          {
            record: 'device:packet_receive_scanning_sources:baseline',
            expr: std.join('\n', [
              'device:packet_receive_scanning_sources:max5m unless last_over_time(device:packet_receive_scanning_sources:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_receive_scanning_sources:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_receive_scanning_sources:max5m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_scanning_sources:baseline[1h]), %(baseline_scans)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_receive_scanning_sources:baseline[1h]), %(baseline_scans)s) and device:packet_receive_scanning_sources:max5m)',
            ]) % $._config,
          },
          {
            record: 'device:packet_transmit_scanned_destinations:baseline',
            expr: std.join('\n', [
              'device:packet_transmit_scanned_destinations:max5m unless last_over_time(device:packet_transmit_scanned_destinations:baseline[1h] offset 5m)',
              'or (1 - %(baseline_weight)g) * last_over_time(device:packet_transmit_scanned_destinations:baseline[1h])',
              '  + %(baseline_weight)g * (device:packet_transmit_scanned_destinations:max5m < %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_scanned_destinations:baseline[1h]), %(baseline_scans)s) or %(baseline_clamp)s * clamp_min(last_over_time(device:packet_transmit_scanned_destinations:baseline[1h]), %(baseline_scans)s) and device:packet_transmit_scanned_destinations:max5m)',
            ]) % $._config,
          },
          {
            alert: 'PacketSynFlood',
            expr: std.join('\n', [
              'device:packet_receive_syn_packets:rate5m > %(syn_flood_packets)s',
              'and (',
              '  device:packet_receive_syn_packets:rate5m > %(syn_flood_factor)s * device:packet_receive_stream_packets:rate5m',
              '  or device:packet_receive_syn_sources:min2m > %(syn_flood_sources)s',
              '    and device:packet_receive_syn_sources:min2m > %(syn_flood_sources_factor)s * device:packet_receive_syn_sources:baseline',
              '    and (',
              '      device:packet_receive_syn_sources:min2m > %(syn_flood_sources_ratio)g * device:packet_receive_distinct_sources:sum',
              '      or device:packet_receive_syn_packets:rate5m > %(syn_flood_closing_factor)s * device:packet_receive_closing_packets:rate5m',
              '    )',
              '    and device:packet_transmit_refusal_packets:rate5m <= %(syn_refused_ratio)g * device:packet_receive_syn_packets:rate5m',
              ')',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'A device receives SYNs that few connections come of.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} SYNs/s, and few connections come of them.',
                'Busiest source of the device, which need not be part of the flood: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see part of the flood: tcpdump -ni {{ $labels.device }} \'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn or (ip6[6] == 6 and ip6[53] & 0x12 == 2)\'',
                'Query: sum by (flags) (rate(packet_receive_tcp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketSynFlood.md' % $._config,
            },
          },
          {
            alert: 'PacketSynFloodSent',
            expr: std.join('\n', [
              'device:packet_transmit_syn_packets:rate5m > %(syn_flood_sent_packets)s',
              'and device:packet_transmit_syn_packets:rate5m > %(syn_flood_factor)s * device:packet_transmit_stream_packets:rate5m',
              'and device:packet_transmit_syn_packets:rate5m > %(syn_flood_sent_factor)s * device:packet_transmit_syn_packets:baseline',
              'unless device:packet_receive_refusal_packets:rate5m > %(syn_refused_ratio)g * device:packet_transmit_syn_packets:rate5m',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'This host sends far more SYNs than packets of open connections.',
              description: std.join('\n', [
                'Through {{ $labels.device }}, {{ $labels.instance }} sends {{ $value | humanize }} SYNs/s, and few connections come of them: it may take part in an attack.',
                'Top destination: {{ with printf "topk(1, rate(packet_transmit_destination_packets_total{job=%q,instance=%q,device=%q,destination!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "destination" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (flags) (rate(packet_transmit_tcp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketSynFloodSent.md' % $._config,
            },
          },
          {
            alert: 'PacketBackscatter',
            expr: std.join('\n', [
              'device:packet_receive_answer_packets:rate5m > %(backscatter_packets)s',
              'and device:packet_receive_answer_packets:rate5m > %(backscatter_factor)s * device:packet_transmit_asking_packets:rate5m',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives TCP answers that nothing of this host asked for.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} TCP answers/s without asking: its address is forged in an attack on others, or others reflect one to it.',
                'Busiest source of the device, which need not be one that answers: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see one that answers: tcpdump -ni {{ $labels.device }} \'tcp[tcpflags] & tcp-rst != 0 or tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack) or (ip6[6] == 6 and (ip6[53] & 4 != 0 or ip6[53] & 0x12 == 0x12))\'',
                'Query: sum by (flags) (rate(packet_receive_tcp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",flags=~"syn_ack|rst_ack|rst"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketBackscatter.md' % $._config,
            },
          },
          {
            alert: 'PacketUdpAmplification',
            expr: std.join('\n', [
              'device_port:packet_receive_amplifier_bytes:rate5m > %(amplification_bytes)s',
              'and device_port:packet_receive_amplifier_bytes:rate5m > %(amplification_factor)s * (',
              '  device_port:packet_transmit_amplifier_bytes:rate5m',
              '  or 0 * device_port:packet_receive_amplifier_bytes:rate5m',
              '    and on (job, instance, device) device:packet_transmit_packets:rate5m',
              ')',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'A device receives UDP answers that nothing of this host asked for.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }}B/s from UDP port {{ $labels.port }}, far more than is sent to that port.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: topk(5, rate(packet_receive_port_bytes_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",protocol="udp"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketUdpAmplification.md' % $._config,
            },
          },
          {
            alert: 'PacketIcmpFlood',
            expr: std.join('\n', [
              'device:packet_receive_icmp_packets:rate5m > %(icmp_flood_packets)s',
              'and (',
              '  device:packet_receive_icmp_packets:rate5m > %(icmp_flood_ratio)g * device:packet_receive_packets:rate5m',
              '  or device:packet_receive_icmp_packets:rate5m > %(icmp_flood_certain_packets)s',
              ')',
              'unless device:packet_transmit_echo_request_packets:rate5m > %(icmp_asked_ratio)g * device:packet_receive_icmp_packets:rate5m',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives a flood of ICMP packets.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} ICMP packets/s that this host did not ask for.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (family, type) (rate(packet_receive_icmp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketIcmpFlood.md' % $._config,
            },
          },
          {
            alert: 'PacketFragmentFlood',
            expr: std.join('\n', [
              'device:packet_receive_fragments:rate5m > %(fragment_flood_packets)s',
              'and device:packet_receive_fragments:rate5m > %(fragment_flood_ratio)g * device:packet_receive_packets:rate5m',
              'and (',
              '  device:packet_receive_unmatched_fragments:rate5m > %(fragment_unmatched_ratio)g * device:packet_receive_fragments:rate5m',
              '  or device:packet_receive_fragments:rate5m > %(fragment_middle_factor)s * device:packet_receive_first_fragments:rate5m',
              '  or device:packet_receive_fragments:rate5m > %(fragment_certain_packets)s',
              ')',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives a flood of IP fragments.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} fragments/s, most of them of datagrams that are never complete.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (family, position) (rate(packet_receive_fragments_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketFragmentFlood.md' % $._config,
            },
          },
          {
            alert: 'PacketMalformedSurge',
            expr: std.join('\n', [
              'device:packet_receive_malformed_packets:rate5m > %(malformed_packets)s',
              'and device:packet_receive_malformed_packets:rate5m > %(malformed_ratio)g * device:packet_receive_packets:rate5m',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives many malformed packets.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} malformed packets/s.',
                'Busiest source of the device, which need not be the one that sends them: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see the one that sends them: tcpdump -ni {{ $labels.device }} -c 10000 -w some.pcap; packet-exporter inspect --each some.pcap',
                'Query: sum by (reason) (rate(packet_receive_malformed_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m])) > 0',
              ]),
              runbook_url: '%(runbooks)s/PacketMalformedSurge.md' % $._config,
            },
          },
          {
            alert: 'PacketBroadcastStorm',
            expr: std.join('\n', [
              'device:packet_receive_group_packets:rate5m > %(storm_packets)s',
              'and device:packet_receive_group_packets:rate5m > %(storm_ratio)g * device:packet_receive_packets:rate5m',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'Most packets that a device receives are broadcast or multicast.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} broadcast and multicast packets/s: a loop, or a host that floods its network.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (cast) (rate(packet_receive_cast_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketBroadcastStorm.md' % $._config,
            },
          },
          {
            alert: 'PacketSpoofedFlood',
            expr: std.join('\n', [
              'min by (job, instance, device) (min_over_time(packet_exporter_guard_active{direction="receive",dimension="source"}[2m])) == 1',
              'and on (job, instance, device) packet_receive_source_entropy_ratio > %(spoofed_entropy)g',
              'and on (job, instance, device) device:packet_receive_packets:rate5m > %(spoofed_packets)s',
              'and on (job, instance, device) device:packet_receive_distinct_sources:sum > %(spoofed_sources_factor)s * device:packet_receive_packets:rate5m',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'A device receives a flood from sources that are ever new.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives packets from so many sources that new ones are sampled, and hardly any comes twice: the addresses are forged.',
                'Query: topk(5, rate(packet_receive_port_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketSpoofedFlood.md' % $._config,
            },
          },
          {
            alert: 'PacketPortScanReceived',
            expr: std.join('\n', [
              'device:packet_receive_scanning_sources:max5m > 0',
              'and device:packet_receive_scanning_sources:max5m > %(scan_factor)s * device:packet_receive_scanning_sources:baseline',
            ]) % $._config,
            'for': '1m',
            labels: {
              severity: 'info',
            },
            annotations: {
              summary: 'More sources than usual probe the ports of a device.',
              description: std.join('\n', [
                'The ports behind {{ $labels.device }} of {{ $labels.instance }} are probed. Sources that do so: {{ $value }}.',
                'Busiest source of the device, which need not be the scanner: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see the scanner: tcpdump -ni {{ $labels.device }} \'udp or tcp[tcpflags] & (tcp-rst|tcp-ack) == 0 or (ip6[6] == 6 and ip6[53] & 0x14 == 0)\'',
                'Query: packet_receive_distinct_ports{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketPortScanReceived.md' % $._config,
            },
          },
          {
            alert: 'PacketPortScanSent',
            expr: std.join('\n', [
              'device:packet_transmit_scanned_destinations:max5m > 0',
              'and device:packet_transmit_scanned_destinations:max5m > %(scan_factor)s * device:packet_transmit_scanned_destinations:baseline',
              'and on (job, instance, device) (',
              '  max_over_time(packet_transmit_distinct_ports{protocol="tcp"}[5m]) > %(scan_tcp_ports)s',
              '  or max_over_time(packet_transmit_distinct_ports{protocol="udp"}[5m]) > %(scan_udp_ports)s',
              '    and on (job, instance, device) device:packet_transmit_udp_packets:rate5m > %(scan_unanswered_factor)s * device:packet_receive_udp_packets:rate5m',
              '    unless on (job, instance, device) sum by (job, instance, device) (increase(packet_receive_icmp_packets_total{type="time_exceeded"}[5m])) > %(scan_hops)s',
              ')',
            ]) % $._config,
            'for': '1m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'This host probes the ports of others.',
              description: std.join('\n', [
                'Through {{ $labels.device }}, {{ $labels.instance }} probes the ports of others. Destinations: {{ $value }}.',
                'Busiest destination of the device, which need not be one that is probed: {{ with printf "topk(1, rate(packet_transmit_destination_packets_total{job=%q,instance=%q,device=%q,destination!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "destination" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see one that is probed: tcpdump -ni {{ $labels.device }} -Q out \'udp or tcp[tcpflags] & (tcp-rst|tcp-ack) == 0 or (ip6[6] == 6 and ip6[53] & 0x14 == 0)\'',
                'Query: packet_transmit_distinct_ports{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketPortScanSent.md' % $._config,
            },
          },
          {
            alert: 'PacketSweepSent',
            expr: std.join('\n', [
              'device:packet_transmit_syn_destinations:min2m > %(sweep_destinations)s',
              'and device:packet_transmit_syn_destinations:min2m > %(sweep_factor)s * device:packet_transmit_syn_destinations:baseline',
              'and device:packet_transmit_syn_packets:rate5m > %(sweep_unanswered_factor)s * device:packet_receive_syn_ack_packets:rate5m',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'This host sends SYNs to many addresses, and few of them answer.',
              description: std.join('\n', [
                'Through {{ $labels.device }}, {{ $labels.instance }} sends SYNs to {{ $value | humanize }} addresses or more in a window that never answer: a worm does this, and so does a scan of a network.',
                'Busiest destination of the device, which need not be one that never answers: {{ with printf "topk(1, rate(packet_transmit_destination_packets_total{job=%q,instance=%q,device=%q,destination!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "destination" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see one that never answers: ss -tnp state syn-sent; tcpdump -ni {{ $labels.device }} -Q out \'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn or (ip6[6] == 6 and ip6[53] & 0x12 == 2)\'',
                'Query: topk(5, rate(packet_transmit_port_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",protocol="tcp"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketSweepSent.md' % $._config,
            },
          },
          {
            alert: 'PacketStrangeFlags',
            expr: 'device:packet_receive_probe_packets:rate5m > %(flags_packets)s' % $._config,
            'for': '2m',
            labels: {
              severity: 'info',
            },
            annotations: {
              summary: 'A device receives TCP packets with flags that no stack sends.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} TCP packets/s with NULL, XMAS or SYN and FIN: probes that look for a gap in a firewall.',
                'Busiest source of the device, which need not be the scanner: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'To see the scanner: tcpdump -ni {{ $labels.device }} \'tcp[13] & 63 == 0 or tcp[13] & 41 == 41 or tcp[13] & 3 == 3 or (ip6[6] == 6 and (ip6[53] & 63 == 0 or ip6[53] & 41 == 41 or ip6[53] & 3 == 3))\'',
                'Query: sum by (flags) (rate(packet_receive_tcp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",flags=~"null|xmas|syn_fin"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketStrangeFlags.md' % $._config,
            },
          },
          {
            alert: 'PacketIcmpRedirect',
            expr: 'sum by (job, instance, device, family) (increase(packet_receive_icmp_packets_total{type="redirect"}[10m])) > %(redirects)s' % $._config,
            'for': '0s',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'Somebody tells this host again and again to send its packets elsewhere.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} received {{ $value | humanize }} ICMP redirects over {{ $labels.family }} in ten minutes.',
                'Query: sum by (family) (increase(packet_receive_icmp_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",type="redirect"}[10m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketIcmpRedirect.md' % $._config,
            },
          },
          {
            alert: 'PacketReceiveSurge',
            expr: std.join('\n', [
              'device:packet_receive_packets:rate5m > %(surge_packets)s',
              'and device:packet_receive_packets:rate5m > %(surge_factor)s * device:packet_receive_packets:baseline',
              'unless device:packet_receive_packets:rate5m < %(yesterday_factor)s * max_over_time(device:packet_receive_packets:rate5m[1h] offset 23h30m)',
              'unless (',
              '  device:packet_receive_bytes:rate5m > %(bulk_frame_bytes)s * device:packet_receive_packets:rate5m',
              '  and (',
              '    device:packet_receive_stream_packets:rate5m > %(stream_ratio)g * device:packet_receive_packets:rate5m',
              '    and device:packet_transmit_stream_packets:rate5m > %(stream_answer_ratio)g * device:packet_receive_packets:rate5m',
              '    or device:packet_receive_udp_packets:rate5m > %(stream_ratio)g * device:packet_receive_packets:rate5m',
              '    and device:packet_transmit_udp_packets:rate5m > %(datagram_answer_ratio)g * device:packet_receive_udp_packets:rate5m',
              '  )',
              ')',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives far more packets than it usually does.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s, more than %(surge_factor)s times what is usual.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%%q,instance=%%q,device=%%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: topk(5, rate(packet_receive_port_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]) % $._config,
              runbook_url: '%(runbooks)s/PacketReceiveSurge.md' % $._config,
            },
          },
          {
            alert: 'PacketTransmitSurge',
            expr: std.join('\n', [
              'device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > %(surge_packets)s',
              'and device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > %(surge_factor)s * device:packet_transmit_packets:baseline',
              'and device:packet_transmit_packets:rate5m - device:packet_transmit_stream_packets:rate5m > %(surge_one_way_factor)s * device:packet_receive_packets:rate5m',
              'unless device:packet_transmit_packets:rate5m < %(yesterday_factor)s * max_over_time(device:packet_transmit_packets:rate5m[1h] offset 23h30m)',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'This host sends far more packets than usual, and nearly nobody answers.',
              description: std.join('\n', [
                'Through {{ $labels.device }}, {{ $labels.instance }} sends {{ $value | humanize }} packets/s outside of TCP connections, and gets few back: it may take part in an attack.',
                'Top destination: {{ with printf "topk(1, rate(packet_transmit_destination_packets_total{job=%q,instance=%q,device=%q,destination!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "destination" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: topk(5, rate(packet_transmit_port_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketTransmitSurge.md' % $._config,
            },
          },
          {
            alert: 'PacketReceiveCollapse',
            expr: std.join('\n', [
              'device:packet_receive_packets:rate5m < %(collapse_ratio)g * device:packet_receive_packets:baseline',
              'and device:packet_receive_packets:baseline > %(collapse_packets)s',
              'and on (job, instance, device) packet_exporter_program_attached{hook=~"xdp|tcx_ingress|tc_ingress"} == 1',
              'unless %(yesterday_factor)s * device:packet_receive_packets:rate5m > min_over_time(device:packet_receive_packets:rate5m[1h] offset 23h30m)',
            ]) % $._config,
            'for': '10m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device receives next to nothing of what it usually does.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s, although its program is attached.',
                'Query: device:packet_receive_packets:rate5m{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"} / device:packet_receive_packets:baseline{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketReceiveCollapse.md' % $._config,
            },
          },
          {
            alert: 'PacketDistinctSourcesSurge',
            expr: std.join('\n', [
              'device:packet_receive_distinct_sources:sum > %(sources_floor)s',
              'and device:packet_receive_distinct_sources:sum > %(sources_factor)s * device:packet_receive_distinct_sources:baseline',
              'unless device:packet_receive_distinct_sources:sum < %(yesterday_factor)s * max_over_time(device:packet_receive_distinct_sources:sum[1h] offset 23h30m)',
            ]) % $._config,
            'for': '2m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device hears from far more sources than it usually does.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} hears from {{ $value | humanize }} sources in a window, more than %(sources_factor)s times what is usual.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%%q,instance=%%q,device=%%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (family) (packet_receive_distinct_sources{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"})',
              ]) % $._config,
              runbook_url: '%(runbooks)s/PacketDistinctSourcesSurge.md' % $._config,
            },
          },
          {
            alert: 'PacketUnusualProtocolShare',
            expr: std.join('\n', [
              'device_protocol:packet_receive_packets:rate5m > %(protocol_packets)s',
              'and device_protocol:packet_receive_packets:rate5m > %(protocol_factor)s * device_protocol:packet_receive_packets:baseline',
              'and device_protocol:packet_receive_packets:rate5m',
              '  > on (job, instance, device) group_left () %(protocol_ratio)g * device:packet_receive_packets:rate5m',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A protocol that is rare on a device has a large share of its packets.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} receives {{ $value | humanize }} packets/s of the IP protocol {{ $labels.protocol }}.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: sum by (family, protocol) (rate(packet_receive_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[5m])) > 0',
              ]),
              runbook_url: '%(runbooks)s/PacketUnusualProtocolShare.md' % $._config,
            },
          },
          {
            alert: 'PacketSourceDominates',
            expr: std.join('\n', [
              'device:packet_receive_top_source_packets:rate5m > %(dominating_packets)s',
              'and device:packet_receive_top_source_packets:rate5m > %(dominating_ratio)g * device:packet_receive_packets:rate5m',
              'and device:packet_receive_packets:rate5m > %(dominating_factor)s * device:packet_receive_packets:baseline',
              'unless (',
              '  device:packet_receive_stream_packets:rate5m > %(stream_ratio)g * device:packet_receive_packets:rate5m',
              '  and device:packet_transmit_stream_packets:rate5m > %(stream_answer_ratio)g * device:packet_receive_packets:rate5m',
              '  or device:packet_receive_udp_packets:rate5m > %(stream_ratio)g * device:packet_receive_packets:rate5m',
              '  and device:packet_transmit_udp_packets:rate5m > %(datagram_answer_ratio)g * device:packet_receive_udp_packets:rate5m',
              ')',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'One source sends nearly all that a device receives.',
              description: std.join('\n', [
                'One source sends {{ $value | humanize }} packets/s to {{ $labels.device }} of {{ $labels.instance }}, and hardly anything of it is answered.',
                'Top source: {{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!=\'other\'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}.',
                'Query: topk(5, rate(packet_receive_source_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",source!="other"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketSourceDominates.md' % $._config,
            },
          },
        ],
      },
      {
        name: 'packet-exporter',
        interval: '1m',
        rules: [
          {
            alert: 'PacketExporterDown',
            expr: std.join('\n', [
              'up == 0',
              'and on (job, instance) last_over_time(packet_exporter_build_info[1d])',
            ]),
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'Prometheus cannot scrape the packet exporter.',
              description: std.join('\n', [
                '{{ $labels.instance }} has not answered scrapes; it did within the last day.',
                'Query: up{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterDown.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterRestarting',
            expr: std.join('\n', [
              'changes(process_start_time_seconds[30m]) > %(restarts)s',
              'and on (job, instance) packet_exporter_build_info',
            ]) % $._config,
            'for': '0s',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'The packet exporter starts again and again.',
              description: std.join('\n', [
                '{{ $labels.instance }} has started {{ $value }} times in half an hour. Each start begins all counts at 0.',
                'Query: changes(process_start_time_seconds{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[30m])',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterRestarting.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterProgramNotAttached',
            expr: std.join('\n', [
              'packet_exporter_program_attached == 0',
              'unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason="memory"}[15m]) > 0',
              'unless on (job, instance, device, hook) (',
              '  packet_exporter_attach_failures_total{reason="hidden"} > 0',
              '  unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason!="hidden"}[15m]) > 0',
              ')',
            ]),
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device is not counted because its program is not attached.',
              description: std.join('\n', [
                '{{ $labels.device }} of {{ $labels.instance }} has no program on the hook {{ $labels.hook }}: its packets are not counted.',
                'Query: sum by (hook, reason) (increase(packet_exporter_attach_failures_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[15m])) > 0',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterProgramNotAttached.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterProgramHidden',
            expr: std.join('\n', [
              'packet_exporter_program_attached == 0',
              'and on (job, instance, device, hook) packet_exporter_attach_failures_total{reason="hidden"} > 0',
              'unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason!="hidden"}[15m]) > 0',
            ]),
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'Another program sees packets first and may hide them from the exporter.',
              description: std.join('\n', [
                'On {{ $labels.device }} of {{ $labels.instance }} another program is in front on the hook {{ $labels.hook }}: counts may be too low.',
                'Query: packet_exporter_attach_failures_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",reason="hidden"}',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterProgramHidden.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterMemoryBudgetReached',
            expr: std.join('\n', [
              'packet_exporter_program_attached == 0',
              'and on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason="memory"}[15m]) > 0',
            ]),
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A device is not counted because its maps do not fit into the memory for them.',
              description: std.join('\n', [
                'The maps of {{ $labels.device }} of {{ $labels.instance }} do not fit into `datapath.memory`: its packets are not counted.',
                'Query: packet_exporter_memory_bytes{job="{{ $labels.job }}",instance="{{ $labels.instance }}"} / packet_exporter_memory_limit_bytes{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterMemoryBudgetReached.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterFoldsStopped',
            expr: std.join('\n', [
              'increase(packet_exporter_folds_total[5m]) == 0',
              'unless on (job, instance) up == 0',
            ]),
            'for': '2m',
            labels: {
              severity: 'critical',
            },
            annotations: {
              summary: 'The packet exporter has stopped reading its counts.',
              description: std.join('\n', [
                '{{ $labels.instance }} answers scrapes, but its counts no longer change.',
                'Query: time() - packet_exporter_last_fold_timestamp_seconds{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterFoldsStopped.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterFoldsLate',
            expr: std.join('\n', [
              'rate(packet_exporter_folds_total[10m])',
              '  * on (job, instance) packet_exporter_interval_seconds < %(late_ratio)g',
              'unless on (job, instance) increase(packet_exporter_folds_total[5m]) == 0',
            ]) % $._config,
            'for': '10m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'The packet exporter reads its counts less often than its interval asks for.',
              description: std.join('\n', [
                '{{ $labels.instance }} does {{ $value | humanizePercentage }} of its folds. Counts are exact, but late, and tables may fill between folds.',
                'Query: sum by (phase) (rate(packet_exporter_fold_duration_seconds_sum{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[5m])) / sum by (phase) (rate(packet_exporter_fold_duration_seconds_count{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[5m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterFoldsLate.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterFoldFailures',
            expr: std.join('\n', [
              'increase(packet_exporter_fold_failures_total[15m]) > %(fold_failures)s',
              'and on (job, instance) rate(packet_exporter_fold_failures_total[15m])',
              '  > on (job, instance) %(fold_failure_ratio)g * rate(packet_exporter_folds_total[15m])',
            ]) % $._config,
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'The packet exporter often cannot read its counts from the kernel.',
              description: std.join('\n', [
                '{{ $value | humanize }} readings of {{ $labels.instance }} failed in a quarter of an hour. The counts wait in the kernel while tables fill.',
                'Query: rate(packet_exporter_fold_failures_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[15m])',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterFoldFailures.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterCountsLost',
            expr: 'sum by (job, instance, device, direction, law) (increase(packet_exporter_imbalanced_intervals_total[1h])) > 0',
            'for': '0s',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'Counts of a device did not add up, which is a bug or a lost count.',
              description: std.join('\n', [
                'On {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }}, {{ $labels.law }} did not add up to all frames in an interval of the last hour.',
                'Query: increase(packet_exporter_imbalanced_intervals_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}"}[1h]) > 0',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterCountsLost.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterCountsSampled',
            expr: std.join('\n', [
              'sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="guard"}[10m])) > %(unattributed_packets)s',
              'and sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="guard"}[10m]))',
              '  > on (job, instance, device, direction) group_left () %(sampled_ratio)g * device_direction:packet_packets:rate5m',
            ]) % $._config,
            'for': '30m',
            labels: {
              severity: 'info',
            },
            annotations: {
              summary: 'Many packets have no name because new keys are sampled.',
              description: std.join('\n', [
                'The guard of {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }} leaves {{ $value | humanize }} packets/s without a {{ $labels.dimension }}. Totals are exact.',
                'Query: sum by (direction, dimension) (rate(packet_exporter_unattributed_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",reason="guard"}[10m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterCountsSampled.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterCountsEvicted',
            expr: std.join('\n', [
              'sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="evicted"}[10m])) > %(unattributed_packets)s',
              'and sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="evicted"}[10m]))',
              '  > on (job, instance, device, direction) group_left () %(evicted_ratio)g * device_direction:packet_packets:rate5m',
            ]) % $._config,
            'for': '30m',
            labels: {
              severity: 'info',
            },
            annotations: {
              summary: 'Many packets have no name because a table is too small.',
              description: std.join('\n', [
                'The tables of {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }} forget {{ $value | humanize }} packets/s of their {{ $labels.dimension }} keys. Totals are exact.',
                'Query: sum by (direction, dimension) (rate(packet_exporter_unattributed_packets_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}",device="{{ $labels.device }}",reason="evicted"}[10m]))',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterCountsEvicted.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterPushFailing',
            expr: std.join('\n', [
              'sum by (job, instance, endpoint) (increase(packet_exporter_otlp_export_failures_total[10m])) > 0',
              'unless on (job, instance, endpoint) increase(packet_exporter_otlp_exports_total[10m]) > 0',
            ]),
            'for': '10m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A receiver of OTLP gets no metrics.',
              description: std.join('\n', [
                'No push of {{ $labels.instance }} to {{ $labels.endpoint }} has succeeded, and some have failed.',
                'Query: sum by (endpoint, reason) (increase(packet_exporter_otlp_export_failures_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[10m])) > 0',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterPushFailing.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterPointsRejected',
            expr: 'increase(packet_exporter_otlp_rejected_points_total[15m]) > 0',
            'for': '15m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A receiver of OTLP rejects some of the metrics.',
              description: std.join('\n', [
                '{{ $labels.endpoint }} rejects points of {{ $labels.instance }}: they are lost there.',
                'Query: increase(packet_exporter_otlp_rejected_points_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[15m])',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterPointsRejected.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterPartDown',
            expr: 'avg_over_time(packet_exporter_part_up[15m]) < %(part_up_ratio)g' % $._config,
            'for': '10m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'A part of the packet exporter fails again and again.',
              description: std.join('\n', [
                'The part {{ $labels.part }} of {{ $labels.instance }} ran for {{ $value | humanizePercentage }} of the last quarter of an hour.',
                'Query: increase(packet_exporter_part_restarts_total{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}[15m])',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterPartDown.md' % $._config,
            },
          },
          {
            alert: 'PacketExporterReloadFailed',
            expr: 'packet_exporter_config_last_reload_successful == 0',
            'for': '5m',
            labels: {
              severity: 'warning',
            },
            annotations: {
              summary: 'The packet exporter runs with an older configuration than its file.',
              description: std.join('\n', [
                '{{ $labels.instance }} refused its configuration when it last read it.',
                'Query: time() - packet_exporter_config_last_reload_success_timestamp_seconds{job="{{ $labels.job }}",instance="{{ $labels.instance }}"}',
              ]),
              runbook_url: '%(runbooks)s/PacketExporterReloadFailed.md' % $._config,
            },
          },
        ],
      },
    ],
  },
}
