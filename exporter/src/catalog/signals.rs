//! Metrics of what a window of traffic looks like as a whole.

use shared::{IpFamily, PortProtocol};

use crate::snapshot::{Flow, Signals};

use super::metric::{Kind, Metric, Read, Twin, Unit};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "distinct_sources",
        help: "Distinct source addresses in the window, estimated with an error of about 1.6 %.",
        kind: Kind::Gauge,
        labels: &["device", "family"],
        read: Read::Flow(distinct_sources),
        transmit: Some(Twin {
            name: "distinct_destinations",
            help: "Distinct destination addresses in the window, estimated with an error of about \
                   1.6 %.",
            labels: &["device", "family"],
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "distinct_ports",
        help: "Distinct destination ports in the window.",
        kind: Kind::Gauge,
        labels: &["device", "protocol"],
        read: Read::Flow(distinct_ports),
        ..Metric::USUAL
    },
    Metric {
        name: "source_entropy",
        help: "How evenly packets are spread over sources, from 0 for a single source to 1 for \
               equal shares; the mean over the window.",
        read: Read::Flow(|flow, sink| entropy(flow, sink, |signals| signals.source_entropy)),
        transmit: Some(Twin {
            name: "destination_entropy",
            help: "How evenly packets are spread over destinations, from 0 for a single \
                   destination to 1 for equal shares; the mean over the window.",
            labels: &["device"],
        }),
        ..RATIO
    },
    Metric {
        name: "port_entropy",
        help: "How evenly packets are spread over ports, from 0 for a single port to 1 for equal \
               shares; the mean over the window.",
        read: Read::Flow(|flow, sink| entropy(flow, sink, |signals| signals.port_entropy)),
        ..RATIO
    },
    Metric {
        name: "scanning_sources",
        help: "Sources that probed about `signals.scan_ports` or more distinct ports in the \
               window.",
        kind: Kind::Gauge,
        labels: &["device"],
        read: Read::Flow(|flow, sink| sources(flow, sink, |signals| signals.scanning_sources)),
        transmit: Some(Twin {
            name: "scanned_destinations",
            help: "Destinations on which about `signals.scan_ports` or more distinct ports were \
                   probed in the window.",
            labels: &["device"],
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "syn_sources",
        help: "Sources that sent a SYN in the window and no ACK since: exact up to 8192, with an \
               error of about 1.3 % above, too low while sources are refused or evicted.",
        kind: Kind::Gauge,
        labels: &["device"],
        read: Read::Flow(|flow, sink| sources(flow, sink, |signals| signals.syn_sources)),
        transmit: Some(Twin {
            name: "syn_destinations",
            help: "Destinations that were sent a SYN in the window and no ACK since: exact up to \
                   8192, with an error of about 1.3 % above, too low while destinations are \
                   refused or evicted.",
            labels: &["device"],
        }),
        ..Metric::USUAL
    },
];

const RATIO: Metric =
    Metric { unit: Unit::Ratio, kind: Kind::Gauge, labels: &["device"], ..Metric::USUAL };

fn distinct_sources(flow: &Flow, sink: &mut dyn Sink) {
    let Some(signals) = &flow.signals else { return };

    for family in IpFamily::ALL {
        let labels = [&*flow.device, family.label()].map(Into::into);
        sink.real(&labels, signals.distinct_sources[family.index()]);
    }
}

fn distinct_ports(flow: &Flow, sink: &mut dyn Sink) {
    let Some(signals) = &flow.signals else { return };

    for protocol in PortProtocol::ALL {
        let labels = [&*flow.device, protocol.label()].map(Into::into);
        sink.number(&labels, signals.distinct_ports[protocol.index()]);
    }
}

fn entropy(flow: &Flow, sink: &mut dyn Sink, value: fn(&Signals) -> Option<f64>) {
    if let Some(value) = flow.signals.as_ref().and_then(value) {
        sink.real(&[(&*flow.device).into()], value);
    }
}

fn sources(flow: &Flow, sink: &mut dyn Sink, number: fn(&Signals) -> Option<u64>) {
    if let Some(sources) = flow.signals.as_ref().and_then(number) {
        sink.number(&[(&*flow.device).into()], sources);
    }
}
