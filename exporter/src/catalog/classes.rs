//! IP packets by the two parts of their traffic class.

use crate::snapshot::Flow;

use super::metric::{Availability, Metric, Read, Unit};
use super::sample::{LabelValue, Sink};

/// Codepoints of ECN by their value, the two low bits. Source: RFC 3168, section 5.
pub const ECN: [&str; 4] = ["not_ect", "ect1", "ect0", "ce"];

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "dscp",
        help: "IP packets by DSCP; a value other than 0 has a series from its first packet on.",
        unit: Unit::Packets,
        labels: &["device", "dscp"],
        default: Availability::OptIn,
        read: Read::Flow(dscp),
        ..Metric::USUAL
    },
    Metric {
        name: "ecn",
        help: "IP packets by ECN codepoint; ce marks congestion on the way.",
        unit: Unit::Packets,
        labels: &["device", "ecn"],
        default: Availability::OptIn,
        read: Read::Flow(ecn),
        ..Metric::USUAL
    },
];

fn dscp(flow: &Flow, sink: &mut dyn Sink) {
    let Some(classes) = &flow.classes else { return };
    // DSCP is the six high bits. Source: RFC 2474, section 3.
    let by_dscp = classes.packets.chunks(ECN.len()).map(|of_one| of_one.iter().sum());

    // Best effort is always there.
    for (dscp, packets) in (0..).zip(by_dscp).filter(|(dscp, packets)| *dscp == 0 || *packets > 0) {
        let labels = [(&*flow.device).into(), LabelValue::Number(dscp)];
        sink.count(&labels, packets, classes.since);
    }
}

fn ecn(flow: &Flow, sink: &mut dyn Sink) {
    let Some(classes) = &flow.classes else { return };

    for (value, label) in ECN.into_iter().enumerate() {
        let packets = classes.packets.iter().skip(value).step_by(ECN.len()).sum();
        sink.count(&[&*flow.device, label].map(Into::into), packets, classes.since);
    }
}
