//! The REST API of a running service.

use std::collections::BTreeMap;
use std::io::Write;
use std::mem;

use serde_json::Value;
use tests::cable::Cable;
use tests::http;
use tests::patience::wait_for;
use tests::scrape::Scrape;
use tests::service::{PORT, Service};

use super::{cable, quick};

/// Names of labels, and those that the metrics have instead.
type Renamed = &'static [(&'static str, &'static str)];
type Group = (&'static str, &'static str, Renamed);

/// Labels of rows, the middle of the name of the metric that has the same numbers, and the names of
/// its labels where they are others.
const GROUPS: [Group; 13] = [
    ("family,protocol", "", &[]),
    ("cast", "cast_", &[]),
    ("flags", "tcp_", &[]),
    ("family,icmp", "icmp_", &[("icmp", "type")]),
    ("family,fragment", "fragments", &[("fragment", "position")]),
    ("malformed", "malformed_", &[("malformed", "reason")]),
    ("encapsulation", "encapsulated_", &[]),
    ("protocol,port", "port_", &[]),
    ("source", "source_", &[]),
    ("destination", "destination_", &[]),
    ("vlan", "vlan_", &[]),
    ("dscp", "dscp_", &[]),
    ("ecn", "ecn_", &[]),
];
const PROBLEM: &str = "application/problem+json";

/// Everything is counted, and a fold lasts long enough for all that is compared within one.
fn counting_all(cable: &Cable) -> Service<'_> {
    let all = ["--vlans.enabled", "--dscp.enabled", "--datapath.interval", "5s"];
    let service =
        Service::start(&cable.here, &[&["--devices.include", Cable::DEVICE], &all[..]].concat());
    for address in Cable::HERE {
        cable.there.run("ping", &["-q", "-f", "-c", "50", address]);
    }
    cable.there.within(|| {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        for port in 1..100 {
            socket.send_to(b"knock", (Cable::HERE[0], port)).unwrap();
        }
    });

    service
}

#[track_caller]
fn json(service: &Service<'_>, query: &str) -> Value {
    let answer = service.get(&format!("/api/v1/packets?{query}")).unwrap();
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json"),
        "{query}"
    );

    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_api_counts_what_the_metrics_show_at_the_same_fold() {
    let cable = cable("api-counts");
    let service = counting_all(&cable);
    let queries: Vec<_> = ["receive", "transmit"]
        .into_iter()
        .flat_map(|direction| {
            GROUPS.iter().map(move |group| (direction, group)).filter(move |(_, group)| {
                let other = if direction == "receive" { "destination" } else { "source" };
                group.0 != other
            })
        })
        .collect();
    let is_seen = |scrape: &Scrape| {
        let icmp = scrape.find("packet_receive_icmp_packets_total", &[("type", "echo_request")]);
        let ports = scrape.find("packet_receive_packets_total", &[("protocol", "udp")]);
        icmp >= Some(100) && ports >= Some(99)
    };

    let (scrape, answers, sizes) = wait_for("answers of one fold", || {
        let scrape = service.scrape();
        let fold = scrape.find("packet_exporter_folds_total", &[]).unwrap();
        let answers: Vec<_> = queries
            .iter()
            .map(|(direction, (by, ..))| {
                json(&service, &format!("by={by}&direction={direction}&top=16384"))
            })
            .collect();
        let sizes = json(&service, "by=size");
        let is_of_fold = |answer: &Value| answer["fold"]["number"] == fold;
        let are_all = answers.iter().all(is_of_fold) && is_of_fold(&sizes);
        if are_all && is_seen(&scrape) {
            Ok((scrape, answers, sizes))
        } else {
            Err(format!("fold {fold}"))
        }
    });

    for ((direction, (by, middle, names)), answer) in queries.into_iter().zip(answers) {
        let compared = compare(&scrape, &answer, (direction, middle), names);
        assert!(compared > 0, "{direction} {by}: {answer}");
    }
    compare_sizes(&scrape, &sizes);
}

/// Compares every row and the total with the metrics; returns how many rows there were.
#[track_caller]
fn compare(
    scrape: &Scrape,
    answer: &Value,
    (direction, middle): (&str, &str),
    names: &[(&str, &str)],
) -> usize {
    let unit = |unit| if middle == "fragments" { "" } else { unit };
    let metric = |of| format!("packet_{direction}_{middle}{}_total", unit(of));
    let counts = [("packets", metric("packets")), ("bytes", metric("bytes"))];
    let has_bytes = |field: &str| field == "packets" || answer["unit"]["bytes"].is_string();

    let rows = answer["items"].as_array().unwrap();
    for (field, metric) in counts.iter().filter(|(field, _)| has_bytes(field)) {
        for row in rows {
            let labels: BTreeMap<String, String> =
                serde_json::from_value(row["labels"].clone()).unwrap();
            let labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| {
                    let other = names.iter().find(|(own, _)| own == name);
                    (other.map_or(name.as_str(), |(_, other)| *other), value.as_str())
                })
                .collect();
            let found = scrape.find(metric, &labels);
            assert_eq!(row["counts"][field].as_u64(), found, "{metric} {labels:?}");
        }
        let all = scrape.find(metric, &[]).unwrap();
        assert_eq!(answer["total"][field], all, "{metric}");
        let rows: u64 = rows.iter().map(|row| row["counts"][field].as_u64().unwrap()).sum();
        let other = answer["other"]["counts"][field].as_u64().unwrap_or_default();
        assert_eq!(rows + other, all, "{metric}: the rows and `other` are the total");
    }

    // VLANs have none here but `other`.
    if answer["other"].is_object() { rows.len() + 1 } else { rows.len() }
}

/// Buckets of a histogram have in them what is smaller.
#[track_caller]
fn compare_sizes(scrape: &Scrape, answer: &Value) {
    let mut sum = 0;
    for size in ["64", "128", "256", "512", "1024", "2048", "4096", "8192", "16384", "larger"] {
        let is_it = |row: &&Value| row["labels"]["size"] == size;
        let row = answer["items"].as_array().unwrap().iter().find(is_it).unwrap();
        sum += row["counts"]["packets"].as_u64().unwrap();
        let le = if size == "larger" { "+Inf".into() } else { format!("{size}.0") };
        let bucket = scrape.find("packet_receive_frame_size_bytes_bucket", &[("le", &le)]);
        assert_eq!(bucket, Some(sum), "{size}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn rates_are_those_of_the_packets_that_were_sent() {
    let cable = cable("api-rates");
    let mut service = quick(&cable);
    service.wait_for_fold();
    let answer = || json(&service, "by=protocol&protocol=icmp");
    let rate = |answer: &Value| answer["total"]["packets_per_second"].as_f64();
    let mut last = answer();
    assert_eq!(rate(&last), Some(0.0));

    let mut ping = cable.there.command("ping");
    let mut ping = ping.args(["-q", "-i", "0.01", "-c", "3000", Cable::HERE[0]]).spawn().unwrap();
    let (before, now) = wait_for("two folds in a row, the second with packets", || {
        let now = answer();
        let before = mem::replace(&mut last, now.clone());
        let [one, next] = [&before, &now].map(|it| it["fold"]["number"].as_u64().unwrap());
        let is_next = next == one + 1 && rate(&now) > Some(0.0);
        if is_next { Ok((before, now)) } else { Err(format!("folds {one} and {next}")) }
    });
    ping.kill().unwrap();
    ping.wait().unwrap();

    let [one, next] = [&before, &now].map(|it| it["total"]["packets"].as_u64().unwrap());
    let elapsed = now["fold"]["elapsed_seconds"].as_f64().unwrap();
    let added = rate(&now).unwrap() * elapsed;
    assert!((added - (next - one) as f64).abs() < 1e-6, "{added} between {one} and {next}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn every_example_of_the_reference_is_answered() {
    let cable = cable("api-docs");
    let service = counting_all(&cable);
    let page = service.get("/api/v1/docs").unwrap().text().replace("&amp;", "&");
    let landing = service.get("/").unwrap().text();
    let examples: Vec<_> = page
        .split("<pre>")
        .skip(1)
        .filter_map(|rest| rest.split("</pre>").next()?.strip_prefix("curl "))
        .collect();

    assert!(landing.contains("<a href=\"/api/v1/docs\">"), "{landing}");
    assert!(examples.len() >= 10, "{examples:?}");
    // Steps of the history come with folds.
    wait_for("a first step", || {
        let answer = service.get("/api/v1/history").unwrap();
        if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
    });
    for example in examples {
        // Those with a login are tried where there is one.
        if example.contains("$TOKEN") {
            continue;
        }
        // Events never end by themselves.
        let end = if example.contains("/events") { " --max-time 7; true" } else { "" };
        let line = format!("curl -o /dev/null -w '%{{http_code}}' {example}{end}");
        let status = cable.here.run("sh", &["-c", &line]);
        assert_eq!(status.trim(), "200", "{line}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn whatever_is_wrong_is_answered_by_a_problem() {
    let cable = cable("api-problems");
    let service = quick(&cable);
    let huge = format!("GET /api/v1/packets?by={}", "a,".repeat(6000));
    let cases: [(&[u8], u16, &str); 13] = [
        (b"GET /api/v1/nowhere", 404, "not-found"),
        (b"GET /api/v1/", 404, "not-found"),
        (b"GET /api/v1/packets/", 404, "not-found"),
        (b"GET /api/v1/packets/../../metrics", 404, "not-found"),
        (b"POST /api/v1/health", 405, "method-not-allowed"),
        (b"OPTIONS /api/v1/docs", 405, "method-not-allowed"),
        (b"GET /api/v1/packets?%zz=1&a%00=%", 400, "unknown-parameter"),
        (b"GET /api/v1/packets?by=%ff%fe", 400, "invalid-parameter"),
        (b"GET /api/v1/packets?top=1&top=2", 400, "doubled-parameter"),
        (b"GET /api/v1/packets?device=%2e%2e%2f", 400, "invalid-parameter"),
        (b"GET /api/v1/problems/%ff", 400, "malformed-request"),
        (b"GET /api/v1/problems/%2f", 404, "not-found"),
        (huge.as_bytes(), 400, "invalid-parameter"),
    ];

    for (line, status, kind) in cases {
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        let mut stream = service.connect().unwrap();
        stream.write_all(line).unwrap();
        stream.write_all(b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let answer = http::answer(&mut stream).unwrap();
        let problem: Value = serde_json::from_slice(&answer.body).expect(&shown);

        assert_eq!((answer.status, answer.header("content-type")), (status, PROBLEM), "{shown}");
        assert_eq!(problem["type"], format!("/api/v1/problems/{kind}"), "{shown}: {problem}");
        assert_eq!(problem["status"], status, "{shown}");
        assert!(answer.body.len() < 4096, "{shown}: {} bytes", answer.body.len());
        if status == 405 {
            assert_eq!(answer.header("allow"), "GET, HEAD", "{shown}");
        }
        let page = service.get(problem["type"].as_str().unwrap()).unwrap();
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    }
    for accept in [("Accept", "text/csv"), ("Accept-Encoding", "br, identity;q=0")] {
        let answer = http::request(&cable.here, PORT, "GET /api/v1/health", &[accept]).unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (406, PROBLEM), "{accept:?}");
    }
    // Bytes that are no part of a target end before there is a path.
    let mut stream = service.connect().unwrap();
    stream
        .write_all(b"GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert!(http::answer(&mut stream).unwrap().status >= 400);
    assert_eq!(service.get("/api/v1/health").unwrap().status, 200);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn devices_and_health_are_those_of_the_service() {
    let cable = cable("api-devices");
    let service = quick(&cable);
    let get = |path: &str| -> Value {
        let answer = service.get(&format!("/api/v1/{path}")).unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    };

    let devices = get("devices");
    let health = get("health");

    let device = &devices["items"][0];
    assert_eq!(devices["items"].as_array().unwrap().len(), 1, "{devices}");
    assert_eq!((&device["device"], &device["kind"]), (&Cable::DEVICE.into(), &"veth".into()));
    let programs = device["programs"].as_array().unwrap();
    let attached: Vec<_> = programs.iter().filter(|it| it["attached"] == true).collect();
    assert_eq!(attached.len(), 2, "{device}");
    assert_eq!(device["flows"].as_array().unwrap().len(), 2, "{device}");
    assert_eq!((&health["ready"], &health["reason"]), (&true.into(), &Value::Null), "{health}");
    assert_eq!(health["losses"]["imbalanced_intervals"], 0, "{health}");
}
