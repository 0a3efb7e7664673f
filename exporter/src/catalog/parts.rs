//! Metrics of the exporter about the parts that it can do without.

use super::metric::{Kind, Metric, Read};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "part_up",
        help: "Whether the part of the exporter runs, 1, or waits after a failure for its next \
               start, 0.",
        kind: Kind::Gauge,
        labels: &["part"],
        read: Read::Part(|part, sink| sink.number(&[(&*part.name).into()], part.is_up.into())),
        ..Metric::USUAL
    },
    Metric {
        name: "part_restarts",
        help: "How often the part of the exporter was started again after it had failed.",
        labels: &["part"],
        read: Read::Part(|part, sink| {
            sink.count(&[(&*part.name).into()], part.restarts, part.since);
        }),
        ..Metric::USUAL
    },
];
