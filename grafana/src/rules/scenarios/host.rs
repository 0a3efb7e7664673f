//! What a host receives and sends.

use super::super::scenario::{Series, series};

/// Its series where nothing happens.
pub(super) const TRAFFIC: &[Series] = &[
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
        "icmp6",
        r#"packet_receive_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv6",protocol="icmpv6"}"#,
        0.0,
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
        "syn_fin",
        r#"packet_receive_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="syn_fin"}"#,
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
        "sent rst",
        r#"packet_transmit_tcp_packets_total{job="packets",instance="host:10199",device="eth0",flags="rst"}"#,
        0.0,
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
        "dns tcp bytes",
        r#"packet_receive_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="tcp",port="53"}"#,
        0.0,
    ),
    series(
        "sent dns tcp bytes",
        r#"packet_transmit_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="tcp",port="53"}"#,
        0.0,
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
        "quic bytes",
        r#"packet_receive_port_bytes_total{job="packets",instance="host:10199",device="eth0",protocol="udp",port="443"}"#,
        0.0,
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
        "time_exceeded",
        r#"packet_receive_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="time_exceeded"}"#,
        0.0,
    ),
    series(
        "sent echo_request",
        r#"packet_transmit_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="echo_request"}"#,
        1.0,
    ),
    series(
        "sent echo_reply",
        r#"packet_transmit_icmp_packets_total{job="packets",instance="host:10199",device="eth0",family="ipv4",type="echo_reply"}"#,
        1.0,
    ),
    series(
        "malformed",
        r#"packet_receive_malformed_packets_total{job="packets",instance="host:10199",device="eth0",reason="udp_length"}"#,
        0.0,
    ),
    series(
        "unicast",
        r#"packet_receive_cast_packets_total{job="packets",instance="host:10199",device="eth0",cast="unicast"}"#,
        998.0,
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
        "syn sources",
        r#"packet_receive_syn_sources{job="packets",instance="host:10199",device="eth0"}"#,
        20.0,
    ),
    series(
        "syn destinations",
        r#"packet_transmit_syn_destinations{job="packets",instance="host:10199",device="eth0"}"#,
        3.0,
    ),
    series(
        "sent sctp ports",
        r#"packet_transmit_distinct_ports{job="packets",instance="host:10199",device="eth0",protocol="sctp"}"#,
        0.0,
    ),
    series(
        "sent udp ports",
        r#"packet_transmit_distinct_ports{job="packets",instance="host:10199",device="eth0",protocol="udp"}"#,
        20.0,
    ),
];
