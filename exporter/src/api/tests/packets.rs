//! The numbers of `/packets`, and how they are listed.

use std::collections::BTreeMap;

use super::*;
use crate::api::packets::label::Label;
use crate::catalog::{Sample, Sink, Value as Counted, families};

/// Labels of one row each, as `by` has them, and the metric that has the same.
const GROUPS: [(&str, &str, &str); 13] = [
    ("device,direction,family,protocol", "", "bytes"),
    ("device,direction,cast", "cast", ""),
    ("device,direction,flags", "tcp", ""),
    ("device,direction,family,icmp", "icmp", ""),
    ("device,direction,family,fragment", "fragments", ""),
    ("device,direction,malformed", "malformed", ""),
    ("device,direction,encapsulation", "encapsulated", ""),
    ("device,direction,protocol,port", "port", "bytes"),
    ("device,direction,source", "source", "bytes"),
    ("device,direction,destination", "destination", "bytes"),
    ("device,direction,vlan", "vlan", ""),
    ("device,direction,dscp", "dscp", ""),
    ("device,direction,ecn", "ecn", ""),
];

#[derive(Default)]
struct Kept(BTreeMap<Vec<String>, u64>);

impl Sink for Kept {
    fn sample(&mut self, Sample { labels, value, .. }: Sample<'_>) {
        let Counted::Integer(value) = value else { panic!("no count") };
        self.0.insert(labels.iter().map(ToString::to_string).collect(), value);
    }
}

/// The samples of a metric by their labels, the direction second; and the sum of those of `other`.
fn samples(name: &str, is_bytes: bool, readings: &Readings) -> (BTreeMap<Vec<String>, u64>, u64) {
    let mut rows = BTreeMap::new();
    let mut other = 0;
    for family in families().filter(|it| it.direction().is_some() && it.own_name() == name) {
        if is_bytes != (family.unit() == crate::catalog::Unit::Bytes) {
            continue;
        }
        let mut kept = Kept::default();
        family.read(readings, &mut kept);
        for (mut labels, value) in kept.0 {
            let is_keyed = ["port", "source", "destination", "vlan"].contains(&name);
            if is_keyed && labels.last().is_some_and(|it| it == "other") {
                other += value;
            } else {
                labels.insert(1, family.direction().unwrap().label().into());
                rows.insert(labels, value);
            }
        }
    }

    (rows, other)
}

#[test]
fn every_number_is_that_of_the_metrics() {
    let readings = example::readings();

    for (by, metric, bytes) in GROUPS {
        let document = json(&ask(&format!("/api/v1/packets?by={by}&top=16384")));
        for (field, is_there) in [("packets", true), ("bytes", !bytes.is_empty())] {
            let (expected, other) = samples(metric, is_there && field == "bytes", &readings);
            let row = |item: &Value| {
                let labels =
                    by.split(',').map(|it| item["labels"][it].as_str().unwrap().to_owned());
                (labels.collect(), item["counts"][field].as_u64())
            };
            let rows: BTreeMap<Vec<String>, _> =
                document["items"].as_array().unwrap().iter().map(row).collect();

            let is_open = document["other"].is_object();
            let total: u64 = expected.values().sum::<u64>() + other;
            let expected: BTreeMap<_, _> =
                expected.into_iter().map(|(key, value)| (key, is_there.then_some(value))).collect();
            assert!(!rows.is_empty() || is_open, "{by}");
            assert_eq!(rows, expected, "{by}: {field}");
            assert_eq!(document["total"][field].as_u64(), is_there.then_some(total), "{by}");
            assert!(!is_open || !is_there || document["other"]["counts"][field] == other, "{by}");
        }
    }
}

#[test]
fn sizes_are_all_frames() {
    let sizes = json(&ask("/api/v1/packets?by=size"));
    let all = json(&ask("/api/v1/packets"));
    let sum = |field: &str| -> u64 {
        let items = sizes["items"].as_array().unwrap();
        items.iter().map(|item| item["counts"][field].as_u64().unwrap()).sum()
    };

    assert_eq!(sizes["rows"], 10);
    assert_eq!(sizes["total"]["packets"], sum("packets"));
    assert_eq!(sizes["total"]["bytes"], sum("bytes"));
    assert_eq!(all["items"], Value::Array(Vec::new()));
    assert_eq!(all["total"]["packets"], 12);
}

#[test]
fn other_has_its_reasons() {
    let document = json(&ask("/api/v1/packets?by=source"));
    let narrowed = json(&ask("/api/v1/packets?by=port&protocol=tcp"));
    let one = json(&ask("/api/v1/packets?source=192.0.2.1"));

    let other = &document["other"];
    assert_eq!(other["counts"]["packets"], 3);
    assert_eq!(other["reasons"], serde_json::json!({ "guard": 1, "evicted": 0, "unnamed": 2 }));
    assert_eq!(other["sampled"], true);
    assert_eq!(narrowed["other"]["reasons"], Value::Null);
    assert_eq!(one["total"]["packets"], 6, "what has no name is not of this source");
    assert_eq!(one["other"]["counts"]["packets"], 3);
}

#[test]
fn what_was_not_counted_together_is_refused_with_what_was() {
    let cases = [
        ("by=source,port", "device, protocol, port; direction, device, source"),
        ("by=source&protocol=tcp", "device, protocol, port"),
        ("by=flags&protocol=tcp", "direction, device, flags"),
        ("by=cast&order=bytes", "packet_rate"),
        ("source=192.0.2.1&destination=192.0.2.1", "direction, device, destination"),
    ];

    for (query, part) in cases {
        let (kind, document) = problem(&ask(&format!("/api/v1/packets?{query}")));
        assert_eq!(kind, "not-counted-together", "{query}");
        assert!(document["detail"].as_str().unwrap().contains(part), "{query}: {document}");
    }
}

#[test]
fn what_is_not_counted_is_no_zero() {
    let readings = with(|snapshot| {
        for flow in &mut snapshot.flows {
            let flow = Arc::make_mut(flow);
            flow.breakdowns = crate::dimension::ByDimension::default();
            flow.classes = None;
            flow.has_casts = false;
        }
    });

    for by in ["vlan", "source", "destination", "port", "dscp", "ecn", "cast"] {
        let (kind, _) = problem(&ask_of(&format!("/api/v1/packets?by={by}"), &readings));
        assert_eq!(kind, "not-counted", "{by}");
    }
    let (kind, _) = problem(&ask("/api/v1/packets?by=source&direction=transmit"));
    assert_eq!(kind, "not-counted");
    let (kind, _) = problem(&ask("/api/v1/packets?device=eth7"));
    assert_eq!(kind, "unknown-device");
}

#[test]
fn what_metrics_leave_out_is_left_out_here() {
    let excluded = |pattern: &str| Readings {
        choice: crate::catalog::Choice::without(&[pattern.parse().unwrap()]),
        ..example::readings()
    };

    let both = excluded("packet_.*_source_.*");
    let bytes = excluded("packet_receive_source_bytes");

    let (kind, _) = problem(&ask_of("/api/v1/packets?by=source", &both));
    assert_eq!(kind, "not-counted");
    let document = json(&ask_of("/api/v1/packets?by=source", &bytes));
    assert_eq!(document["total"]["bytes"], Value::Null);
    assert_eq!(document["total"]["packets"], 11);

    let reasons = |readings: &Readings| {
        json(&ask_of("/api/v1/packets?by=source", readings))["other"]["reasons"].clone()
    };
    assert!(reasons(&bytes).is_object());
    assert_eq!(reasons(&excluded("packet_exporter_unattributed_packets")), Value::Null);
}

#[test]
fn signals_and_devices_show_no_metric_that_is_left_out() {
    let first = |path: &str, excluded: &[&str]| {
        let patterns: Vec<_> = excluded.iter().map(|it| it.parse().unwrap()).collect();
        let choice = crate::catalog::Choice::without(&patterns);
        let readings = Readings { choice, ..example::readings() };
        json(&ask_of(&format!("/api/v1/{path}"), &readings))["items"][0].clone()
    };
    let nulls = |item: &Value| -> Vec<String> {
        let members = item.as_object().unwrap().iter();
        members.filter(|(_, it)| it.is_null()).map(|(name, _)| name.clone()).collect()
    };

    let signals = first("signals", &["packet_.*_distinct_.*", "packet_receive_syn_sources"]);
    let device = first("devices", &["packet_exporter_device_info", "packet_exporter_program"]);

    // The example has no ports.
    assert_eq!(nulls(&first("signals", &[])), ["port_entropy"]);
    let left_out = ["distinct_addresses", "distinct_ports", "port_entropy", "syn_addresses"];
    assert_eq!(nulls(&signals), left_out);
    for field in ["ifindex", "kind", "driver", "alias", "master"] {
        assert_eq!(device[field], Value::Null, "{field}");
    }
    assert_eq!(device["programs"][0]["attached"], true);
    assert_eq!(device["programs"][0]["tag"], Value::Null);
}

#[test]
fn a_direction_that_no_device_counts_is_no_zero() {
    let readings = with(|snapshot| {
        snapshot.flows.retain(|flow| flow.direction == shared::Direction::Receive);
    });

    for query in ["direction=transmit", "by=destination", "by=port&direction=transmit"] {
        let (kind, _) = problem(&ask_of(&format!("/api/v1/packets?{query}"), &readings));
        assert_eq!(kind, "not-counted", "{query}");
    }
}

#[test]
fn nothing_is_answered_before_the_first_fold() {
    let readings = with(|snapshot| snapshot.health.folding = crate::health::Folding::default());

    for path in ["packets", "signals"] {
        let answer = ask_of(&format!("/api/v1/{path}"), &readings);
        assert_eq!((answer.status, &*problem(&answer).0), (503, "not-ready"), "{path}");
    }
    assert_eq!(ask_of("/api/v1/health", &readings).status, 200);
    assert_eq!(ask_of("/api/v1/devices", &readings).status, 200);
}

#[test]
fn pages_of_one_fold_are_the_whole_and_a_cursor_ends_with_its_fold() {
    let whole = json(&ask("/api/v1/packets?by=family,protocol&top=16384"));
    let readings = example::readings();
    let mut items = Vec::new();
    let mut target = "/api/v1/packets?by=family,protocol&top=7".to_owned();

    loop {
        let page = json(&ask_of(&target, &readings));
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let behind = whole["items"].as_array().unwrap().len() - items.len();
        assert_eq!(page["remaining"]["rows"], behind);
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut target);
    }
    let later = with(|snapshot| snapshot.health.folding.folds += 1);
    let of_another_process = with(|snapshot| snapshot.health.folding.last = Some(example::at(4)));
    let behind_all = target.rsplit_once('-').unwrap().0.to_owned() + "-18446744073709551615";

    assert_eq!(Value::Array(items), whole["items"]);
    assert_eq!(json(&ask(&behind_all))["items"], Value::Array(Vec::new()));
    for readings in [later, of_another_process] {
        let answer = ask_of(&target, &readings);
        assert_eq!((answer.status, &*problem(&answer).0), (410, "cursor-expired"));
    }
}

#[test]
fn any_two_labels_are_answered_or_refused_by_name() {
    for one in Label::ALL {
        for other in Label::ALL.into_iter().filter(|other| *other != one) {
            let answer = ask(&format!("/api/v1/packets?by={},{}", one.name(), other.name()));
            if answer.status != 200 {
                assert_eq!(problem(&answer).0, "not-counted-together", "{one:?} {other:?}");
            }
        }
    }
}
