use exporter_ebpf::parse_bytes;
use shared::Direction;

use super::*;

const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

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
    frames.push((ipv4(6, &TCP)[..46].to_vec(), 1514));

    frames
}

fn tally() -> Tally {
    let mut tally = Tally::new(EPHEMERAL);
    for (frame, wire_length) in frames() {
        tally.add(parse_bytes(&frame, Direction::Receive), frame.len(), wire_length);
    }

    tally
}

fn report() -> Report {
    Report::new(&tally(), [("not_ethernet", 3), ("unknown_interface", 0)])
}

#[test]
fn everything_is_one_object() {
    let mut json = Vec::new();

    report().write(&mut json).unwrap();

    let expected = concat!(
        r#"{"packets":7,"bytes":1790,"cells":["#,
        r#"{"family":"ipv4","protocol":"tcp","packets":3,"bytes":1622},"#,
        r#"{"family":"ipv4","protocol":"udp","packets":2,"bytes":84},"#,
        r#"{"family":"ipv4","protocol":"icmp","packets":1,"bytes":42},"#,
        r#"{"family":"arp","protocol":"none","packets":1,"bytes":42}],"#,
        r#""tcp_flags":{"syn":2},"#,
        r#""icmp":[{"family":"ipv4","type":"echo_request","packets":1}],"#,
        r#""fragments":{"ipv4":{"middle":1}},"#,
        r#""malformed":{"ipv4_total_length_long":1},"encapsulations":{},"#,
        r#""sources":{"192.0.2.1":{"packets":6,"bytes":1748}},"#,
        r#""ports":[{"protocol":"tcp","port":443,"packets":3,"bytes":1622},"#,
        r#"{"protocol":"udp","port":"ephemeral","packets":1,"bytes":42},"#,
        r#"{"protocol":"udp","port":"other","packets":1,"bytes":42}],"#,
        r#""skipped":{"not_ethernet":3}}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(json).unwrap(), expected);
}

#[test]
fn each_packet_is_one_line() {
    let line = |index: usize| {
        let (frame, wire_length) = &frames()[index];
        let parsed = parse_bytes(frame, Direction::Receive);
        let mut line = Vec::new();
        Each::new(index as u64 + 1, frame, *wire_length, &parsed).write(&mut line).unwrap();
        String::from_utf8(line).unwrap()
    };

    assert_eq!(
        line(0),
        concat!(
            r#"{"number":1,"bytes":54,"captured":54,"family":"ipv4","protocol":"tcp","#,
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
    let cut_off = r#""malformed":"ipv4_total_length_long","offsets":{"network":14,"transport":34}"#;
    assert!(line(6).contains(cut_off), "{}", line(6));
}

#[test]
fn a_summary_reads_like_this() {
    let run = Run {
        name: "a.pcap".into(),
        format: "pcap, little-endian, microseconds".into(),
        parser: "Parsed by hand".into(),
        elapsed: std::time::Duration::from_millis(2),
        cut_off: tally().cut_off(),
    };
    let report = report();

    let summary = Summary { run: &run, report: &report }.to_string();

    assert_eq!(summary, include_str!("../../testdata/inspect.txt"));
}

#[test]
fn only_the_busiest_are_shown_of_many() {
    let mut tally = Tally::new(EPHEMERAL);
    for last in 1..=12 {
        let mut frame = ipv4(1, &ECHO);
        frame[29] = last;
        for _ in 0..last {
            tally.add(parse_bytes(&frame, Direction::Receive), frame.len(), 42);
        }
    }
    let report = Report::new(&tally, []);
    let run = Run {
        name: String::new(),
        format: String::new(),
        parser: String::new(),
        elapsed: std::time::Duration::from_secs(1),
        cut_off: 0,
    };

    let summary = Summary { run: &run, report: &report }.to_string();

    let (_, sources) = summary.split_once("Sources (the 10 busiest of 12)").unwrap();
    let names: Vec<_> =
        sources.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names.len(), 10);
    assert_eq!((names[0], names[9]), ("192.0.2.12", "192.0.2.3"));
}
