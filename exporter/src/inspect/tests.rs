use std::time::Duration;

use shared::TunnelPorts;

use super::*;
use crate::config::By;
use crate::record::{ForeignLink, Link};
use crate::services::{Listening, PortRules};

fn ranks() -> RankTable {
    RankTable::of(&PortRules::default(), &Listening::default())
}

/// Ethernet, IPv4 from 192.0.2.1 to 192.0.2.2 with `protocol`, and what it carries.
fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(20 + payload.len()).unwrap();
    let header = [0x45, 0, 0, length, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];

    [&[2; 12][..], &[8, 0], &header, payload].concat()
}

/// A TCP header from port 40000 to 443, SYN and ECE.
const TCP: [u8; 20] = [0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x42, 0, 0, 0, 0, 0, 0];
/// A UDP header with two ephemeral ports.
const UDP: [u8; 8] = [0x9c, 0x40, 0x9c, 0x41, 0, 8, 0, 0];
const ECHO: [u8; 8] = [8, 0, 0, 0, 0, 0, 0, 0];

/// Of the last frame all but its beginning was left out.
fn frames() -> Vec<(Vec<u8>, u32)> {
    let mut fragment = ipv4(17, &UDP);
    fragment[20..22].copy_from_slice(&[0x20, 1]);
    let arp = [&[0xff; 12][..], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    let mut frames: Vec<_> =
        [ipv4(6, &TCP), ipv4(6, &TCP), ipv4(17, &UDP), ipv4(1, &ECHO), fragment, arp]
            .map(|frame| (frame.clone(), u32::try_from(frame.len()).unwrap()))
            .into();
    let mut cut_off = ipv4(6, &TCP)[..46].to_vec();
    cut_off[16..18].copy_from_slice(&1500_u16.to_be_bytes());
    frames.push((cut_off, 1514));

    frames
}

fn record(number: usize, (bytes, wire_length): &(Vec<u8>, u32)) -> Record<'_> {
    Record { number: number as u64, link: Link::Ethernet, bytes, wire_length: *wire_length }
}

fn counted_of(frames: &[(Vec<u8>, u32)]) -> Counted {
    let mut counted = Counted::new(ranks());
    for frame in frames {
        let record = record(1, frame);
        counted.add(&record, parse(&record, TunnelPorts::USUAL));
    }

    counted
}

fn counted() -> Counted {
    counted_of(&frames())
}

fn report() -> Report {
    Report::new(&counted(), [("link_type", 3), ("unknown_interface", 0)])
}

fn file(name: &str) -> FileRead {
    let format = "pcap, little-endian, microseconds".into();

    FileRead { name: name.into(), format, packets: 7, bytes: 1790 }
}

fn run<'a>(files: &'a [FileRead], foreign_links: &'a BTreeMap<ForeignLink, u64>) -> Run<'a> {
    Run {
        files,
        parser: "Parsed by hand".into(),
        elapsed: Duration::from_millis(2),
        cut_off: counted().cut_off(),
        understated: 0,
        foreign_links,
    }
}

/// From twelve sources, the n-th of which sent n packets, half of them to a port of its own.
fn from_twelve() -> Vec<(Vec<u8>, u32)> {
    let mut frames = Vec::new();
    for last in 1..=12 {
        let mut frame = ipv4(17, &[0x9c, 0x40, 1, last, 0, 8, 0, 0]);
        frame[29] = last;
        frames.extend(vec![(frame, 42); usize::from(last)]);
    }

    frames
}

#[test]
fn everything_is_one_object() {
    let mut json = Vec::new();

    report().write(&mut json, &[]).unwrap();

    let expected = concat!(
        r#"{"packets":7,"bytes":1790,"cells":["#,
        r#"{"family":"ipv4","protocol":"tcp","packets":3,"bytes":1622},"#,
        r#"{"family":"ipv4","protocol":"udp","packets":2,"bytes":84},"#,
        r#"{"family":"ipv4","protocol":"icmp","packets":1,"bytes":42},"#,
        r#"{"family":"arp","protocol":"none","packets":1,"bytes":42}],"#,
        r#""cast":{"broadcast":1,"unicast":6},"tcp_flags":{"syn":2},"#,
        r#""icmp":[{"family":"ipv4","type":"echo_request","packets":1}],"#,
        r#""fragments":{"ipv4":{"middle":1}},"#,
        r#""malformed":{"tcp_truncated":1},"encapsulations":{},"#,
        r#""sources":{"192.0.2.1":{"packets":6,"bytes":1748}},"#,
        r#""ports":[{"protocol":"tcp","port":443,"packets":3,"bytes":1622},"#,
        r#"{"protocol":"udp","port":"ephemeral","packets":1,"bytes":42},"#,
        r#"{"protocol":"udp","port":"other","packets":1,"bytes":42}],"#,
        r#""skipped":{"link_type":3}}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(json).unwrap(), expected);
}

#[test]
fn each_packet_is_one_line() {
    let line = |index: usize| {
        let frame = &frames()[index];
        let record = record(index + 1, frame);
        let mut line = Vec::new();
        Each::new("a.pcap", &record, &parse(&record, TunnelPorts::USUAL)).write(&mut line).unwrap();
        String::from_utf8(line).unwrap()
    };

    assert_eq!(
        line(0),
        concat!(
            r#"{"file":"a.pcap","number":1,"bytes":54,"captured":54,"family":"ipv4","protocol":"tcp","#,
            r#""vlan":null,"source":"192.0.2.1","destination":"192.0.2.2","#,
            r#""ports":{"source":40000,"destination":443},"flags":["syn","ece"],"#,
            r#""icmp_type":null,"fragment":null,"encapsulation":null,"malformed":null,"#,
            r#""offsets":{"network":14,"transport":34}}"#,
            "\n"
        )
    );
    assert!(line(3).contains(r#""ports":null,"flags":null,"icmp_type":8,"#), "{}", line(3));
    assert!(line(4).contains(r#""fragment":"middle""#), "{}", line(4));
    assert!(line(5).contains(r#""source":null,"destination":null,"#), "{}", line(5));
    let cut_off = r#""malformed":"tcp_truncated","offsets":{"network":14,"transport":34}"#;
    assert!(line(6).contains(cut_off), "{}", line(6));
}

#[test]
fn a_packet_may_begin_with_its_network_header() {
    let frame = &ipv4(6, &TCP)[14..];
    let record = Record { number: 1, link: Link::Ip, bytes: frame, wire_length: 40 };
    let mut line = Vec::new();

    Each::new("a.pcap", &record, &parse(&record, TunnelPorts::USUAL)).write(&mut line).unwrap();

    let line = String::from_utf8(line).unwrap();
    assert!(line.contains(r#""bytes":40,"captured":40,"family":"ipv4""#), "{line}");
    assert!(line.contains(r#""destination":"192.0.2.2","ports":{"source":40000,"#), "{line}");
    assert!(line.contains(r#""offsets":{"network":0,"transport":20}"#), "{line}");
}

#[test]
fn a_summary_reads_like_this() {
    let (report, foreign_links) = (report(), [(ForeignLink(105), 3)].into());
    let files = [file("a.pcap")];
    let run = run(&files, &foreign_links);

    let summary = Summary { run: &run, report: &report, by: &[], top: 10 }.to_string();

    assert_eq!(summary, include_str!("../../testdata/inspect.txt"));
}

#[test]
fn a_summary_of_several_files_names_each_and_adds_them_up() {
    let (report, foreign_links) = (report(), BTreeMap::new());
    let files = [FileRead { packets: 1, bytes: 1, ..file("a.pcap") }, file("b.pcap")];
    let run = Run { cut_off: 1, understated: 2, ..run(&files, &foreign_links) };

    let summary = Summary { run: &run, report: &report, by: &[By::Source], top: 10 }.to_string();

    let expected = "\
a.pcap: 1 packet, 1 byte on the wire (pcap, little-endian, microseconds)
b.pcap: 7 packets, 1790 bytes on the wire (pcap, little-endian, microseconds)
2 files: 7 packets, 1790 bytes on the wire
Parsed by hand.
Took 0.002 s, 4 thousand packets/s.
Cut off by the snap length: 1 packet. What is cut off within its headers counts as malformed.
Shorter on the wire than in the file, as the file states: 2 packets, counted with the length on the wire.

Sources                                        packets           bytes
  192.0.2.1                                          6            1748

Skipped                                        packets
  link_type                                          3
";
    assert_eq!(summary, expected);
}

#[test]
fn only_the_busiest_are_shown_of_many() {
    let report = Report::new(&counted_of(&from_twelve()), []);
    let foreign_links = BTreeMap::new();
    let run = run(&[], &foreign_links);
    let names = |by: &[By], top, title: &str| {
        let summary = Summary { run: &run, report: &report, by, top }.to_string();
        let (_, table) = summary.split_once(title).unwrap();
        let table = table.split("\n\n").next().unwrap().lines().skip(1);
        let name = |line: &str| line[..42].trim().to_owned();
        table.map(name).collect::<Vec<_>>()
    };

    let sources = names(&[], 10, "Sources (the 10 busiest of 12)");
    assert_eq!(sources.len(), 10);
    assert_eq!([&*sources[0], &*sources[9]], ["192.0.2.12", "192.0.2.3"]);
    assert_eq!(names(&[By::Source], 1, "Sources (the 1 busiest of 12)"), ["192.0.2.12"]);
    assert_eq!(names(&[By::Port], 2, "Ports (the 2 busiest of 12)"), ["udp 268", "udp 267"]);
    assert_eq!(names(&[By::Protocol], 1, "Protocols"), ["ipv4 udp"]);
}

#[test]
fn json_has_what_is_asked_for() {
    let mut report = Report::new(&counted_of(&from_twelve()), []);
    report.keep(1, &[]);
    let mut json = Vec::new();

    report.write(&mut json, &[By::Port, By::Source]).unwrap();

    let expected = concat!(
        r#"{"bytes":3276,"packets":78,"#,
        r#""ports":[{"bytes":504,"packets":12,"port":268,"protocol":"udp"}],"#,
        r#""skipped":{},"sources":{"192.0.2.12":{"bytes":504,"packets":12}}}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(json).unwrap(), expected);
}
