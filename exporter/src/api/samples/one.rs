//! One sampled packet in a list.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Encapsulation, FragmentPosition, Malformed, Rare};

use crate::api::moment::rfc3339_nanos;
use crate::inspect::flags;
use crate::samples::Taken;

/// A sampled packet; null where it has no such field.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Sample")]
pub(super) struct One {
    /// Its name in `/packets/{id}`.
    id: String,
    /// When the program had it, to the nanosecond.
    time: String,
    /// The device that it was counted on.
    device: String,
    /// `receive` or `transmit`.
    direction: &'static str,
    /// Bytes on the wire, of all frames that a merged one consists of.
    length: u32,
    /// Bytes that were taken of it.
    captured: usize,
    /// The family that it was counted in.
    family: Option<&'static str>,
    /// The IP protocol that it was counted in.
    protocol: Option<&'static str>,
    /// Source address of IP.
    #[schemars(with = "Option<String>")]
    source: Option<IpAddr>,
    /// Destination address of IP.
    #[schemars(with = "Option<String>")]
    destination: Option<IpAddr>,
    /// Of the transport header.
    source_port: Option<u16>,
    /// Of the transport header.
    destination_port: Option<u16>,
    /// Names of the TCP flags that are set.
    flags: Option<Vec<&'static str>>,
    /// Type of the ICMP or ICMPv6 message.
    icmp_type: Option<u8>,
    /// Id of the outermost VLAN tag.
    vlan: Option<u16>,
    /// Position of a fragment.
    fragment: Option<&'static str>,
    /// The outermost encapsulation.
    encapsulation: Option<&'static str>,
    /// The first check of the parser that it failed.
    malformed: Option<&'static str>,
}

impl One {
    pub(super) fn of(taken: &Taken) -> Self {
        let Taken { id, sample, ranks: _ } = taken;
        let parsed = &sample.parsed;
        let is_marked = |mark| parsed.rare & mark != 0;
        let label = |labels: &[&'static str], index: u8, mark| {
            labels.get(usize::from(index)).copied().filter(|_| is_marked(mark))
        };
        let [source, destination] = sample.addresses();
        let port = |port| (parsed.has_ports != 0).then_some(port);

        Self {
            id: id.to_string(),
            time: rfc3339_nanos(sample.at),
            device: sample.device.to_string(),
            direction: sample.direction.label(),
            length: sample.length,
            captured: sample.bytes.len(),
            family: sample.cell().map(|(family, _)| family.label()),
            protocol: sample.cell().map(|(_, protocol)| protocol.label()),
            source,
            destination,
            source_port: port(parsed.source_port),
            destination_port: port(parsed.destination_port),
            flags: (parsed.has_tcp_flags != 0).then(|| flags(parsed.tcp_flags)),
            icmp_type: is_marked(Rare::ICMP).then_some(parsed.icmp_type),
            vlan: is_marked(Rare::VLAN).then_some(parsed.vlan),
            fragment: label(FragmentPosition::LABELS, parsed.fragment, Rare::FRAGMENT),
            encapsulation: label(Encapsulation::LABELS, parsed.encapsulation, Rare::ENCAPSULATION),
            malformed: label(Malformed::LABELS, parsed.malformed, Rare::MALFORMED),
        }
    }
}
