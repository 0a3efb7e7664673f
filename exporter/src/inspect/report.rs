//! The one JSON object of a capture.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use shared::{Count, Encapsulation, FragmentPosition, IpFamily, Malformed};

use super::Tally;
use crate::catalog::{LabelValue, icmp_types, port_label, tcp_classes};

type Counts = BTreeMap<&'static str, u64>;

/// What was counted; only what has packets is there.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Packets that were counted.
    pub(super) packets: u64,
    /// Their lengths on the wire, from the Ethernet header on and without the FCS.
    pub(super) bytes: u64,
    pub(super) cells: Vec<Cell>,
    /// TCP packets by class of flags.
    pub(super) tcp_flags: Counts,
    pub(super) icmp: Vec<Icmp>,
    /// By IP family and position.
    pub(super) fragments: BTreeMap<&'static str, Counts>,
    /// By the first check that failed.
    pub(super) malformed: Counts,
    pub(super) encapsulations: Counts,
    pub(super) sources: BTreeMap<IpAddr, PacketsBytes>,
    pub(super) ports: Vec<Port>,
    /// Packets of the file that were not counted, by reason.
    pub(super) skipped: Counts,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cell {
    pub(super) family: &'static str,
    pub(super) protocol: &'static str,
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Icmp {
    pub(super) family: &'static str,
    pub(super) r#type: &'static str,
    pub(super) packets: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct PacketsBytes {
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Port {
    pub(super) protocol: &'static str,
    #[serde(rename = "port")]
    pub(super) label: PortLabel,
    pub(super) packets: u64,
    pub(super) bytes: u64,
}

/// A number, or the word for packets without a service port.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum PortLabel {
    Number(u16),
    Word(&'static str),
}

impl Report {
    /// Makes the report of what was counted, and of what was `skipped` by reason.
    pub fn new(tally: &Tally, skipped: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        let Count { packets, bytes } = tally.count();
        let totals = &tally.totals;
        let malformed = Malformed::ALL.iter();
        let encapsulations = Encapsulation::ALL.iter();

        Self {
            packets,
            bytes,
            cells: cells(tally),
            tcp_flags: counted(tcp_classes(&totals.tcp_flags)),
            icmp: icmp(&totals.icmp),
            fragments: fragments(&totals.fragments),
            malformed: counted(malformed.map(|it| (it.label(), totals.malformed[it.index()]))),
            encapsulations: counted(
                encapsulations.map(|it| (it.label(), totals.encapsulations[it.index()])),
            ),
            sources: sources(tally),
            ports: ports(tally),
            skipped: counted(skipped),
        }
    }

    /// Packets that were counted.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Writes it as one line of JSON.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;

        out.write_all(b"\n")
    }
}

fn counted(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Counts {
    counts.into_iter().filter(|(_, packets)| *packets > 0).collect()
}

fn cells(tally: &Tally) -> Vec<Cell> {
    let cell = |(family, protocol, Count { packets, bytes }): (shared::Family, _, _)| {
        let protocol: shared::Protocol = protocol;
        Cell { family: family.label(), protocol: protocol.label(), packets, bytes }
    };

    tally.cells().map(cell).collect()
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

fn fragments(by_family: &[[u64; 4]; 2]) -> BTreeMap<&'static str, Counts> {
    let positions = |family: &IpFamily| {
        let of_family = &by_family[family.index()];
        counted(FragmentPosition::ALL.iter().map(|it| (it.label(), of_family[it.index()])))
    };
    let families = IpFamily::ALL.iter().map(|family| (family.label(), positions(family)));

    families.filter(|(_, positions)| !positions.is_empty()).collect()
}

fn sources(tally: &Tally) -> BTreeMap<IpAddr, PacketsBytes> {
    let source = |(address, count): (&IpAddr, &Count)| {
        (*address, PacketsBytes { packets: count.packets, bytes: count.bytes })
    };

    tally.sources.iter().map(source).collect()
}

fn ports(tally: &Tally) -> Vec<Port> {
    let port = |(key, count): (&shared::PortKey, &Count)| {
        let label = match port_label(*key) {
            LabelValue::Number(number) => PortLabel::Number(number),
            LabelValue::Text(word) => PortLabel::Word(word),
            LabelValue::Address(_) => return None,
        };
        let Count { packets, bytes } = *count;
        Some(Port { protocol: key.protocol()?.label(), label, packets, bytes })
    };

    tally.ports.iter().filter_map(port).collect()
}
