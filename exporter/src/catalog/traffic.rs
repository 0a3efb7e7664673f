//! Metrics of frames by everything that needs no key.

use shared::{
    Cast, Count, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, Protocol,
    SIZE_BOUNDS,
};

use crate::interval::sum;
use crate::snapshot::Flow;

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::{Histogram, Sample, Sink, Value};
use super::{icmp, tcp};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        help: "Packets by family and IP protocol.",
        unit: Unit::Packets,
        labels: &["device", "family", "protocol"],
        read: Read::Flow(|flow, sink| cells(flow, sink, |count| count.packets)),
        ..Metric::USUAL
    },
    Metric {
        help: "Bytes by family and IP protocol, from the Ethernet header on and without the FCS.",
        unit: Unit::Bytes,
        labels: &["device", "family", "protocol"],
        read: Read::Flow(|flow, sink| cells(flow, sink, |count| count.bytes)),
        ..Metric::USUAL
    },
    Metric {
        name: "frame_size",
        help: "Sizes of frames, from the Ethernet header on and without the FCS.",
        unit: Unit::Bytes,
        kind: Kind::Histogram,
        labels: &["device"],
        read: Read::Flow(sizes),
        ..Metric::USUAL
    },
    Metric {
        name: "cast",
        help: "Packets by destination type: unicast, multicast or broadcast.",
        unit: Unit::Packets,
        labels: &["device", "cast"],
        read: Read::Flow(cast),
        ..Metric::USUAL
    },
    Metric {
        name: "tcp",
        help: "TCP packets by class of flags; each packet is in exactly one class.",
        unit: Unit::Packets,
        labels: &["device", "flags"],
        read: Read::Flow(tcp::read),
        ..Metric::USUAL
    },
    Metric {
        name: "icmp",
        help: "ICMP and ICMPv6 messages by type.",
        unit: Unit::Packets,
        labels: &["device", "family", "type"],
        read: Read::Flow(icmp::read),
        ..Metric::USUAL
    },
    Metric {
        name: "fragments",
        help: "IP fragments by their position in the datagram.",
        labels: &["device", "family", "position"],
        read: Read::Flow(fragments),
        ..Metric::USUAL
    },
    Metric {
        name: "malformed",
        help: "Packets that failed a check of the parser, by the first check that failed.",
        unit: Unit::Packets,
        labels: &["device", "reason"],
        read: Read::Flow(malformed),
        ..Metric::USUAL
    },
    Metric {
        name: "encapsulated",
        help: "Packets that carry other packets, by the outermost encapsulation.",
        unit: Unit::Packets,
        labels: &["device", "encapsulation"],
        read: Read::Flow(encapsulations),
        ..Metric::USUAL
    },
    Metric {
        name: "verdicts",
        help: "Packets by the verdict of the program at the hook.",
        labels: &["device", "action"],
        read: Read::Flow(verdicts),
        ..Metric::USUAL
    },
];

const BOUNDS: [f64; SIZE_BOUNDS.len()] = {
    let mut bounds = [0.0; SIZE_BOUNDS.len()];
    let mut index = 0;
    while index < bounds.len() {
        bounds[index] = SIZE_BOUNDS[index] as f64;
        index += 1;
    }

    bounds
};

fn cells(flow: &Flow, sink: &mut dyn Sink, value: fn(&Count) -> u64) {
    for family in Family::ALL {
        for protocol in Protocol::ALL {
            let count = &flow.totals.cells[family.index()][protocol.index()];
            if count.packets > 0 || is_expected(*family, *protocol) {
                let labels = [&*flow.device, family.label(), protocol.label()].map(Into::into);
                sink.count(&labels, value(count), flow.since);
            }
        }
    }
}

/// Returns whether a cell is exposed before anything is counted in it: those that make sense are.
/// A frame can still carry IGMP in IPv6; such a cell is exposed with its first packet.
fn is_expected(family: Family, protocol: Protocol) -> bool {
    match family {
        Family::Ipv4 => !matches!(protocol, Protocol::Icmpv6 | Protocol::None),
        Family::Ipv6 => !matches!(protocol, Protocol::Icmp | Protocol::Igmp | Protocol::None),
        Family::Arp | Family::Mpls | Family::Other => matches!(protocol, Protocol::None),
    }
}

#[expect(clippy::cast_precision_loss, reason = "readers of histograms take sums as f64")]
fn sizes(flow: &Flow, sink: &mut dyn Sink) {
    let histogram = Histogram {
        bounds: &BOUNDS,
        buckets: &flow.totals.sizes.map(|count| count.packets),
        sum: sum(flow.totals.sizes.iter()).bytes as f64,
    };

    sink.sample(Sample {
        labels: &[(&*flow.device).into()],
        value: Value::Histogram(histogram),
        since: Some(flow.since),
    });
}

fn cast(flow: &Flow, sink: &mut dyn Sink) {
    if !flow.has_casts {
        return;
    }
    for cast in Cast::ALL {
        let labels = [&*flow.device, cast.label()].map(Into::into);
        sink.count(&labels, flow.totals.cast[cast.index()], flow.since);
    }
}

fn fragments(flow: &Flow, sink: &mut dyn Sink) {
    for family in IpFamily::ALL {
        for position in FragmentPosition::ALL {
            let labels = [&*flow.device, family.label(), position.label()].map(Into::into);
            let packets = flow.totals.fragments[family.index()][position.index()];
            sink.count(&labels, packets, flow.since);
        }
    }
}

fn malformed(flow: &Flow, sink: &mut dyn Sink) {
    for reason in Malformed::ALL {
        let labels = [&*flow.device, reason.label()].map(Into::into);
        sink.count(&labels, flow.totals.malformed[reason.index()], flow.since);
    }
}

fn encapsulations(flow: &Flow, sink: &mut dyn Sink) {
    for encapsulation in Encapsulation::ALL {
        let labels = [&*flow.device, encapsulation.label()].map(Into::into);
        let packets = flow.totals.encapsulations[encapsulation.index()];
        sink.count(&labels, packets, flow.since);
    }
}

/// An observer lets every packet pass.
fn verdicts(flow: &Flow, sink: &mut dyn Sink) {
    let labels = [&*flow.device, "pass"].map(Into::into);

    sink.count(&labels, flow.totals.frames().packets, flow.since);
}
