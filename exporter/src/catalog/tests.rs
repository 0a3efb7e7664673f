//! What every line of the catalogue has to keep to.

use std::collections::BTreeSet;

use crate::dimension::{ByDimension, Dimension};
use crate::snapshot::Flow;

use super::*;

mod laws;
mod names;

/// Keeps the samples of one metric.
#[derive(Debug, Default)]
struct Kept(Vec<(Vec<String>, u64)>);

impl Sink for Kept {
    fn sample(&mut self, Sample { labels, value, since: _ }: Sample<'_>) {
        let value = match value {
            Value::Integer(value) => value,
            Value::Real(value) => value.to_bits(),
            Value::Histogram(Histogram { bounds, buckets, sum: _ }) => {
                assert_eq!(buckets.len(), bounds.len() + 1);
                buckets.iter().sum()
            }
        };

        self.0.push((labels.iter().map(ToString::to_string).collect(), value));
    }
}

impl Kept {
    fn sum(&self) -> u64 {
        self.0.iter().map(|(_, value)| value).sum()
    }
}

/// Returns the samples of the metric that is stored as `name`.
fn read(name: &str, readings: &Readings) -> Kept {
    let mut kept = Kept::default();
    let family = families().find(|family| family.stored_name() == name).expect(name);
    family.read(readings, &mut kept);

    kept
}

/// Readings of a single flow.
fn only(flow: Flow) -> Readings {
    Readings {
        configuration: Arc::default(),
        snapshot: Arc::new(Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() }),
        process: Process::default(),
        build: Build::THIS,
        serving: Serving::default(),
        pushes: Vec::new(),
        logging: Logging::default(),
        listened: Listened::default(),
        sampled: Sampled::default(),
        memory: Vec::new(),
        parts: Vec::new(),
        choice: Choice::default(),
    }
}

#[test]
fn the_example_has_samples_of_every_metric_that_are_told_apart_by_their_labels() {
    let readings = example::readings();

    for family in families() {
        let name = family.stored_name();
        let Kept(samples) = read(&name, &readings);

        let may_be_absent = name.contains("_entropy_") || name.contains("exporter_map_");
        assert!(!samples.is_empty() || may_be_absent, "{name} has no sample");
        let mut seen = BTreeSet::new();
        for (labels, _) in samples {
            assert_eq!(labels.len(), family.labels().len(), "{name} {labels:?}");
            // What is not known of a device is empty, and only XDP has a mode.
            let is_info = name.ends_with("_device_info") || name.ends_with("_program_info");
            // Devices may share maps.
            let may_be_empty = is_info || name.contains("exporter_map_");
            let is_whole = labels.iter().all(|value| !value.is_empty());
            assert!(is_whole || may_be_empty, "{name} {labels:?}");
            assert!(seen.insert(labels.clone()), "{name} has {labels:?} twice");
        }
    }
}

#[test]
fn closed_sets_are_there_before_anything_is_counted() {
    let readings = only(example::empty("eth0", Direction::Receive));
    let cases = [
        ("packet_receive_packets_total", 16 + 15 + 3),
        ("packet_receive_bytes_total", 16 + 15 + 3),
        ("packet_receive_frame_size_bytes", 1),
        ("packet_receive_cast_packets_total", 3),
        ("packet_receive_tcp_packets_total", 11),
        ("packet_receive_icmp_packets_total", 9 + 12),
        ("packet_receive_fragments_total", 6),
        ("packet_receive_malformed_packets_total", 29),
        ("packet_receive_encapsulated_packets_total", 7),
        ("packet_receive_verdicts_total", 1),
        ("packet_receive_port_packets_total", 3 * 2),
        ("packet_receive_source_bytes_total", 1),
        ("packet_exporter_unattributed_packets_total", 3 * 3),
        ("packet_exporter_guard_active", 2),
    ];

    for (name, series) in cases {
        let samples = read(name, &readings);

        assert_eq!(samples.0.len(), series, "{name}");
        assert_eq!(samples.sum(), 0, "{name}");
    }
}

#[test]
fn a_cell_that_should_not_be_is_exposed_with_its_first_packet() {
    let cell = ["eth0", "ipv4", "icmpv6"].map(String::from).to_vec();

    let samples = read("packet_receive_packets_total", &example::readings());

    assert!(samples.0.contains(&(cell, 1)), "{samples:?}");
}

#[test]
fn what_is_switched_off_is_absent() {
    let readings = only(Flow {
        breakdowns: ByDimension::default(),
        has_casts: false,
        signals: None,
        ..example::empty("eth0", Direction::Receive)
    });

    for name in [
        "packet_receive_cast_packets_total",
        "packet_receive_source_packets_total",
        "packet_receive_port_packets_total",
        "packet_receive_vlan_packets_total",
        "packet_receive_distinct_sources",
        "packet_receive_distinct_ports",
        "packet_receive_scanning_sources",
        "packet_receive_syn_sources",
        "packet_exporter_series",
        "packet_exporter_series_evicted_total",
    ] {
        assert!(read(name, &readings).0.is_empty(), "{name}");
    }
}

#[test]
fn a_full_table_has_as_many_series_as_its_limit() {
    use shared::{Count, PortKey, PortProtocol};

    let named = |key| example::named(key, 1, 60);
    let tcp = (0..100).map(|port| PortKey::number(PortProtocol::Tcp, port));
    let always = PortProtocol::ALL.iter().copied().map(PortKey::ephemeral);
    let ports = tcp.chain(always).map(named).collect();
    let ports = example::breakdown(ports, vec![Count::default(); PortProtocol::ALL.len()]);
    let readings = only(example::only(Dimension::Ports, ports));

    let [series, limit] = ["series", "series_limit"].map(|name| {
        let Kept(samples) = read(&format!("packet_exporter_{name}"), &readings);
        samples.into_iter().find(|(labels, _)| labels == &["port"]).unwrap().1
    });

    assert_eq!((series, limit), (100, 100));
}

#[test]
fn the_series_that_a_vanished_device_evicted_still_count() {
    let mut snapshot = Snapshot::clone(&example::readings().snapshot);
    let before = read("packet_exporter_series_evicted_total", &example::readings());

    snapshot.health.evicted_before[Dimension::Sources] = Some(3);
    snapshot.flows.clear();
    let readings = Readings { snapshot: Arc::new(snapshot), ..example::readings() };
    let after = read("packet_exporter_series_evicted_total", &readings);

    assert_eq!(before.0[0], (vec!["source".to_owned()], 3));
    assert_eq!(after.0[0], before.0[0]);
}

#[test]
fn evictions_are_there_at_0_as_long_as_series_may_be_named() {
    let mut snapshot = Snapshot::default();
    snapshot.health.evicted_before[Dimension::Ports] = Some(0);
    let readings = Readings { snapshot: Arc::new(snapshot), ..example::readings() };

    let Kept(samples) = read("packet_exporter_series_evicted_total", &readings);

    assert_eq!(samples, [(vec!["port".to_owned()], 0)]);
}

#[test]
fn each_sample_of_a_flow_says_since_when_it_counts() {
    struct Since(Vec<Option<std::time::SystemTime>>);
    impl Sink for Since {
        fn sample(&mut self, sample: Sample<'_>) {
            self.0.push(sample.since);
        }
    }
    let readings = example::readings();

    for family in families() {
        let mut since = Since(Vec::new());
        family.read(&readings, &mut since);

        let name = family.stored_name();
        let is_flow = family.direction.is_some() && family.kind() != Kind::Gauge;
        let of_flows = [
            "packet_exporter_imbalanced_intervals_total",
            "packet_exporter_unattributed_packets_total",
            "packet_exporter_part_restarts_total",
        ];
        let is_per_flow = is_flow || of_flows.contains(&&*name);
        assert!(since.0.iter().all(|since| since.is_some() == is_per_flow), "{name}");
        if name == "packet_receive_source_packets_total" {
            assert_eq!(since.0, [2, 2, 1].map(|second| Some(example::at(second))));
        }
    }
}
