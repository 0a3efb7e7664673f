//! Metrics of the exporter about its tables: what has no name, what is full.

use crate::dimension::Dimension;
use crate::health::SharedMap;
use crate::interval::MapUse;
use crate::snapshot::{Breakdown, Snapshot, Unattributed};

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "unattributed",
        help: "Packets in the series called other, by reason.",
        unit: Unit::Packets,
        labels: &["device", "direction", "dimension", "reason"],
        read: Read::Exporter(unattributed),
        ..Metric::USUAL
    },
    Metric {
        name: "guard_active",
        help: "Whether new keys are sampled because there are too many, 1 or 0.",
        kind: Kind::Gauge,
        labels: &["device", "direction", "dimension"],
        read: Read::Exporter(guards),
        ..Metric::USUAL
    },
    Metric {
        name: "map_entries",
        help: "Entries in a kernel map when it was last drained; for a table with a part for each \
               CPU, those in the fullest part.",
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.entries)),
        ..Metric::USUAL
    },
    Metric {
        name: "map_entries_limit",
        help: "Most entries that a kernel map can hold; for a table with a part for each CPU, \
               those in one part.",
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.entries_limit)),
        ..Metric::USUAL
    },
    Metric {
        name: "map_memory",
        help: "Memory that a kernel map takes.",
        unit: Unit::Bytes,
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.memory_bytes)),
        ..Metric::USUAL
    },
    Metric {
        name: "memory",
        help: "Memory that a part of the exporter takes: maps, the kernel maps of all devices; history, \
               what was counted in the last hours; samples, copies of packets.",
        unit: Unit::Bytes,
        kind: Kind::Gauge,
        labels: &["part"],
        read: Read::Memory(|part, sink| sink.number(&[part.part.into()], part.bytes)),
        ..Metric::USUAL
    },
    Metric {
        name: "memory_limit",
        help: "Most memory that a part of the exporter may take.",
        unit: Unit::Bytes,
        kind: Kind::Gauge,
        labels: &["part"],
        read: Read::Memory(|part, sink| sink.number(&[part.part.into()], part.limit)),
        ..Metric::USUAL
    },
    Metric {
        name: "series",
        help: "Named series of all devices, without `ephemeral` ports, which do not count against \
               the limit.",
        kind: Kind::Gauge,
        labels: &["dimension"],
        read: Read::Exporter(|snapshot, sink| series(snapshot, sink, within_limit)),
        ..Metric::USUAL
    },
    Metric {
        name: "series_limit",
        help: "Most named series that all devices together may have.",
        kind: Kind::Gauge,
        labels: &["dimension"],
        read: Read::Exporter(|snapshot, sink| series(snapshot, sink, |it| it.limit as u64)),
        ..Metric::USUAL
    },
    Metric {
        name: "series_evicted",
        help: "Series that lost their name to a busier key or a lower limit; idle ones are not \
               counted.",
        labels: &["dimension"],
        read: Read::Exporter(evicted),
        ..Metric::USUAL
    },
];

const MAP: &[&str] = &["device", "direction", "map"];

fn unattributed(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        for (dimension, Breakdown { since, unattributed, .. }) in flow.breakdowns.present() {
            let Unattributed { guard, evicted, unnamed } = *unattributed;
            for (reason, packets) in [("guard", guard), ("evicted", evicted), ("unnamed", unnamed)]
            {
                let labels = [&*flow.device, flow.direction.label(), dimension.label(), reason];
                sink.count(&labels.map(Into::into), packets, *since);
            }
        }
    }
}

fn guards(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        let guarded = flow.breakdowns.present().filter(|(dimension, _)| dimension.has_guard());
        for (dimension, Breakdown { guarded, .. }) in guarded {
            let labels = [&*flow.device, flow.direction.label(), dimension.label()];
            sink.number(&labels.map(Into::into), (*guarded).into());
        }
    }
}

fn maps(snapshot: &Snapshot, sink: &mut dyn Sink, value: fn(&MapUse) -> u64) {
    for flow in &snapshot.flows {
        for map in &flow.maps {
            let labels = [&*flow.device, flow.direction.label(), map.map];
            sink.number(&labels.map(Into::into), value(map));
        }
    }
    for SharedMap { direction, map } in &snapshot.health.shared_maps {
        let labels = ["", direction.label(), map.map];
        sink.number(&labels.map(Into::into), value(map));
    }
}

fn series(snapshot: &Snapshot, sink: &mut dyn Sink, value: fn(&Breakdown) -> u64) {
    for dimension in Dimension::ALL {
        if let Some(sum) = sum(snapshot, dimension, value) {
            sink.number(&[dimension.label().into()], sum);
        }
    }
}

fn evicted(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for (dimension, before) in snapshot.health.evicted_before.iter() {
        let since = sum(snapshot, dimension, |breakdown| breakdown.evicted);
        if since.is_some() || before.is_some() {
            sink.number(&[dimension.label().into()], before.unwrap_or(0) + since.unwrap_or(0));
        }
    }
}

/// Adds up over the flows; `None` where the dimension is switched off in all of them.
fn sum(snapshot: &Snapshot, dimension: Dimension, value: fn(&Breakdown) -> u64) -> Option<u64> {
    let breakdowns = snapshot.flows.iter().filter_map(|flow| flow.breakdowns[dimension].as_ref());

    breakdowns.map(value).reduce(|sum, value| sum + value)
}

/// Returns how many names the limit holds for.
fn within_limit(breakdown: &Breakdown) -> u64 {
    breakdown.named.iter().filter(|named| named.key.is_limited()).count() as u64
}
