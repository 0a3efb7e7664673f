//! Every name in a rule is one of the catalogue, or of a record.

use std::collections::{BTreeMap, BTreeSet};

use exporter::catalog::{self, Kind};
use exporter::health::{AttachFailure, Hook};
use shared::{Cast, Direction, FragmentPosition, IpFamily, Malformed, PortProtocol, Protocol};

use super::mentions::{Mention, groupings, mentions};
use super::*;

/// Labels that a scrape adds.
const OF_TARGETS: [&str; 2] = ["job", "instance"];

/// Returns each name with its labels: metrics of the catalogue, and records.
pub(super) fn known() -> BTreeMap<String, BTreeSet<String>> {
    let mut known = BTreeMap::new();
    for family in catalog::families() {
        let mut labels = owned(family.labels());
        let name = family.stored_name();
        if family.kind() == Kind::Histogram {
            known.insert(format!("{name}_sum"), labels.clone());
            known.insert(format!("{name}_count"), labels.clone());
            labels.insert("le".to_owned());
            known.insert(format!("{name}_bucket"), labels);
        } else {
            known.insert(name, labels);
        }
    }
    for record in GROUPS.iter().flat_map(Group::records) {
        let level = record.name.split(':').next().unwrap();
        known.insert(record.name.to_owned(), owned(&level.split('_').collect::<Vec<_>>()));
    }

    known
}

fn owned(labels: &[&str]) -> BTreeSet<String> {
    labels.iter().chain(&OF_TARGETS).map(|&label| label.to_owned()).collect()
}

/// Returns the values of labels that are one of a few, by metric and label.
fn closed() -> Vec<(&'static str, &'static str, BTreeSet<&'static str>)> {
    let flags = catalog::tcp_classes(&[0; 256]).map(|(label, _)| label);
    let types = IpFamily::ALL.iter().flat_map(|family| {
        catalog::icmp_types(*family, &[0; 256]).map(|(label, _)| label).collect::<Vec<_>>()
    });
    let hooks = [Hook::Xdp, Hook::TcxIngress, Hook::TcIngress, Hook::TcxEgress, Hook::TcEgress];

    vec![
        ("", "flags", flags.collect()),
        ("", "type", types.collect()),
        ("", "cast", Cast::LABELS.iter().copied().collect()),
        ("", "position", FragmentPosition::LABELS.iter().copied().collect()),
        ("", "direction", Direction::ALL.iter().map(|it| it.label()).collect()),
        ("", "hook", hooks.into_iter().map(Hook::label).collect()),
        ("_malformed_", "reason", Malformed::LABELS.iter().copied().collect()),
        (
            "attach_failures",
            "reason",
            AttachFailure::ALL.into_iter().map(AttachFailure::label).collect(),
        ),
        ("unattributed", "reason", ["guard", "evicted", "unnamed"].into()),
        ("packet_receive_packets_total", "protocol", Protocol::LABELS.iter().copied().collect()),
        ("_port_", "protocol", PortProtocol::ALL.iter().map(|it| it.label()).collect()),
    ]
}

/// Returns what is wrong with the names in a text.
pub(super) fn wrong(text: &str) -> Vec<String> {
    let known = known();
    let closed = closed();
    let mut wrong = Vec::new();

    for Mention { name, matchers } in mentions(text) {
        let Some(labels) = known.get(&name) else {
            wrong.push(format!("{name} is not in the catalogue"));
            continue;
        };
        for (label, value) in matchers {
            if !labels.contains(&label) {
                wrong.push(format!("{name} has no label {label}"));
            }
            let values = closed.iter().find(|(of, it, _)| name.contains(of) && *it == label);
            let Some((_, _, values)) = values.filter(|_| !value.contains(['{', '%'])) else {
                continue;
            };
            let strays = value.split('|').filter(|value| !values.contains(value));
            wrong.extend(strays.map(|value| format!("{name} has no {label} {value}")));
        }
    }
    for (labels, of) in groupings(text) {
        let Some(of) = of.and_then(|of| known.get(&of.name)) else { continue };
        let strays = labels.iter().filter(|label| !of.contains(*label));
        wrong.extend(strays.map(|label| format!("by ({label}) is no label of what it groups")));
    }

    wrong
}

#[test]
fn every_name_in_a_rule_is_of_the_catalogue_or_a_record() {
    for (at, text) in queries() {
        assert_eq!(wrong(&text), [""; 0], "{at}: {text}");
    }
}

#[test]
fn every_series_of_a_scenario_is_one_that_the_exporter_has() {
    for scenario::Series { selector, .. } in scenarios::world() {
        assert_eq!(wrong(selector), [""; 0], "{selector}");
    }
}

#[test]
fn names_that_do_not_exist_are_noticed() {
    let bad = [
        "rate(packet_receive_packts_total[5m])",
        r#"packet_receive_packets_total{flag="syn"}"#,
        r#"packet_receive_tcp_packets_total{flags="sin"}"#,
        "sum by (flags) (rate(packet_receive_packets_total[5m]))",
        "device:packet_receive_packets:rate1m",
    ];

    for text in bad {
        assert_eq!(wrong(text).len(), 1, "{text}: {:?}", wrong(text));
    }
}

#[test]
fn every_record_is_used_after_it_was_made() {
    let traffic = &GROUPS[0];
    let mut made = BTreeSet::new();

    for record in traffic.records() {
        for Mention { name, .. } in mentions(&record.expr.text(record.name)) {
            let is_there =
                !name.contains(':') || name == record.name || made.contains(name.as_str());
            assert!(is_there, "{} uses {name} before it is made", record.name);
        }
        made.insert(record.name);
    }

    let used: BTreeSet<_> = queries()
        .iter()
        .flat_map(|(at, text)| mentions(text).into_iter().map(move |it| (*at, it.name)))
        .filter(|(at, name)| at != name)
        .map(|(_, name)| name)
        .collect();
    for record in traffic.records() {
        assert!(used.contains(record.name), "{} is used by nothing", record.name);
    }
}

#[test]
fn records_are_named_by_level_metric_and_operations() {
    for record in GROUPS.iter().flat_map(Group::records) {
        let parts: Vec<_> = record.name.split(':').collect();
        assert!(matches!(parts[..], [_, _, _]), "{}", record.name);
        assert!(!parts[1].ends_with("_total"), "{}", record.name);
    }
}
