//! Which labels are counted together: one group for each metric of the catalogue that counts packets.

use std::fmt;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use shared::{Count, Direction};

use super::label::{Label, SIZES};
use crate::api::kind::Kind;
use crate::api::problem::Problem;
use crate::catalog::{Choice, LabelValue, MetricFamily, Sample, Sink, Unit, Value, families};
use crate::dimension::Dimension;
use crate::snapshot::Flow;

/// Labels that are counted together, beside `direction`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// The name of the metric in the catalogue.
    metric: &'static str,
    /// In the order of the metric, which names some of them otherwise.
    pub(super) labels: &'static [Label],
    /// Where a part of them has no name.
    pub(super) dimension: Option<Dimension>,
}

/// The value of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<'a> {
    #[default]
    Absent,
    Number(u16),
    Address(IpAddr),
    Text(&'a str),
}

/// What the labels of one series are, in the order of [`Counted::labels`].
pub(super) type Key<'a> = [Part<'a>; 3];

/// What is exposed as one series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series<'a> {
    pub(super) key: Key<'a>,
    pub(super) count: Count,
    pub(super) since: SystemTime,
}

pub(super) const OTHER: Part<'static> = Part::Text("other");

use Label::{
    Cast, Destination, Device, Dscp, Ecn, Encapsulation, Family, Flags, Fragment, Icmp, Malformed,
    Port, Protocol, Size, Source, Vlan,
};

/// All groups. Of several that have all labels of a request, the first is taken.
pub(super) static ALL: [Counted; 14] = [
    plain("", &[Device, Family, Protocol]),
    plain(Counted::SIZES, &[Device, Size]),
    plain("cast", &[Device, Cast]),
    plain("tcp", &[Device, Flags]),
    plain("icmp", &[Device, Family, Icmp]),
    plain("fragments", &[Device, Family, Fragment]),
    plain("malformed", &[Device, Malformed]),
    plain("encapsulated", &[Device, Encapsulation]),
    keyed("port", &[Device, Protocol, Port], Dimension::Ports),
    keyed("source", &[Device, Source], Dimension::Sources),
    keyed("destination", &[Device, Destination], Dimension::Sources),
    keyed("vlan", &[Device, Vlan], Dimension::Vlans),
    plain("dscp", &[Device, Dscp]),
    plain("ecn", &[Device, Ecn]),
];

/// The metrics that a group is read from, in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metrics {
    packets: MetricFamily,
    /// `None` where bytes are not counted, or not exposed.
    pub(super) bytes: Option<MetricFamily>,
}

const fn plain(metric: &'static str, labels: &'static [Label]) -> Counted {
    Counted { metric, labels, dimension: None }
}

const fn keyed(metric: &'static str, labels: &'static [Label], dimension: Dimension) -> Counted {
    Counted { metric, labels, dimension: Some(dimension) }
}

impl Counted {
    const SIZES: &str = "frame_size";

    /// Returns the group that has all these labels.
    pub(super) fn with(asked: &[Label]) -> Result<&'static Self, Problem> {
        let asked: Vec<_> = asked.iter().copied().filter(|it| *it != Label::Direction).collect();
        let has = |group: &&Self, label: &Label| group.labels.contains(label);
        let has_all = |group: &&Self| asked.iter().all(|label| has(group, label));

        ALL.iter().find(has_all).ok_or_else(|| {
            let names: Vec<_> = asked.iter().map(|label| label.name()).collect();
            // `device` alone is in every group.
            let related =
                |group: &&Self| asked.iter().any(|label| *label != Device && has(group, label));
            let groups: Vec<_> = ALL.iter().filter(related).map(Self::words).collect();
            let detail = format!(
                "{} were not counted together; what was: {}",
                names.join(", "),
                groups.join("; ")
            );
            Problem::new(Kind::NotCountedTogether, detail)
        })
    }

    /// Returns the names of its labels.
    pub(super) fn names(&self) -> Vec<&'static str> {
        [Label::Direction].iter().chain(self.labels).map(|label| label.name()).collect()
    }

    /// Returns the names of its labels as a text for people.
    pub(super) fn words(&self) -> String {
        self.names().join(", ")
    }

    /// Returns the label whose keys may have no name.
    pub(super) fn keyed(&self) -> Option<Label> {
        self.dimension.and(self.labels.last().copied())
    }

    /// Returns the metrics of one direction; `None` where it does not have the labels, or where they
    /// are not exposed.
    pub(super) fn metrics(&self, direction: Direction, choice: &Choice) -> Option<Metrics> {
        let own = families().filter(|family| {
            family.direction() == Some(direction)
                && family.own_name() == self.metric
                && choice.has(family)
        });
        let (bytes, packets): (Vec<_>, Vec<_>) =
            own.partition(|family| family.unit() == Unit::Bytes && self.metric != Self::SIZES);
        let packets = packets.first().copied()?;
        // Buckets of sizes have their bytes too.
        let bytes = if self.metric == Self::SIZES { Some(packets) } else { bytes.first().copied() };

        Some(Metrics { packets, bytes })
    }

    /// Returns every series of a flow, in the order of the keys.
    pub(super) fn series<'a>(&'static self, flow: &'a Flow, metrics: &Metrics) -> Vec<Series<'a>> {
        if self.metric == Self::SIZES {
            return sizes(flow);
        }
        let read = |family: &MetricFamily| {
            let mut read = Read { group: self, device: &flow.device, series: Vec::new() };
            family.read_flow(flow, &mut read);
            read.series
        };

        let mut series = read(&metrics.packets);
        if let Some(bytes) = &metrics.bytes {
            // Both go through the same keys.
            for (one, other) in series.iter_mut().zip(read(bytes)) {
                one.count.bytes = other.count.packets;
            }
        }
        series.sort_unstable_by_key(|it| it.key);
        series
    }
}

fn sizes(flow: &Flow) -> Vec<Series<'_>> {
    let one = |(size, count): (&'static str, &Count)| Series {
        key: [Part::Text(&flow.device), Part::Text(size), Part::Absent],
        count: *count,
        since: flow.since,
    };
    let mut series: Vec<_> = SIZES.into_iter().zip(&flow.totals.sizes).map(one).collect();
    series.sort_unstable_by_key(|it| it.key);

    series
}

/// Keeps the samples of one flow; their values are taken for packets.
struct Read<'a> {
    group: &'static Counted,
    device: &'a str,
    series: Vec<Series<'a>>,
}

impl Sink for Read<'_> {
    fn sample(&mut self, Sample { labels, value, since }: Sample<'_>) {
        let Value::Integer(packets) = value else { return };
        let mut key = Key::default();
        for ((part, label), value) in key.iter_mut().zip(self.group.labels).zip(labels) {
            *part = match value {
                _ if *label == Device => Part::Text(self.device),
                LabelValue::Number(number) => Part::Number(*number),
                LabelValue::Address(address) => Part::Address(*address),
                LabelValue::Text(text) => known(*label, text),
            };
        }

        let count = Count { packets, bytes: 0 };
        self.series.push(Series { key, count, since: since.unwrap_or(UNIX_EPOCH) });
    }
}

/// Returns the text as one that lasts.
fn known(label: Label, text: &str) -> Part<'static> {
    let of_ports = ["other", "ephemeral"];
    let mut all = label.values().iter().chain(&of_ports);

    all.find(|known| **known == text).map_or(OTHER, |known| Part::Text(known))
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Number(number) => number.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::example;

    #[test]
    fn every_metric_of_packets_is_in_a_group() {
        /// Gauges, and what every packet has: the verdict to pass.
        const OTHERWISE: [&str; 1] = ["verdicts"];
        let counters = families().filter(|family| {
            family.direction().is_some() && family.kind() != crate::catalog::Kind::Gauge
        });

        for family in counters {
            let name = family.own_name();
            let is_there = ALL.iter().any(|group| group.metric == name);
            assert_ne!(is_there, OTHERWISE.contains(&name), "{name}");
        }
    }

    #[test]
    fn every_label_is_in_a_group_and_every_group_has_series() {
        let readings = example::readings();

        for label in Label::ALL {
            assert!(Counted::with(&[label]).is_ok(), "{label:?}");
        }
        for group in &ALL {
            let series = readings.snapshot.flows.iter().flat_map(|flow| {
                let metrics = group.metrics(flow.direction, &readings.choice);
                metrics.map(|metrics| group.series(flow, &metrics)).unwrap_or_default()
            });
            let series: Vec<_> = series.collect();

            assert!(!series.is_empty(), "{}", group.words());
            for Series { key, .. } in series {
                let there = key.iter().filter(|part| **part != Part::Absent).count();
                assert_eq!(there, group.labels.len(), "{}: {key:?}", group.words());
            }
        }
    }
}
