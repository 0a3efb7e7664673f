//! Sampled packets: lists, one of them, captures and recordings.

use std::cell::RefCell;

use shared::{Direction, PortRank, TunnelPorts};

use super::*;
use crate::capture::Capture;
use crate::inspect::parse;
use crate::record::{Link, Record};
use crate::samples::example::at;
use crate::samples::{Bounded, Cause, Kept, Losses, Recorder, Sample, Sampling};

/// The start of the process, and of every id.
const START: u64 = 1_700_000_000_000_000;
const ON: Sampling = Sampling { one_in: 1000, per_second: 100, snap_length: 96, payload: false };

/// Ethernet, IPv4 from 192.0.2.1 to 192.0.2.2 with `protocol`, and what it carries.
fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(20 + payload.len()).unwrap();
    let header =
        [0x45, 0xb9, 0, length, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];

    [&[2; 12][..], &[8, 0], &header, payload].concat()
}

/// A SYN from port 40000 to 443.
fn tcp() -> Vec<u8> {
    let mut payload = vec![0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0];
    payload.extend(b"secret\n");

    ipv4(6, &payload)
}

fn sample(bytes: &[u8], device: &str, direction: Direction, second: u64) -> Sample {
    let length = u32::try_from(bytes.len()).unwrap();
    let record = Record { number: 1, link: Link::Ethernet, bytes, wire_length: length };
    let mut parsed = parse(&record, TunnelPorts::USUAL);
    if direction == Direction::Transmit && parsed.cell == 0 {
        parsed.address = std::net::Ipv4Addr::new(192, 0, 2, 2).into();
    }

    Sample {
        at: at(second),
        device: device.into(),
        direction,
        link: Link::Ethernet,
        length,
        parsed,
        bytes: bytes.into(),
    }
}

/// Five packets: a SYN in both directions, one of UDP, one that is malformed, an echo request.
pub(super) fn seen() -> Seen {
    let listening = PortRank(PortRank::LISTENING.0 | PortRank::SYSTEM.0);
    let mut kept = Kept::new(START);
    kept.limit(100);
    let packets = [
        (tcp(), Direction::Receive),
        (tcp(), Direction::Transmit),
        (ipv4(17, &[0xc0, 0, 0xc0, 1, 0, 8, 0, 0]), Direction::Receive),
        (ipv4(6, &[1, 2, 3]), Direction::Receive),
        (ipv4(1, &[8, 0, 0, 0, 0, 0, 0, 0]), Direction::Receive),
    ];
    for (second, (bytes, direction)) in (0..).zip(packets) {
        let sample = sample(&bytes, "eth0", direction, second);
        kept.add(sample, [PortRank(0), if second < 2 { listening } else { PortRank(0) }]);
    }
    let mut recorder = Recorder::new(START);
    let cause = Cause {
        device: "eth0".into(),
        direction: Direction::Receive,
        signal: "syn_addresses",
        value: 60.0,
        at: at(3),
    };
    recorder.begin(cause, &kept);

    Seen { sampling: Some(ON), losses: Losses { full: 1, rate: 2, copy: 3 }, kept, recorder }
}

fn ask_of_seen(target: &str, seen: &Seen, capture: &dyn Fn(Bounded) -> bool) -> Answer {
    let (of, query) = target.split_once('?').unwrap_or((target, ""));
    let (operation, in_path) = found(&format!("/api/v1{of}"));
    let query: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let asked = Asked { path: &in_path, query: &query, ..Asked::default() };
    let readings = example::readings();
    let facts = || Facts { readings: readings.clone(), history: None, ready: Ok(()), now: at(4) };
    let settings = || Arc::new(Effective::of_defaults());
    let patch = |_| Err(Unpatched::Stopping);
    let samples = || seen.clone();

    let sources = Sources {
        facts: &facts,
        settings: &settings,
        patch: &patch,
        inspect: &nothing,
        samples: &samples,
        capture,
    };
    answer(operation, &asked, sources)
}

fn get(target: &str) -> Answer {
    ask_of_seen(target, &seen(), &|_| true)
}

/// The numbers of the packets in a list.
fn numbers(query: &str) -> Vec<u64> {
    let answer = json(&get(&format!("/packets/samples?{query}")));
    let id = |item: &Value| {
        let id = item["id"].as_str().unwrap();
        id.strip_prefix(&format!("{START}-")).unwrap().parse().unwrap()
    };

    answer["items"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn a_list_has_the_newest_first_and_how_packets_are_sampled() {
    let answer = json(&get("/packets/samples"));

    assert_eq!(numbers(""), [5, 4, 3, 2, 1]);
    assert_eq!(
        answer["sampling"],
        serde_json::json!({"one_in": 1000, "per_second": 100, "snap_length": 96, "payload": false})
    );
    assert_eq!(answer["lost"], serde_json::json!({"full": 1, "rate": 2, "copy": 3}));
    assert_eq!((&answer["taken"], &answer["kept"]), (&5.into(), &5.into()));
    let expected = serde_json::json!({
        "id": format!("{START}-1"), "time": "2023-11-14T22:13:20.123456789Z", "device": "eth0",
        "direction": "receive", "length": 61, "captured": 61, "family": "ipv4", "protocol": "tcp",
        "source": "192.0.2.1", "destination": "192.0.2.2", "source_port": 40000,
        "destination_port": 443, "flags": ["syn"], "icmp_type": null, "vlan": null,
        "fragment": null, "encapsulation": null, "malformed": null,
    });
    assert_eq!(answer["items"][4], expected);
    assert_eq!(answer["items"][1]["malformed"], "tcp_truncated");
}

#[test]
fn a_list_has_what_is_asked_for() {
    let cases = [
        ("direction=transmit", vec![2]),
        ("protocol=tcp", vec![4, 2, 1]),
        ("protocol=6&port=443", vec![2, 1]),
        ("protocol=icmp", vec![5]),
        ("device=eth1", vec![]),
        ("malformed=true", vec![4]),
        ("prefix=192.0.2.1", vec![5, 4, 3, 1]),
        ("prefix=192.0.2.2", vec![2]),
        ("prefix=2001:db8::/32", vec![]),
        ("top=2", vec![5, 4]),
        ("since=1700000000000000-3", vec![5, 4]),
        ("cursor=1700000000000000-3&top=1", vec![2]),
    ];

    for (query, expected) in cases {
        assert_eq!(numbers(query), expected, "{query}");
    }
}

#[test]
fn pages_follow_each_other_and_ids_of_another_run_are_gone() {
    let first = json(&get("/packets/samples?top=3&direction=receive"));
    let next = first["next"].as_str().unwrap();
    assert_eq!(next, "/api/v1/packets/samples?top=3&direction=receive&cursor=1700000000000000-3");
    let last = json(&get(next.strip_prefix("/api/v1").unwrap()));
    assert_eq!(last["items"].as_array().unwrap().len(), 1);
    assert_eq!(last["next"], Value::Null);

    for name in ["since", "cursor"] {
        let answer = get(&format!("/packets/samples?{name}=1699999999999999-3"));
        assert_eq!((answer.status, &*problem(&answer).0), (410, "gone"), "{name}");
    }
    // What is not kept any more is a place in the list all the same.
    let mut seen = seen();
    seen.kept.limit(2);
    let all = ask_of_seen("/packets/samples?since=1700000000000000-1", &seen, &|_| true);
    assert_eq!(json(&all)["items"].as_array().unwrap().len(), 2);
}

#[test]
fn while_nothing_is_sampled_each_answer_names_the_key() {
    let seen = Seen { sampling: None, ..seen() };
    let paths = [
        "/packets/samples",
        "/packets/1700000000000000-1",
        "/packets/capture",
        "/recordings",
        "/recordings/1700000000000000-1",
    ];

    for path in paths {
        let answer = ask_of_seen(path, &seen, &|_| true);
        let (kind, document) = problem(&answer);
        assert_eq!((answer.status, &*kind), (404, "not-sampled"), "{path}");
        assert!(document["detail"].as_str().unwrap().contains("`samples.enabled`"), "{document}");
    }
}

#[test]
fn a_packet_has_its_headers_its_bytes_and_why_it_was_counted_so() {
    let packet = json(&get("/packets/1700000000000000-1"));

    let names: Vec<_> =
        packet["headers"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Ethernet", "IPv4", "TCP", "Payload"]);
    assert_eq!(packet["headers"][2]["offset"], 34);
    let field =
        serde_json::json!({"name": "destination port", "offset": 36, "length": 2, "value": "443"});
    assert_eq!(packet["headers"][2]["fields"][1], field);
    let port = serde_json::json!({"protocol": "tcp", "port": "443", "rule": "listening"});
    assert_eq!(packet["service_port"], port);
    assert_eq!(
        packet["dump"][0],
        "0000  02 02 02 02 02 02 02 02 02 02 02 02 08 00 45 b9  ..............E."
    );
    assert_eq!(
        packet["dump"][3],
        "0030  00 00 00 00 00 00 73 65 63 72 65 74 0a           ......secret."
    );
}

#[test]
fn the_rule_is_what_the_two_ports_differ_in() {
    let of =
        |number| json(&get(&format!("/packets/1700000000000000-{number}")))["service_port"].clone();

    let absent = serde_json::json!({"protocol": "tcp", "port": "other", "rule": "absent"});
    let ephemeral =
        serde_json::json!({"protocol": "udp", "port": "ephemeral", "rule": "ephemeral"});
    assert_eq!((of(3), of(4), of(5)), (ephemeral, absent, Value::Null));
}

/// The metrics of the example, as they are exposed.
fn exposed() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/metrics.txt")).unwrap()
}

#[test]
fn every_series_of_a_packet_is_there_and_counts_it() {
    let exposed = exposed();
    let names = |number: u64| -> BTreeSet<String> {
        let packet = json(&get(&format!("/packets/1700000000000000-{number}")));
        let series = packet["series"].as_array().unwrap();
        for one in series {
            let name = one["name"].as_str().unwrap();
            let labels = one["labels"].as_object().unwrap();
            let name_is = |line: &&str| {
                line.starts_with(&format!("{name}{{"))
                    || line.starts_with(&format!("{name}_bucket{{"))
            };
            let has = |line: &&str| {
                labels.iter().all(|(key, value)| line.contains(&format!("{key}={value}")))
            };
            assert!(exposed.lines().filter(name_is).any(|line| has(&line)), "{one}");
        }
        series.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };

    let of_tcp = names(1);
    for name in [
        "packet_receive_packets_total",
        "packet_receive_bytes_total",
        "packet_receive_frame_size_bytes",
        "packet_receive_tcp_packets_total",
        "packet_receive_port_packets_total",
        "packet_receive_source_bytes_total",
        "packet_receive_cast_packets_total",
        "packet_receive_verdicts_total",
    ] {
        assert!(of_tcp.contains(name), "{name}: {of_tcp:?}");
    }
    assert!(!of_tcp.iter().any(|name| name.contains("icmp")
        || name.contains("malformed")
        || name.contains("transmit")));
    assert!(names(4).contains("packet_receive_malformed_packets_total"));
    assert!(names(5).contains("packet_receive_icmp_packets_total"));
}

#[test]
fn an_id_leads_to_its_packet_or_to_none() {
    let cases = [
        ("1700000000000000-9", 404, "not-found"),
        ("1699999999999999-1", 410, "gone"),
        ("1700000000000001-1", 410, "gone"),
        ("1-", 400, "invalid-parameter"),
        ("samples2", 400, "invalid-parameter"),
    ];

    for path in ["/packets", "/recordings"] {
        for (id, status, kind) in cases {
            let answer = get(&format!("{path}/{id}"));
            assert_eq!((answer.status, &*problem(&answer).0), (status, kind), "{path} {id}");
        }
    }
}

#[test]
fn a_capture_begins_with_what_is_asked_for_and_only_one_at_a_time() {
    let begun = RefCell::new(None);
    let start = |bounded| begun.replace(Some(bounded)).is_none();
    let query = "count=5&bytes=1000&seconds=2&one_in=3&per_second=7&device=eth0&direction=transmit\
                 &prefix=192.0.2.0/24&port=53&protocol=udp&malformed=true";

    let answer = ask_of_seen(&format!("/packets/capture?{query}"), &seen(), &start);
    let second = ask_of_seen("/packets/capture", &seen(), &start);

    assert_eq!((answer.status, answer.content_type), (200, "application/x-pcapng"));
    assert_eq!((second.status, &*problem(&second).0), (503, "capture-running"));
    assert_eq!(second.headers, [("retry-after", "5")]);
    let usual = begun.take().unwrap();
    assert_eq!(
        (usual.count, usual.bytes, usual.time),
        (1_000_000, 100 << 20, Duration::from_secs(10))
    );
    assert_eq!((usual.wanted.one_in, usual.wanted.per_second), (1, 100_000));
    ask_of_seen(&format!("/packets/capture?{query}"), &seen(), &start);
    let asked = begun.take().unwrap();
    assert_eq!((asked.count, asked.bytes, asked.time), (5, 1000, Duration::from_secs(2)));
    assert_eq!((asked.wanted.one_in, asked.wanted.per_second), (3, 7));
    let matching = asked.wanted.matching;
    assert_eq!(matching.device.as_deref(), Some("eth0"));
    assert_eq!(matching.direction, Some(Direction::Transmit));
    assert_eq!(matching.prefix, "192.0.2.0/24".parse().ok());
    assert_eq!((matching.port, matching.protocol, matching.malformed), (Some(53), Some(17), true));
}

#[test]
fn a_recording_is_listed_and_is_a_file_of_its_packets() {
    let list = json(&get("/recordings"));
    let expected = serde_json::json!({
        "id": format!("{START}-1"), "time": "2023-11-14T22:13:23.123Z", "device": "eth0",
        "direction": "receive", "signal": "syn_addresses", "value": 60.0, "complete": false,
        "packets": 4, "sampled": 4,
    });
    assert_eq!(list["items"], serde_json::json!([expected]));

    let answer = get("/recordings/1700000000000000-1");
    assert_eq!(answer.content_type, "application/x-pcapng");
    let mut capture = Capture::open(&*answer.body).unwrap();
    let mut frames = Vec::new();
    while let Some(record) = capture.next_record().unwrap() {
        frames.push(record.bytes.to_vec());
    }
    assert_eq!((frames.len(), &frames[0]), (4, &tcp()));
}
