//! Metrics of the exporter about the sockets of its host.

use super::metric::{Kind, Metric, Read, Unit};

pub(super) const METRICS: &[Metric] = &[Metric {
    name: "listening_age",
    help: "Time since the listening sockets of this host were read; missing where the kernel cannot \
           list them.",
    unit: Unit::Seconds,
    kind: Kind::Gauge,
    read: Read::Listening(|listened, sink| {
        if let Some(age) = listened.age {
            sink.real(&[], age.as_secs_f64());
        }
    }),
    ..Metric::USUAL
}];
