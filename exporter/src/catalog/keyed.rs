//! Metrics of what has a key: ports, sources, VLANs.

use shared::{Count, PortKey, PortProtocol};

use crate::interval::sum;
use crate::snapshot::Flow;

use super::metric::{Availability, Metric, Read, Unit, Wording};
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
        help: "Packets with a VLAN tag, by the id of the outermost one.",
        unit: Unit::Packets,
        labels: &["device", "vlan"],
        default: Availability::OptIn,
        is_named: true,
        read: Read::Flow(vlans),
        ..Metric::USUAL
    },
    Metric {
        name: "port",
        help: "Packets by service port, which is the destination port unless only that one is \
               ephemeral.",
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
        read: Read::Flow(|flow, sink| sources(flow, sink, |count| count.packets)),
        transmit: Some(Wording {
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
        read: Read::Flow(|flow, sink| sources(flow, sink, |count| count.bytes)),
        transmit: Some(Wording {
            name: "destination",
            help: "Bytes of IP packets by destination address, counted since the address was first named.",
            labels: &["device", "destination"],
        }),
        ..Metric::USUAL
    },
];

fn vlans(flow: &Flow, sink: &mut dyn Sink) {
    let Some(vlans) = &flow.vlans else { return };
    let device = LabelValue::Text(&flow.device);

    for vlan in &vlans.named {
        sink.count(&[device, LabelValue::Number(vlan.key)], vlan.count.packets, vlan.since);
    }
    sink.count(&[device, OTHER], sum(vlans.other.iter()).packets, flow.since);
}

/// Numbers first, then `ephemeral` and `other` of each protocol, which are always there.
fn ports(flow: &Flow, sink: &mut dyn Sink, value: fn(&Count) -> u64) {
    let Some(ports) = &flow.ports else { return };
    let device = LabelValue::Text(&flow.device);
    let named = |key| ports.named.iter().find(move |named| named.key == key);

    for port in &ports.named {
        if let (Some(protocol), Some(number)) = (port.key.protocol(), port.key.port()) {
            let labels = [device, protocol.label().into(), LabelValue::Number(number)];
            sink.count(&labels, value(&port.count), port.since);
        }
    }
    for protocol in PortProtocol::ALL {
        let (ephemeral, since) = named(PortKey::ephemeral(*protocol))
            .map_or((Count::default(), flow.since), |named| (named.count, named.since));
        sink.count(&[device, protocol.label().into(), EPHEMERAL], value(&ephemeral), since);

        let without_port = named(PortKey::absent(*protocol)).map(|named| &named.count);
        let other = sum(ports.other.get(protocol.index()).into_iter().chain(without_port));
        sink.count(&[device, protocol.label().into(), OTHER], value(&other), flow.since);
    }
}

fn sources(flow: &Flow, sink: &mut dyn Sink, value: fn(&Count) -> u64) {
    let Some(sources) = &flow.sources else { return };
    let device = LabelValue::Text(&flow.device);

    for source in &sources.named {
        sink.count(&[device, LabelValue::Address(source.key)], value(&source.count), source.since);
    }
    sink.count(&[device, OTHER], value(&sum(sources.other.iter())), flow.since);
}
