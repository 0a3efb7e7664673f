//! Metrics of the exporter about its pushes to receivers of OTLP.

use crate::health::{DURATION_BOUNDS, Durations, Push, PushFailure};

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::{Histogram, Sample, Sink, Value};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "otlp_exports",
        help: "Pushes of all metrics that the receiver accepted.",
        labels: &["endpoint"],
        read: Read::Push(|push, sink| sink.number(&[(&*push.endpoint).into()], push.exports)),
        ..Metric::USUAL
    },
    Metric {
        name: "otlp_export_failures",
        help: "Failed requests to the receiver, by reason.",
        labels: &["endpoint", "reason"],
        read: Read::Push(failures),
        ..Metric::USUAL
    },
    Metric {
        name: "otlp_exported_points",
        help: "Data points that the receiver accepted.",
        labels: &["endpoint"],
        read: Read::Push(|push, sink| sink.number(&[(&*push.endpoint).into()], push.points)),
        ..Metric::USUAL
    },
    Metric {
        name: "otlp_rejected_points",
        help: "Data points that the receiver rejected.",
        labels: &["endpoint"],
        read: Read::Push(|push, sink| sink.number(&[(&*push.endpoint).into()], push.rejected)),
        ..Metric::USUAL
    },
    Metric {
        name: "otlp_export_duration",
        help: "Duration of pushes that the receiver accepted, with all their requests.",
        unit: Unit::Seconds,
        kind: Kind::Histogram,
        labels: &["endpoint"],
        read: Read::Push(durations),
        ..Metric::USUAL
    },
];

fn failures(push: &Push, sink: &mut dyn Sink) {
    for reason in PushFailure::ALL {
        let labels = [&*push.endpoint, reason.label()].map(Into::into);
        sink.number(&labels, push.failures.get(&reason).copied().unwrap_or(0));
    }
}

fn durations(push: &Push, sink: &mut dyn Sink) {
    let Durations { buckets, sum } = &push.durations;
    let histogram = Histogram { bounds: &DURATION_BOUNDS, buckets, sum: sum.as_secs_f64() };

    sink.sample(Sample {
        labels: &[(&*push.endpoint).into()],
        value: Value::Histogram(histogram),
        since: None,
    });
}
