//! Metrics of what has a key: ports, sources, VLANs.

use shared::{Count, PortKey, PortProtocol};

use crate::dimension::{Dimension, SeriesKey};
use crate::interval::sum;
use crate::snapshot::{Flow, Named};

use super::metric::{Availability, Metric, Read, Twin, Unit};
use super::sample::{LabelValue, Sink};

const OTHER: LabelValue<'static> = LabelValue::Text("other");
const EPHEMERAL: LabelValue<'static> = LabelValue::Text("ephemeral");

/// Returns the label `port` of a key: its number, or what it stands for.
pub fn port_label(key: PortKey) -> LabelValue<'static> {
    match key.port() {
        Some(number) => LabelValue::Number(number),
        None if key.is_ephemeral() => EPHEMERAL,
        None => OTHER,
    }
}

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "vlan",
        help: "Packets with a VLAN tag, by the id of the outermost tag.",
        unit: Unit::Packets,
        labels: &["device", "vlan"],
        default: Availability::OptIn,
        is_named: true,
        read: Read::Flow(|flow, sink| {
            series(flow, Dimension::Vlans, sink, |count| count.packets);
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "port",
        help: "Packets by service port: the one of the two ports that is listened on, below 1024, \
               registered, or not a port of clients.",
        unit: Unit::Packets,
        labels: &["device", "protocol", "port"],
        is_named: true,
        read: Read::Flow(|flow, sink| ports(flow, sink, |count| count.packets)),
        ..Metric::USUAL
    },
    Metric {
        name: "port",
        help: "Bytes of packets by service port, from the Ethernet header on and without the FCS.",
        unit: Unit::Bytes,
        labels: &["device", "protocol", "port"],
        is_named: true,
        read: Read::Flow(|flow, sink| ports(flow, sink, |count| count.bytes)),
        ..Metric::USUAL
    },
    Metric {
        name: "source",
        help: "IP packets by source address, counted since the address was first named.",
        unit: Unit::Packets,
        labels: &["device", "source"],
        is_named: true,
        read: Read::Flow(|flow, sink| {
            series(flow, Dimension::Sources, sink, |count| count.packets);
        }),
        transmit: Some(Twin {
            name: "destination",
            help: "IP packets by destination address, counted since the address was first named.",
            labels: &["device", "destination"],
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "source",
        help: "Bytes of IP packets by source address, counted since the address was first named.",
        unit: Unit::Bytes,
        labels: &["device", "source"],
        is_named: true,
        read: Read::Flow(|flow, sink| {
            series(flow, Dimension::Sources, sink, |count| count.bytes);
        }),
        transmit: Some(Twin {
            name: "destination",
            help: "Bytes of IP packets by destination address, counted since the address was first named.",
            labels: &["device", "destination"],
        }),
        ..Metric::USUAL
    },
];

/// The series of a dimension whose keys are one label: by key, then `other`.
fn series(flow: &Flow, dimension: Dimension, sink: &mut dyn Sink, value: fn(&Count) -> u64) {
    let Some(breakdown) = &flow.breakdowns[dimension] else { return };
    let device = LabelValue::Text(&flow.device);

    for Named { key, count, since } in &breakdown.named {
        sink.count(&[device, label(*key)], value(count), *since);
    }
    sink.count(&[device, OTHER], value(&sum(breakdown.other.iter())), breakdown.since);
}

fn label(key: SeriesKey) -> LabelValue<'static> {
    match key {
        SeriesKey::Address(address) => LabelValue::Address(address),
        SeriesKey::Port(port) => port_label(port),
        SeriesKey::Vlan(id) => LabelValue::Number(id),
    }
}

/// Numbers first, then `ephemeral` and `other` of each protocol, which are always there.
fn ports(flow: &Flow, sink: &mut dyn Sink, value: fn(&Count) -> u64) {
    let Some(ports) = &flow.breakdowns[Dimension::Ports] else { return };
    let device = LabelValue::Text(&flow.device);
    let named = |key: PortKey| ports.named.iter().find(move |named| named.key == key.into());

    for Named { key, count, since } in &ports.named {
        if let SeriesKey::Port(key) = key
            && let (Some(protocol), Some(number)) = (key.protocol(), key.port())
        {
            let labels = [device, protocol.label().into(), LabelValue::Number(number)];
            sink.count(&labels, value(count), *since);
        }
    }
    for protocol in PortProtocol::ALL {
        let (ephemeral, since) = named(PortKey::ephemeral(*protocol))
            .map_or((Count::default(), ports.since), |named| (named.count, named.since));
        sink.count(&[device, protocol.label().into(), EPHEMERAL], value(&ephemeral), since);

        let without_port = named(PortKey::absent(*protocol)).map(|named| &named.count);
        let other = sum(ports.other.get(protocol.index()).into_iter().chain(without_port));
        sink.count(&[device, protocol.label().into(), OTHER], value(&other), ports.since);
    }
}
