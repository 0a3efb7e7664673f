//! Every metric, once: `/metrics`, OTLP and the table in `docs/metrics.md` are made from this.

use std::sync::Arc;

use shared::Direction;

use crate::health::{Configuration, Listened, Logging, Part, PartMemory, Push, Sampled, Serving};
use crate::process::Process;
use crate::snapshot::{Flow, Snapshot};
use crate::version::Build;

mod choice;
mod classes;
mod configuration;
#[cfg(test)]
pub(crate) mod example;
mod icmp;
mod keyed;
mod listening;
mod logging;
mod metric;
mod own;
mod own_tables;
mod parts;
mod process;
mod push;
mod sample;
mod sampling;
mod serving;
mod signals;
mod table;
mod tcp;
#[cfg(test)]
mod tests;
mod traffic;

pub use choice::{Choice, ChoiceError, Group};
pub use classes::ECN;
pub use icmp::{ICMP_TYPES, icmp_types};
pub use keyed::port_label;
pub use metric::{Availability, Kind, Metric, Read, Twin, Unit};
pub use sample::{Histogram, LabelValue, Sample, Sink, Value};
pub use table::markdown;
pub use tcp::{TCP_CLASSES, tcp_classes};

/// What every name begins with, but those that are the same in all exporters.
pub const PREFIX: &str = "packet";

/// Everything that metrics are read from.
#[derive(Clone, Debug)]
pub struct Readings {
    pub snapshot: Arc<Snapshot>,
    pub configuration: Arc<Configuration>,
    pub process: Process,
    pub build: Build,
    pub serving: Serving,
    /// One for each receiver of OTLP.
    pub pushes: Vec<Arc<Push>>,
    pub logging: Logging,
    pub listened: Listened,
    pub sampled: Sampled,
    /// What parts take that are not switched off, beside those that the snapshot knows.
    pub memory: Vec<PartMemory>,
    /// Those that the process can do without.
    pub parts: Vec<Part>,
    pub choice: Choice,
}

/// Metrics that belong together.
struct Section {
    title: &'static str,
    metrics: &'static [&'static [Metric]],
}

const SECTIONS: [Section; 4] = [
    Section { title: "Traffic", metrics: &[traffic::METRICS, classes::METRICS, keyed::METRICS] },
    Section { title: "Signals", metrics: &[signals::METRICS] },
    Section {
        title: "The exporter about itself",
        metrics: &[
            own::METRICS,
            configuration::METRICS,
            own_tables::METRICS,
            listening::METRICS,
            sampling::METRICS,
            parts::METRICS,
            serving::METRICS,
            push::METRICS,
            logging::METRICS,
        ],
    },
    Section { title: "The process", metrics: &[process::METRICS] },
];

/// A metric as it is exposed: in one direction, where it has one.
#[derive(Clone, Copy, Debug)]
pub struct MetricFamily {
    metric: &'static Metric,
    direction: Option<Direction>,
}

/// Returns every metric in the order of exposition.
pub fn families() -> impl Iterator<Item = MetricFamily> {
    let directions = [Some(Direction::Receive), Some(Direction::Transmit), None];

    directions.into_iter().flat_map(|direction| {
        metrics()
            .filter(move |metric| matches!(metric.read, Read::Flow(_)) == direction.is_some())
            .map(move |metric| MetricFamily { metric, direction })
    })
}

fn metrics() -> impl Iterator<Item = &'static Metric> {
    SECTIONS.iter().flat_map(|section| section.metrics.iter().copied().flatten())
}

impl MetricFamily {
    /// The name without unit, `_total` and `_info`: each format appends these in its own way.
    pub fn name(&self) -> String {
        let [scope, own] = [self.scope().join("_"), self.own_name().to_owned()];

        if own.is_empty() { scope } else { [scope, own].join("_") }
    }

    /// What the name begins with: what the metric is about.
    pub fn scope(&self) -> Vec<&'static str> {
        match (self.metric.read, self.direction) {
            (Read::Flow(_), Some(direction)) => vec![PREFIX, direction.label()],
            (Read::Flow(_), None) => vec![PREFIX],
            (
                Read::Exporter(_)
                | Read::Configuration(_)
                | Read::Build(_)
                | Read::Serving(_)
                | Read::Push(_)
                | Read::Part(_)
                | Read::Memory(_)
                | Read::Listening(_)
                | Read::Sampled(_)
                | Read::Logging(_),
                _,
            ) => {
                vec![PREFIX, "exporter"]
            }
            (Read::Process(_), _) => vec!["process"],
        }
    }

    /// The name behind the scope; empty where the unit is enough.
    pub fn own_name(&self) -> &'static str {
        self.twin().map_or(self.metric.name, |twin| twin.name)
    }

    /// The name as Prometheus stores it; of a histogram, without `_bucket`, `_sum` and `_count`.
    pub fn stored_name(&self) -> String {
        let mut name = self.name();
        for suffix in [self.unit().suffix(), self.kind().suffix()].into_iter().flatten() {
            name.push('_');
            name.push_str(suffix);
        }

        name
    }

    pub fn help(&self) -> &'static str {
        self.twin().map_or(self.metric.help, |twin| twin.help)
    }

    /// Names of the labels, in the order of a sample's values.
    pub fn labels(&self) -> &'static [&'static str] {
        self.twin().map_or(self.metric.labels, |twin| twin.labels)
    }

    pub fn unit(&self) -> Unit {
        self.metric.unit
    }

    pub fn kind(&self) -> Kind {
        self.metric.kind
    }

    /// `None` where the metric is not about one direction of a device.
    pub fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// Returns whether a series that ended may come back with the start that it had, while its flow
    /// goes on. Any other that ended begins anew.
    pub fn may_come_back(&self) -> bool {
        self.metric.is_named
    }

    /// Feeds every sample of the metric to `sink`; none if the metric is not chosen.
    pub fn read(&self, readings: &Readings, sink: &mut dyn Sink) {
        let Readings {
            snapshot,
            configuration,
            process,
            build,
            serving,
            pushes,
            logging,
            listened,
            sampled,
            memory,
            parts,
            choice,
        } = readings;
        if !choice.has(self) {
            return;
        }

        match self.metric.read {
            Read::Flow(read) => snapshot
                .flows
                .iter()
                .filter(|flow| Some(flow.direction) == self.direction)
                .for_each(|flow| read(flow, sink)),
            Read::Exporter(read) => read(snapshot, sink),
            Read::Configuration(read) => read(configuration, sink),
            Read::Build(read) => read(build, sink),
            Read::Process(read) => read(process, sink),
            Read::Serving(read) => read(serving, sink),
            Read::Push(read) => pushes.iter().for_each(|push| read(push, sink)),
            Read::Logging(read) => read(logging, sink),
            Read::Listening(read) => read(listened, sink),
            Read::Sampled(read) => read(sampled, sink),
            Read::Memory(read) => {
                snapshot.health.memory.iter().chain(memory).for_each(|part| read(part, sink));
            }
            Read::Part(read) => parts.iter().for_each(|part| read(part, sink)),
        }
    }

    /// Feeds every sample of one flow to `sink`; none if the metric is not about its direction.
    pub fn read_flow(&self, flow: &Flow, sink: &mut dyn Sink) {
        if let Read::Flow(read) = self.metric.read
            && self.direction == Some(flow.direction)
        {
            read(flow, sink);
        }
    }

    fn twin(&self) -> Option<&'static Twin> {
        self.metric.transmit.as_ref().filter(|_| self.direction == Some(Direction::Transmit))
    }
}
