use std::fs::File;

use proptest::prelude::*;
use shared::{Encapsulation, Family, Malformed, Parsed, Rare, TunnelPorts};

use super::*;
use crate::capture::Capture;
use crate::inspect::parse;

/// Frames of every kind, many of them malformed.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/frames.pcap");

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn read(bytes: &[u8]) -> Vec<Header> {
    headers(Link::Ethernet, bytes, &Parsed::default())
}

fn names(headers: &[Header]) -> Vec<&'static str> {
    headers.iter().map(|header| header.name).collect()
}

#[track_caller]
fn value<'a>(headers: &'a [Header], header: &str, field: &str) -> &'a str {
    let found = headers.iter().find(|it| it.name == header).unwrap();

    &found.fields.iter().find(|it| it.name == field).unwrap().value
}

fn ipv4(protocol: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let words = u8::try_from(5 + options.len() / 4).unwrap();
    let length = u8::try_from(20 + options.len() + payload.len()).unwrap();
    let header = [
        0x40 | words,
        0xb9,
        0,
        length,
        0,
        7,
        0x40,
        0,
        64,
        protocol,
        0,
        0,
        192,
        0,
        2,
        1,
        198,
        51,
        100,
        2,
    ];

    [&header[..], options, payload].concat()
}

#[test]
fn a_segment_with_tags_and_options_is_read_to_its_payload_and_padding() {
    let mut tcp = vec![0x9c, 0x40, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x80, 2, 0x20, 0, 0, 0, 0, 0];
    tcp.extend([2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0]);
    tcp.extend(b"hi");
    let tags = [0x88, 0xa8, 0x20, 100, 0x81, 0, 0, 7, 8, 0];
    let frame = [&MACS[..], &tags, &ipv4(6, &[148, 4, 0, 0], &tcp), &[0; 3]].concat();

    let headers = read(&frame);

    assert_eq!(names(&headers), ["Ethernet", "VLAN", "VLAN", "IPv4", "TCP", "Payload", "Padding"]);
    let places: Vec<_> = headers.iter().map(|it| (it.offset, it.length)).collect();
    assert_eq!(places, [(0, 14), (14, 4), (18, 4), (22, 24), (46, 32), (78, 2), (80, 3)]);
    assert!(headers.iter().all(|header| header.is_whole));
    let cases = [
        ("Ethernet", "source", "02:00:00:00:00:02"),
        ("Ethernet", "type", "34984 (802.1ad)"),
        ("VLAN", "priority", "1"),
        ("VLAN", "id", "100"),
        ("IPv4", "DSCP", "46"),
        ("IPv4", "ECN", "1"),
        ("IPv4", "flags", "do not fragment"),
        ("IPv4", "protocol", "6 (TCP)"),
        ("IPv4", "source", "192.0.2.1"),
        ("IPv4", "option: router alert", "0 (kind 148)"),
        ("TCP", "destination port", "443"),
        ("TCP", "flags", "SYN"),
        ("TCP", "option: maximum segment size", "1460 (kind 2)"),
        ("TCP", "option: window scale", "7 (kind 3)"),
        ("TCP", "option: SACK permitted", "empty (kind 4)"),
    ];
    for (header, field, expected) in cases {
        assert_eq!(value(&headers, header, field), expected, "{header} {field}");
    }
}

#[test]
fn extension_headers_of_ipv6_are_followed() {
    let mut packet = vec![0x60, 0, 0, 0, 0, 32, 0, 64];
    packet.extend([0x20; 16]);
    packet.extend([0x30; 16]);
    packet.extend([44, 0, 5, 2, 0, 0, 1, 0]);
    packet.extend([60, 0, 0, 1, 0, 0, 0, 9]);
    packet.extend([58, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend([128, 0, 0, 0, 0, 3, 0, 4]);

    let headers = headers(Link::Ip, &packet, &Parsed::default());

    let expected = ["IPv6", "Hop-by-hop options", "Fragment", "Destination options", "ICMPv6"];
    assert_eq!(names(&headers), expected);
    assert_eq!(value(&headers, "Hop-by-hop options", "option: router alert"), "0 (kind 5)");
    assert_eq!(value(&headers, "Fragment", "more fragments"), "1");
    assert_eq!(value(&headers, "ICMPv6", "type"), "128 (echo request)");
    assert_eq!(value(&headers, "ICMPv6", "sequence number"), "4");
}

#[test]
fn what_is_in_front_of_ip_is_read() {
    let packet = ipv4(17, &[], &[0, 53, 0, 54, 0, 8, 0, 0]);
    let length = u8::try_from(packet.len() + 2).unwrap();
    let cases: [(&[u8], &[&str]); 5] = [
        (&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], &["Ethernet", "MPLS", "MPLS", "IPv4", "UDP"]),
        (
            &[0x88, 0x64, 0x11, 0, 0, 1, 0, length, 0, 0x21],
            &["Ethernet", "PPPoE", "PPP", "IPv4", "UDP"],
        ),
        (
            &[0x88, 0x64, 0x11, 0, 0, 1, 0, length - 1, 0x21],
            &["Ethernet", "PPPoE", "PPP", "IPv4", "UDP"],
        ),
        (&[0, length + 6, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &["Ethernet", "LLC/SNAP", "IPv4", "UDP"]),
        (&[8, 0], &["Ethernet", "IPv4", "UDP"]),
    ];

    for (link, expected) in cases {
        let headers = read(&[&MACS[..], link, &packet].concat());
        assert_eq!(names(&headers), expected);
        assert_eq!(value(&headers, "UDP", "destination port"), "54");
    }
    let arp = [
        8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2,
        9,
    ];
    let headers = read(&[&MACS[..], &arp, &[0; 18]].concat());
    assert_eq!(names(&headers), ["Ethernet", "ARP", "Padding"]);
    assert_eq!(value(&headers, "ARP", "operation"), "1 (request)");
    assert_eq!(value(&headers, "ARP", "target address"), "192.0.2.9");
}

#[test]
fn a_datagram_is_a_tunnel_only_where_it_was_counted_as_one() {
    let inner = [&MACS[..], &[8, 0], &ipv4(1, &[], &[8, 0, 0, 0, 0, 1, 0, 2])].concat();
    let vxlan =
        [&[0x30, 0x39, 0x12, 0xb5, 0, 58, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0][..], &inner].concat();
    let frame = [&MACS[..], &[8, 0], &ipv4(17, &[], &vxlan)].concat();
    let counted = Parsed {
        rare: Rare::ENCAPSULATION,
        encapsulation: Encapsulation::Vxlan as u8,
        ..Parsed::default()
    };

    let tunnel = headers(Link::Ethernet, &frame, &counted);

    assert_eq!(names(&read(&frame)), ["Ethernet", "IPv4", "UDP", "Payload"]);
    let expected = ["Ethernet", "IPv4", "UDP", "VXLAN", "Ethernet", "IPv4", "ICMP"];
    assert_eq!(names(&tunnel), expected);
    assert_eq!(value(&tunnel, "VXLAN", "network"), "42");
    assert_eq!(value(&tunnel, "ICMP", "identifier"), "1");
}

#[test]
fn other_transports_and_tunnels_are_read() {
    let gre =
        [&[0x20, 0, 8, 0, 0, 0, 0, 9][..], &ipv4(2, &[], &[0x16, 0, 0, 0, 224, 0, 0, 1])].concat();
    let cases: [(u8, &[u8], &str, &str, &str); 7] = [
        (47, &gre, "GRE", "key", "0x00000009"),
        (47, &gre, "IGMP", "group", "224.0.0.1"),
        (132, &[0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 20], "SCTP", "chunk", "1 (INIT)"),
        (33, &[0, 1, 0, 2, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5], "DCCP", "sequence number", "5"),
        (136, &[0, 1, 0, 2, 0, 8, 0, 0], "UDP-Lite", "checksum coverage", "8"),
        (50, &[0, 0, 0, 1, 0, 0, 0, 2], "ESP", "sequence number", "2"),
        (51, &[59, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0], "AH", "sequence number", "2"),
    ];

    for (protocol, payload, header, field, expected) in cases {
        let headers = read(&[&MACS[..], &[8, 0], &ipv4(protocol, &[], payload)].concat());
        assert_eq!(value(&headers, header, field), expected, "{headers:?}");
    }
}

#[test]
fn a_packet_that_is_cut_off_is_read_as_far_as_it_goes() {
    let frame = [&MACS[..], &[8, 0], &ipv4(6, &[], &[0; 20])].concat();

    for length in 1..frame.len() {
        let headers = read(&frame[..length]);
        let last = headers.last().unwrap();
        assert_eq!(last.offset + last.length, length, "{headers:?}");
        let is_at_an_end = [14, 34].contains(&length);
        assert_eq!(last.is_whole, is_at_an_end, "{length}: {headers:?}");
    }
}

/// Returns what differs between the headers of a packet and what the parser found.
fn differences(headers: &[Header], parsed: &Parsed) -> Vec<String> {
    let at = |offset: u16| headers.iter().find(|it| it.offset == usize::from(offset));
    let field = |header: &Header, name: &str| {
        let field = header.fields.iter().find(|it| it.name == name);
        field.map(|it| it.value.clone()).unwrap_or_default()
    };
    let mut expected = Vec::new();
    let name = match parsed.version {
        4 => Some("IPv4"),
        6 => Some("IPv6"),
        _ => (parsed.cell >> 5 == Family::Arp as u8).then_some("ARP"),
    };
    // Its version may be another one than the link layer stated.
    let is_held = parsed.rare & Rare::MALFORMED == 0
        || parsed.malformed > Malformed::Ipv6Version as u8 && parsed.transport_offset != 0;
    if let Some(name) = name.filter(|_| is_held) {
        expected.push((parsed.network_offset, "", name.to_owned()));
    }
    if parsed.has_ports != 0 {
        expected.push((parsed.transport_offset, "source port", parsed.source_port.to_string()));
        let port = parsed.destination_port.to_string();
        expected.push((parsed.transport_offset, "destination port", port));
    }

    let found = |offset, name: &str| match at(offset) {
        Some(header) if name.is_empty() => header.name.to_owned(),
        Some(header) => field(header, name),
        None => "nothing".into(),
    };
    expected
        .into_iter()
        .map(|(offset, name, value)| (found(offset, name), offset, name, value))
        .filter(|(found, _, _, value)| found != value)
        .map(|(found, offset, name, value)| format!("{found} for {value} ({name}) at {offset}"))
        .collect()
}

#[test]
fn headers_lie_where_the_parser_found_them() {
    let mut capture = Capture::open(File::open(CORPUS).unwrap()).unwrap();
    let mut read = 0;

    while let Some(record) = capture.next_record().unwrap() {
        let parsed = parse(&record, TunnelPorts::USUAL);
        let headers = headers(record.link, record.bytes, &parsed);
        let wrong = differences(&headers, &parsed);
        assert!(wrong.is_empty(), "{}: {wrong:?}\n{headers:#?}\n{parsed:?}", record.number);
        read += 1;
    }

    assert!(read > 100, "{read} packets");
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_headers_lie_one_behind_the_other_within_them(
        front in prop::sample::select(vec![
            vec![8_u8, 0], vec![0x86, 0xdd], vec![0x88, 0x47], vec![0x88, 0x64], vec![8, 6],
            vec![0x81, 0, 0, 1, 8, 0], vec![0, 60], vec![],
        ]),
        bytes: Vec<u8>,
        version in prop::sample::select(vec![0x45_u8, 0x4f, 0x60, 0x41]),
        rare: u8,
        encapsulation in 0..9_u8,
        is_ethernet: bool,
    ) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = version;
        }
        let link = if is_ethernet { Link::Ethernet } else { Link::Ip };
        let front = if is_ethernet { [&MACS[..], &front].concat() } else { Vec::new() };
        let bytes = [front, bytes].concat();
        let parsed = Parsed { rare, encapsulation, ..Parsed::default() };

        let mut end = 0;
        for header in headers(link, &bytes, &parsed) {
            prop_assert_eq!(header.offset, end);
            end += header.length;
            prop_assert!(header.length > 0 && end <= bytes.len());
            for field in &header.fields {
                prop_assert!(field.offset >= header.offset && field.offset + field.length <= bytes.len());
            }
        }
        prop_assert_eq!(end, bytes.len());
    }
}
