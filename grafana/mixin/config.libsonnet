// Made by `cargo run -p grafana`.
{
  _config+:: {
    // Where the folder docs/runbooks is served: links of alerts and dashboards begin with it.
    runbooks: 'https://example.org/packet-exporter/docs/runbooks',
    // Share of the latest rate in a baseline: 0.005 a minute is a half-life of 2.3 hours.
    baseline_weight: 0.005,
    // What is above this many times the baseline teaches it only that much.
    baseline_clamp: 4,
    // Packets/s below which a baseline does not limit what it learns.
    baseline_packets: 2000,
    // Sources below which a baseline does not limit what it learns.
    baseline_sources: 200,
    // SYNs/s sent below which a baseline does not limit what it learns.
    baseline_syn: 100,
    // Addresses without an ACK below which a baseline does not limit what it learns.
    baseline_unacknowledged: 20,
    // Packets/s of one protocol below which a baseline does not limit what it learns.
    baseline_protocol_packets: 100,
    // Scanning addresses below which a baseline does not limit what it learns.
    baseline_scans: 1,
    // A change is usual up to this many times what it was a day ago at this hour.
    yesterday_factor: 2,
    // Packets/s below which no rise is a surge.
    surge_packets: 10000,
    // Times the baseline that a surge exceeds.
    surge_factor: 5,
    // Packets sent for each one received that a surge of sent packets exceeds.
    surge_one_way_factor: 20,
    // Packets/s of a baseline below which no fall is a collapse.
    collapse_packets: 100,
    // Share of the baseline that is left in a collapse.
    collapse_ratio: 0.02,
    // Distinct sources below which no rise counts.
    sources_floor: 1000,
    // Times the baseline that a rise of distinct sources exceeds.
    sources_factor: 5,
    // Packets/s of one IP protocol below which its share does not matter.
    protocol_packets: 500,
    // Share of all packets that an unusual protocol exceeds.
    protocol_ratio: 0.1,
    // Times its baseline that an unusual protocol exceeds.
    protocol_factor: 5,
    // Packets/s of one source below which it does not dominate.
    dominating_packets: 10000,
    // Share of all packets that a dominating source exceeds.
    dominating_ratio: 0.8,
    // Times the baseline that all packets exceed while a source dominates.
    dominating_factor: 3,
    // Share of received packets above which they are TCP streams, or UDP.
    stream_ratio: 0.5,
    // Packets of TCP streams sent for each packet received, above which the streams are accepted.
    stream_answer_ratio: 0.01,
    // UDP packets sent for each one received, above which they are a transfer over QUIC and the like.
    datagram_answer_ratio: 0.04,
    // Mean bytes of a received packet above which answered packets are a transfer.
    bulk_frame_bytes: 800,
    // SYN/s below which there is no SYN flood.
    syn_flood_packets: 500,
    // SYNs for each packet of an open connection that a SYN flood exceeds.
    syn_flood_factor: 2,
    // Sources that never acknowledge below which there is no SYN flood beside connections.
    syn_flood_sources: 1000,
    // Times their baseline that sources which never acknowledge exceed in a SYN flood.
    syn_flood_sources_factor: 5,
    // Share of all sources that those which never acknowledge exceed in a SYN flood.
    syn_flood_sources_ratio: 0.2,
    // SYNs for each packet that ends a connection, which a SYN flood exceeds.
    syn_flood_closing_factor: 2,
    // RST and ACK for each SYN the other way, above which a closed port refuses clients.
    syn_refused_ratio: 0.5,
    // SYNs/s sent below which this host takes no part in a SYN flood.
    syn_flood_sent_packets: 500,
    // Times their baseline that SYNs sent exceed in a SYN flood.
    syn_flood_sent_factor: 5,
    // TCP answers/s below which there is no backscatter.
    backscatter_packets: 500,
    // TCP answers for each TCP packet sent that asks for one, which backscatter exceeds.
    backscatter_factor: 10,
    // UDP ports of services that answer with far more than they are asked.
    amplifier_ports: '17|19|53|69|111|123|137|161|389|427|1900|3702|5353|11211',
    // Bytes/s from one such port below which there is no amplification: 10 Mbit/s.
    amplification_bytes: 1250000,
    // Bytes received from the port for each byte sent to it that amplification exceeds.
    amplification_factor: 20,
    // ICMP packets/s below which there is no flood.
    icmp_flood_packets: 1000,
    // Share of all packets that an ICMP flood exceeds.
    icmp_flood_ratio: 0.3,
    // ICMP packets/s that are a flood whatever the share.
    icmp_flood_certain_packets: 10000,
    // Echo requests sent for each ICMP packet received, above which this host asked for them.
    icmp_asked_ratio: 0.5,
    // Fragments/s below which there is no flood.
    fragment_flood_packets: 1000,
    // Share of all packets that a flood of fragments exceeds.
    fragment_flood_ratio: 0.2,
    // Difference of first and last fragments to all that a flood exceeds.
    fragment_unmatched_ratio: 0.25,
    // Fragments for each first one that a flood exceeds: the longest datagram is 45 frames of 1,500 bytes.
    fragment_middle_factor: 60,
    // Fragments/s that are a flood even if each datagram is complete.
    fragment_certain_packets: 20000,
    // Malformed packets/s below which there is no surge of them.
    malformed_packets: 10,
    // Share of all packets that a surge of malformed ones exceeds.
    malformed_ratio: 0.01,
    // Broadcast and multicast packets/s below which there is no storm.
    storm_packets: 1000,
    // Share of all packets that a storm exceeds.
    storm_ratio: 0.5,
    // Entropy of sources that a spoofed flood exceeds.
    spoofed_entropy: 0.9,
    // Packets/s below which there is no spoofed flood.
    spoofed_packets: 2000,
    // Distinct sources in a window for each packet/s that a spoofed flood exceeds.
    spoofed_sources_factor: 5,
    // Times the baseline that scanning or scanned addresses exceed.
    scan_factor: 3,
    // Distinct TCP ports that a host which scans sends to.
    scan_tcp_ports: 16,
    // Distinct UDP ports that a host which scans over UDP sends to: traceroute takes up to 90.
    scan_udp_ports: 128,
    // UDP packets sent for each one received that a scan over UDP exceeds.
    scan_unanswered_factor: 2,
    // Answers of routers on the way in five minutes, as to traceroute, above which UDP probes are no scan.
    scan_hops: 10,
    // Destinations that never answer below which there is no sweep.
    sweep_destinations: 100,
    // Times their baseline that destinations which never answer exceed in a sweep.
    sweep_factor: 5,
    // SYNs sent for each SYN-ACK received that a sweep exceeds.
    sweep_unanswered_factor: 2,
    // TCP packets/s with flags that no stack sends below which they are noise.
    flags_packets: 1,
    // ICMP redirects in ten minutes below which they are ordinary routing.
    redirects: 10,
    // Folds done of those that the interval asks for, below which they are late.
    late_ratio: 0.7,
    // Failed readings for each fold that are too many.
    fold_failure_ratio: 0.1,
    // Failed readings in a quarter of an hour below which they are chance.
    fold_failures: 5,
    // Share of packets without a name because of the guard that is too much.
    sampled_ratio: 0.2,
    // Share of packets without a name because a table forgot the key that is too much.
    evicted_ratio: 0.05,
    // Packets/s without a name below which their share does not matter.
    unattributed_packets: 100,
    // Share of a quarter of an hour that a part of the exporter has to run.
    part_up_ratio: 0.5,
    // Restarts in half an hour that are no loop yet.
    restarts: 2,
  },
}
