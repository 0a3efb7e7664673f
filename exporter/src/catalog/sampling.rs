//! Metrics of the exporter about the packets that it takes copies of.

use crate::health::Sampled;

use super::metric::{Metric, Read};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "samples",
        help: "Packets that were sampled for a look at them, by device; missing while `samples.enabled` \
               was never set.",
        labels: &["device"],
        read: Read::Sampled(|sampled, sink| {
            for (device, packets) in &sampled.taken {
                sink.number(&[(&**device).into()], *packets);
            }
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "samples_lost",
        help: "Packets that were to be sampled and were not: ring_full, the ring buffer had no room; rate, \
               there were more than `samples.per_second`; copy, their bytes could not be copied.",
        labels: &["reason"],
        read: Read::Sampled(lost),
        ..Metric::USUAL
    },
];

fn lost(sampled: &Sampled, sink: &mut dyn Sink) {
    if let Some(losses) = sampled.losses {
        for (reason, packets) in losses.by_reason() {
            sink.number(&[reason.into()], packets);
        }
    }
}
