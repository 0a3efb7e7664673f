//! The series of the catalogue that count a packet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Cast, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, PortKey, Rare};

use crate::catalog::{
    self, ECN, Kind, LabelValue, MetricFamily, Readings, families, icmp_types, port_label,
    tcp_classes,
};
use crate::samples::Sample;

/// Where packets are counted whose key has no name.
const OTHER: LabelValue<'static> = LabelValue::Text("other");
/// Labels that keys are.
const KEYS: [&str; 4] = ["port", "source", "destination", "vlan"];

/// A series of `/metrics`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Series {
    /// Of a histogram, without `_bucket`, `_sum` and `_count`.
    name: String,
    /// Its labels.
    labels: BTreeMap<&'static str, String>,
}

/// Looks among the samples of a metric for one with these values of labels.
struct Search<'a> {
    wanted: &'a [LabelValue<'a>],
    /// The same with `other` for the key, if one of them is a key.
    other: Option<&'a [LabelValue<'a>]>,
    has_wanted: bool,
    has_other: bool,
}

/// Returns the series that are there and count such a packet, in the order of the catalogue.
pub(super) fn series(readings: &Readings, sample: &Sample, port: Option<PortKey>) -> Vec<Series> {
    let is_count = |family: &MetricFamily| matches!(family.kind(), Kind::Counter | Kind::Histogram);
    let of_direction = |family: &MetricFamily| family.direction() == Some(sample.direction);

    families()
        .filter(|family| of_direction(family) && is_count(family))
        .filter_map(|family| found(&family, readings, sample, port))
        .collect()
}

fn found(
    family: &MetricFamily,
    readings: &Readings,
    sample: &Sample,
    port: Option<PortKey>,
) -> Option<Series> {
    let names = family.labels();
    let wanted: Vec<_> =
        names.iter().map(|name| value(name, sample, port)).collect::<Option<_>>()?;
    let key = names.iter().position(|name| KEYS.contains(name));
    let other = key.map(|key| {
        let mut other = wanted.clone();
        other[key] = OTHER;
        other
    });
    let mut search =
        Search { wanted: &wanted, other: other.as_deref(), has_wanted: false, has_other: false };
    family.read(readings, &mut search);

    let values = match search {
        Search { has_wanted: true, .. } => &wanted,
        Search { has_other: true, .. } => other.as_ref()?,
        Search { .. } => return None,
    };
    let labels = names.iter().copied().zip(values.iter().map(ToString::to_string)).collect();
    Some(Series { name: family.stored_name(), labels })
}

impl catalog::Sink for Search<'_> {
    fn sample(&mut self, sample: catalog::Sample<'_>) {
        self.has_wanted |= sample.labels == self.wanted;
        self.has_other |= self.other == Some(sample.labels);
    }
}

/// Returns the value of a label that a packet is counted under; `None` where it has none.
fn value<'a>(name: &str, sample: &'a Sample, port: Option<PortKey>) -> Option<LabelValue<'a>> {
    let parsed = &sample.parsed;
    let (family, protocol) = sample.cell()?;
    let label = |labels: &[&'static str], index: u8, mark| {
        labels.get(usize::from(index)).copied().filter(|_| parsed.rare & mark != 0)
    };
    let far = || sample.is_ip().then(|| LabelValue::Address(parsed.address.to_ip()));

    let text = match name {
        "device" => return Some(LabelValue::Text(&sample.device)),
        "port" => return port.map(port_label),
        "source" | "destination" => return far(),
        "vlan" => {
            return (parsed.rare & Rare::VLAN != 0).then_some(LabelValue::Number(parsed.vlan));
        }
        "dscp" => return sample.traffic_class().map(|it| LabelValue::Number((it >> 2).into())),
        "ecn" => sample.traffic_class().and_then(|it| ECN.get(usize::from(it & 3)).copied()),
        "family" => Some(family.label()),
        "protocol" => Some(protocol.label()),
        "cast" => label(Cast::LABELS, parsed.cast, Rare::CAST).or(Some(Cast::Unicast.label())),
        "flags" => (parsed.has_tcp_flags != 0).then(|| class(parsed.tcp_flags)).flatten(),
        "type" if parsed.rare & Rare::ICMP != 0 => message(family, parsed.icmp_type),
        "position" => label(FragmentPosition::LABELS, parsed.fragment, Rare::FRAGMENT),
        "reason" => label(Malformed::LABELS, parsed.malformed, Rare::MALFORMED),
        "encapsulation" => label(Encapsulation::LABELS, parsed.encapsulation, Rare::ENCAPSULATION),
        "action" => Some("pass"),
        _ => None,
    };
    text.map(LabelValue::Text)
}

/// Returns the class of a flag byte: the one that counts it.
fn class(flags: u8) -> Option<&'static str> {
    let mut packets = [0; 256];
    packets[usize::from(flags)] = 1;

    tcp_classes(&packets).find(|(_, packets)| *packets == 1).map(|(label, _)| label)
}

/// Returns the type of a message of ICMP: the one that counts it.
fn message(family: Family, number: u8) -> Option<&'static str> {
    let family = IpFamily::ALL.iter().copied().find(|it| it.label() == family.label())?;
    let mut packets = [0; 256];
    packets[usize::from(number)] = 1;

    icmp_types(family, &packets).find(|(_, packets)| *packets == 1).map(|(label, _)| label)
}
