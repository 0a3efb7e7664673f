//! Metrics of the exporter about its tables: what has no name, what is full.

use shared::PortKey;

use crate::interval::MapUse;
use crate::snapshot::{Dimension, Flow, Snapshot, Unattributed};

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "unattributed",
        help: "Packets of the series called other, by why they are in it.",
        unit: Unit::Packets,
        labels: &["device", "direction", "dimension", "reason"],
        read: Read::Exporter(unattributed),
        ..Metric::USUAL
    },
    Metric {
        name: "guard_active",
        help: "Whether new keys are being sampled because there are too many, 1 or 0.",
        kind: Kind::Gauge,
        labels: &["device", "direction", "dimension"],
        read: Read::Exporter(guards),
        ..Metric::USUAL
    },
    Metric {
        name: "map_entries",
        help: "Entries in a map of the kernel when it was last drained; of a table of keys \
               with a part for each CPU those in the fullest part.",
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.entries)),
        ..Metric::USUAL
    },
    Metric {
        name: "map_entries_limit",
        help: "Most entries that a map of the kernel can hold; of a table of keys with a part for \
               each CPU those in one part.",
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.entries_limit)),
        ..Metric::USUAL
    },
    Metric {
        name: "map_memory",
        help: "Memory that a map takes in the kernel.",
        unit: Unit::Bytes,
        kind: Kind::Gauge,
        labels: MAP,
        read: Read::Exporter(|snapshot, sink| maps(snapshot, sink, |map| map.memory_bytes)),
        ..Metric::USUAL
    },
    Metric {
        name: "series",
        help: "Named series of all devices, without `ephemeral` ports, which need no place.",
        kind: Kind::Gauge,
        labels: &["dimension"],
        read: Read::Exporter(|snapshot, sink| series(snapshot, sink, |keys| keys.named)),
        ..Metric::USUAL
    },
    Metric {
        name: "series_limit",
        help: "Most series of all devices that may be named.",
        kind: Kind::Gauge,
        labels: &["dimension"],
        read: Read::Exporter(|snapshot, sink| series(snapshot, sink, |keys| keys.limit)),
        ..Metric::USUAL
    },
    Metric {
        name: "series_evicted",
        help: "Series that lost their name to a busier key or to a lower limit, not for being idle.",
        labels: &["dimension"],
        read: Read::Exporter(evicted),
        ..Metric::USUAL
    },
];

const MAP: &[&str] = &["device", "direction", "map"];

/// What is sorted by key. What was sent is sorted by destination, under the same label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Source,
    Port,
    Vlan,
}

/// How one dimension of one flow is doing.
struct Keys {
    by: By,
    /// Names that the limit holds for.
    named: u64,
    limit: u64,
    evicted: u64,
    unattributed: Unattributed,
    guarded: bool,
}

fn unattributed(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        for Keys { by, unattributed, .. } in dimensions(flow) {
            let Unattributed { guard, evicted, unnamed } = unattributed;
            for (reason, packets) in [("guard", guard), ("evicted", evicted), ("unnamed", unnamed)]
            {
                let labels = [&*flow.device, flow.direction.label(), by.label(), reason];
                sink.count(&labels.map(Into::into), packets, flow.since);
            }
        }
    }
}

/// VLANs have a place each and need no guard.
fn guards(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        for keys in dimensions(flow).filter(|keys| keys.by != By::Vlan) {
            let labels = [&*flow.device, flow.direction.label(), keys.by.label()];
            sink.number(&labels.map(Into::into), keys.guarded.into());
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
}

fn series(snapshot: &Snapshot, sink: &mut dyn Sink, value: fn(&Keys) -> u64) {
    for by in By::ALL {
        if let Some(sum) = sum(snapshot, by, value) {
            sink.number(&[by.label().into()], sum);
        }
    }
}

fn evicted(snapshot: &Snapshot, sink: &mut dyn Sink) {
    let before = snapshot.health.evicted_before;

    for (by, before) in By::ALL.into_iter().zip([before.sources, before.ports, before.vlans]) {
        let since = sum(snapshot, by, |keys| keys.evicted);
        if since.is_some() || before.is_some() {
            sink.number(&[by.label().into()], before.unwrap_or(0) + since.unwrap_or(0));
        }
    }
}

/// Adds up over the flows that are sorted so; `None` where none is.
fn sum(snapshot: &Snapshot, by: By, value: fn(&Keys) -> u64) -> Option<u64> {
    let keys = snapshot.flows.iter().flat_map(|flow| dimensions(flow));

    keys.filter(|keys| keys.by == by).map(|keys| value(&keys)).reduce(|sum, value| sum + value)
}

fn dimensions(flow: &Flow) -> impl Iterator<Item = Keys> {
    let sources = flow.sources.as_ref().map(|sources| Keys::of(By::Source, sources, |_| true));
    let is_within = |port: &PortKey| !port.is_ephemeral();
    let ports = flow.ports.as_ref().map(|ports| Keys::of(By::Port, ports, is_within));
    let vlans = flow.vlans.as_ref().map(|vlans| Keys::of(By::Vlan, vlans, |_| true));

    [sources, ports, vlans].into_iter().flatten()
}

impl Keys {
    /// `is_within` says of a named key whether the limit holds for it.
    fn of<K>(by: By, dimension: &Dimension<K>, is_within: impl Fn(&K) -> bool) -> Self {
        let Dimension { named, other: _, unattributed, limit, evicted, guarded } = dimension;
        let named = named.iter().filter(|named| is_within(&named.key)).count();

        Self {
            by,
            named: named as u64,
            limit: *limit as u64,
            evicted: *evicted,
            unattributed: *unattributed,
            guarded: *guarded,
        }
    }
}

impl By {
    const ALL: [Self; 3] = [Self::Source, Self::Port, Self::Vlan];

    const fn label(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Port => "port",
            Self::Vlan => "vlan",
        }
    }
}
