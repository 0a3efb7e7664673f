//! What a metric and its labels are called: as on `/metrics`, or as the semantic conventions have it.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use shared::Direction;

use crate::catalog::{Kind, LabelValue, MetricFamily, Unit};
use crate::config::MetricNames;

/// The words of one metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wording {
    pub(super) name: String,
    /// In UCUM.
    pub(super) unit: &'static str,
    pub(super) description: &'static str,
    /// Names of the attributes, in the order of a sample's values.
    pub(super) attributes: Vec<&'static str>,
    /// An attribute that all samples have.
    pub(super) direction: Option<&'static str>,
}

/// What a metric is called in the semantic conventions, where the meaning is the same.
/// Source: OpenTelemetry semantic conventions, "System metrics" and "Process metrics".
const SEMCONV: [(&str, &str); 5] = [
    ("packet_receive_packets_total", "system.network.packet.count"),
    ("packet_transmit_packets_total", "system.network.packet.count"),
    ("packet_receive_bytes_total", "system.network.io"),
    ("packet_transmit_bytes_total", "system.network.io"),
    ("process_cpu_seconds_total", "process.cpu.time"),
];
/// What a label is called there. Its values are those that the conventions name, and others
/// where they name none.
const SEMCONV_ATTRIBUTES: [(&str, &str); 3] = [
    ("device", "network.interface.name"),
    ("family", "network.type"),
    ("protocol", "network.transport"),
];
/// The attribute that tells the two directions apart.
const DIRECTION: &str = "network.io.direction";

impl Wording {
    pub(super) fn of(family: MetricFamily, names: MetricNames) -> Self {
        let plain = Self {
            name: name(family),
            unit: unit(family.unit()),
            description: family.help(),
            attributes: family.labels().to_vec(),
            direction: None,
        };
        let stored = family.stored_name();
        let semconv = SEMCONV.iter().find(|(scraped, _)| *scraped == stored);

        match (names, semconv) {
            (MetricNames::Semconv, Some((_, name))) => Self {
                name: (*name).into(),
                attributes: plain.attributes.iter().map(|label| renamed(label)).collect(),
                direction: family.direction().map(Direction::label),
                ..plain
            },
            (MetricNames::Semconv, None) | (MetricNames::Prometheus, _) => plain,
        }
    }

    /// Returns the attributes of one sample.
    pub(super) fn attributes(&self, labels: &[LabelValue<'_>]) -> Vec<KeyValue> {
        let direction = self.direction.map(|label| attribute(DIRECTION, label.into()));
        let labels = self.attributes.iter().zip(labels).filter(|(_, value)| value.is_there());

        labels.map(|(name, value)| attribute(name, *value)).chain(direction).collect()
    }
}

/// Makes an attribute that is a text: a port is one beside `other`.
fn attribute(name: &str, value: LabelValue<'_>) -> KeyValue {
    let value = match value {
        LabelValue::Text(text) => text.to_owned(),
        LabelValue::Number(number) => number.to_string(),
        LabelValue::Address(address) => address.to_string(),
    };

    KeyValue {
        key: name.into(),
        value: Some(AnyValue { value: Some(Any::StringValue(value)) }),
        ..KeyValue::default()
    }
}

fn renamed(label: &'static str) -> &'static str {
    SEMCONV_ATTRIBUTES.iter().find(|(ours, _)| *ours == label).map_or(label, |(_, theirs)| theirs)
}

/// Makes the name of which Prometheus makes the one on `/metrics`.
///
/// It puts `_` for `.`, and appends the unit unless the name has it, `_total` to counters and
/// `_ratio` to gauges without a dimension. Source: prometheus/otlptranslator, `metric_namer.go`.
/// What a counter counts is in its name, as packets have no unit there, and as counts of packets
/// and of bytes would share a name.
fn name(family: MetricFamily) -> String {
    let counted = match (family.kind(), family.unit()) {
        (Kind::Counter, unit @ (Unit::Packets | Unit::Bytes)) => unit.suffix(),
        _ => None,
    };
    let own = match family.kind() {
        Kind::Info => format!("{}_info", family.own_name()),
        Kind::Counter | Kind::Gauge | Kind::Histogram => family.own_name().to_owned(),
    };

    let own = Some(own.as_str()).filter(|own| !own.is_empty());
    family.scope().into_iter().chain(own).chain(counted).collect::<Vec<_>>().join(".")
}

/// Source: UCUM; what is in braces says only what is counted.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "",
        Unit::Packets => "{packet}",
        Unit::Bytes => "By",
        Unit::Seconds => "s",
        Unit::Ratio => "1",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::families;

    /// What Prometheus makes of a name, told in other words than above.
    fn translated(wording: &Wording, kind: Kind) -> String {
        let mut words: Vec<_> = wording.name.split(['.', '_']).collect();
        let unit = match wording.unit {
            "By" => "bytes",
            "s" => "seconds",
            "1" if kind == Kind::Gauge => "ratio",
            _ => "",
        };
        if !words.contains(&unit) {
            words.push(unit);
        }
        if kind == Kind::Counter {
            words.push("total");
        }

        words.retain(|word| !word.is_empty());
        words.join("_")
    }

    #[test]
    fn prometheus_makes_the_scraped_name_of_each() {
        for family in families() {
            let wording = Wording::of(family, MetricNames::Prometheus);

            assert_eq!(translated(&wording, family.kind()), family.stored_name());
            assert_eq!(wording.attributes, family.labels());
        }
    }

    #[test]
    fn the_usual_names_read_like_this() {
        let wordings: BTreeSet<_> = families()
            .map(|family| Wording::of(family, MetricNames::Prometheus))
            .map(|wording| format!("{} {}", wording.name, wording.unit))
            .collect();

        for expected in [
            "packet.receive.packets {packet}",
            "packet.receive.bytes By",
            "packet.receive.tcp.packets {packet}",
            "packet.receive.frame_size By",
            "packet.receive.source_entropy 1",
            "packet.exporter.build_info ",
            "packet.exporter.fold_duration s",
            "process.cpu s",
        ] {
            assert!(wordings.contains(expected), "{expected} is not in {wordings:#?}");
        }
    }

    #[test]
    fn the_semantic_conventions_have_their_names_and_tell_directions_apart() {
        let of = |stored: &str| {
            let family = families().find(|family| family.stored_name() == stored).unwrap();
            Wording::of(family, MetricNames::Semconv)
        };

        let [receive, transmit] =
            ["packet_receive_packets_total", "packet_transmit_packets_total"].map(of);

        assert_eq!(receive.name, "system.network.packet.count");
        let attributes = ["network.interface.name", "network.type", "network.transport"];
        assert_eq!(receive.attributes, attributes);
        assert_eq!(receive.direction, Some("receive"));
        assert_eq!(Wording { direction: Some("receive"), ..transmit }, receive);
        assert_eq!(
            of("packet_receive_malformed_packets_total").name,
            "packet.receive.malformed.packets"
        );
    }
}
