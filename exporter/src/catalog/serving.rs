//! Metrics of the exporter about what it serves over HTTP.

use crate::health::{HttpRefusal, Serving};

use super::metric::{Metric, Read};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "http_refusals",
        help: "Refused HTTP connections and requests, by reason.",
        labels: &["reason"],
        read: Read::Serving(refusals),
        ..Metric::USUAL
    },
    Metric {
        name: "connection_panics",
        help: "HTTP connections and requests that ended in a panic, which is a bug in the \
               exporter.",
        read: Read::Serving(|serving, sink| sink.number(&[], serving.panics)),
        ..Metric::USUAL
    },
];

fn refusals(serving: &Serving, sink: &mut dyn Sink) {
    for reason in HttpRefusal::ALL {
        let count = serving.refusals.get(&reason).copied().unwrap_or(0);
        sink.number(&[reason.label().into()], count);
    }
}
