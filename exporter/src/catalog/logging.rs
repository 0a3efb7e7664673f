//! Metrics of the exporter about its own log.

use super::metric::{Metric, Read};

pub(super) const METRICS: &[Metric] = &[Metric {
    name: "log_events_lost",
    help: "Log events lost because standard error or the OTLP receiver did not accept them.",
    read: Read::Logging(|logging, sink| sink.number(&[], logging.lost)),
    ..Metric::USUAL
}];
