//! The one JSON object of a capture.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use shared::{Cast, Count, Encapsulation, FragmentPosition, IpFamily, Malformed};

use super::Counted;
use crate::catalog::{LabelValue, icmp_types, port_label, tcp_classes};
use crate::config::By;

type ByLabel = BTreeMap<&'static str, u64>;

/// Keys that are there whatever is asked for.
const ALWAYS: [&str; 3] = ["packets", "bytes", "skipped"];

/// What was counted; only what has packets is there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InspectionReport")]
pub struct Report {
    /// Packets that were counted.
    pub(super) packets: u64,
    /// Their lengths on the wire, from the link-layer header on and without the FCS.
    pub(super) bytes: u64,
    /// By family and protocol.
    pub(super) cells: Vec<Cell>,
    /// By destination type: unicast, multicast or broadcast.
    pub(super) cast: ByLabel,
    /// TCP packets by class of flags.
    pub(super) tcp_flags: ByLabel,
    /// ICMP messages by family and type.
    pub(super) icmp: Vec<Icmp>,
    /// By IP family and position.
    pub(super) fragments: BTreeMap<&'static str, ByLabel>,
    /// By the first check that failed.
    pub(super) malformed: ByLabel,
    /// By what carries others.
    pub(super) encapsulations: ByLabel,
    /// By source address.
    pub(super) sources: BTreeMap<IpAddr, PacketsBytes>,
    /// By service port.
    pub(super) ports: Vec<Port>,
    /// Packets of the file that were not counted, by reason.
    pub(super) skipped: ByLabel,
}

/// Packets of a protocol.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InspectionCell")]
pub(super) struct Cell {
    /// Network layer.
    pub(super) family: &'static str,
    /// IP protocol.
    pub(super) protocol: &'static str,
    /// Packets.
    pub(super) packets: u64,
    /// Bytes on the wire.
    pub(super) bytes: u64,
}

/// ICMP messages of a type.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InspectionIcmp")]
pub(super) struct Icmp {
    /// Network layer.
    pub(super) family: &'static str,
    /// Type of the message.
    pub(super) r#type: &'static str,
    /// Packets.
    pub(super) packets: u64,
}

/// Packets and their bytes.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InspectionCount")]
pub(super) struct PacketsBytes {
    /// Packets.
    pub(super) packets: u64,
    /// Bytes on the wire.
    pub(super) bytes: u64,
}

/// Packets of a service port.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InspectionPort")]
pub(super) struct Port {
    /// Transport protocol.
    pub(super) protocol: &'static str,
    /// The service port, or `ephemeral` or `other`.
    #[serde(rename = "port")]
    #[schemars(schema_with = "port_schema")]
    pub(super) label: PortLabel,
    /// Packets.
    pub(super) packets: u64,
    /// Bytes on the wire.
    pub(super) bytes: u64,
}

/// A number, or the word for packets without a service port.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum PortLabel {
    Number(u16),
    Word(&'static str),
}

/// Two types without a null, which an `anyOf` would get.
fn port_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] })
}

impl Report {
    /// Makes the report of what was counted, and of what was `skipped` by reason.
    pub fn new(counted: &Counted, skipped: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        let Count { packets, bytes } = counted.count();
        let totals = &counted.totals;
        let malformed = Malformed::ALL.iter();
        let encapsulations = Encapsulation::ALL.iter();

        Self {
            packets,
            bytes,
            cells: cells(counted),
            cast: cast(&totals.cast, packets),
            tcp_flags: with_packets(tcp_classes(&totals.tcp_flags)),
            icmp: icmp(&totals.icmp),
            fragments: fragments(&totals.fragments),
            malformed: with_packets(malformed.map(|it| (it.label(), totals.malformed[it.index()]))),
            encapsulations: with_packets(
                encapsulations.map(|it| (it.label(), totals.encapsulations[it.index()])),
            ),
            sources: sources(counted),
            ports: ports(counted),
            skipped: with_packets(skipped),
        }
    }

    /// Packets that were counted.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Keeps the `top` sources and ports with the most packets, and as many cells if they are
    /// asked for.
    pub fn keep(&mut self, top: usize, by: &[By]) {
        let mut sources: Vec<_> = std::mem::take(&mut self.sources).into_iter().collect();
        busiest(&mut sources, top, |(_, count)| count.packets);
        self.sources = sources.into_iter().collect();
        busiest(&mut self.ports, top, |port| port.packets);
        if by.contains(&By::Protocol) {
            busiest(&mut self.cells, top, |cell| cell.packets);
        }
    }

    /// Writes it as one line of JSON; `by` names what is wanted of it, all where it is empty.
    pub fn write(&self, out: &mut impl Write, by: &[By]) -> io::Result<()> {
        if by.is_empty() {
            serde_json::to_writer(&mut *out, self)?;
        } else {
            let keys: Vec<_> = by.iter().map(|by| key(*by)).chain(ALWAYS).collect();
            let mut object = serde_json::to_value(self)?;
            if let Some(object) = object.as_object_mut() {
                object.retain(|key, _| keys.contains(&key.as_str()));
            }
            serde_json::to_writer(&mut *out, &object)?;
        }

        out.write_all(b"\n")
    }
}

/// The key of the object that has it.
const fn key(by: By) -> &'static str {
    match by {
        By::Source => "sources",
        By::Port => "ports",
        By::Protocol => "cells",
    }
}

/// Keeps those with the most packets, the busiest first.
pub(super) fn busiest<T>(all: &mut Vec<T>, top: usize, packets: fn(&T) -> u64) {
    all.sort_by_key(|one| Reverse(packets(one)));
    all.truncate(top);
}

fn with_packets(counts: impl IntoIterator<Item = (&'static str, u64)>) -> ByLabel {
    counts.into_iter().filter(|(_, packets)| *packets > 0).collect()
}

fn cells(counted: &Counted) -> Vec<Cell> {
    let cell = |(family, protocol, Count { packets, bytes }): (shared::Family, _, _)| {
        let protocol: shared::Protocol = protocol;
        Cell { family: family.label(), protocol: protocol.label(), packets, bytes }
    };

    counted.cells().map(cell).collect()
}

/// Counts packets without a group address as unicast.
fn cast(groups: &[u64; 4], packets: u64) -> ByLabel {
    let [_, multicast, broadcast, _] = *groups;
    let by_cast = [
        (Cast::Unicast, packets - multicast - broadcast),
        (Cast::Multicast, multicast),
        (Cast::Broadcast, broadcast),
    ];

    with_packets(by_cast.map(|(cast, packets)| (cast.label(), packets)))
}

fn icmp(by_family: &[[u64; 256]; 2]) -> Vec<Icmp> {
    let of_family = |family: &IpFamily| {
        let label = family.label();
        icmp_types(*family, &by_family[family.index()])
            .filter(|(_, packets)| *packets > 0)
            .map(move |(r#type, packets)| Icmp { family: label, r#type, packets })
    };

    IpFamily::ALL.iter().flat_map(of_family).collect()
}

fn fragments(by_family: &[[u64; 4]; 2]) -> BTreeMap<&'static str, ByLabel> {
    let positions = |family: &IpFamily| {
        let of_family = &by_family[family.index()];
        with_packets(FragmentPosition::ALL.iter().map(|it| (it.label(), of_family[it.index()])))
    };
    let families = IpFamily::ALL.iter().map(|family| (family.label(), positions(family)));

    families.filter(|(_, positions)| !positions.is_empty()).collect()
}

fn sources(counted: &Counted) -> BTreeMap<IpAddr, PacketsBytes> {
    let source = |(address, Count { packets, bytes })| (address, PacketsBytes { packets, bytes });

    counted.sources().into_iter().map(source).collect()
}

fn ports(counted: &Counted) -> Vec<Port> {
    let port = |(key, Count { packets, bytes }): (shared::PortKey, Count)| {
        let label = match port_label(key) {
            LabelValue::Number(number) => PortLabel::Number(number),
            LabelValue::Text(word) => PortLabel::Word(word),
            LabelValue::Address(_) => return None,
        };
        Some(Port { protocol: key.protocol()?.label(), label, packets, bytes })
    };

    counted.ports().into_iter().filter_map(port).collect()
}
