//! What a capture says, counted as the program counts, and how it is written.

mod each;
mod report;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use exporter_ebpf::count;
use exporter_ebpf::segments::Segments;
use shared::{Count, Family, Parsed, PortKey, PortProtocol, Protocol, Totals, cell};

pub use each::Each;
pub use report::Report;
pub use summary::{Run, Summary};

/// Counts of frames, by everything that they are counted by, without a bound.
///
/// Memory grows with the number of different sources and ports alone.
#[derive(Debug)]
pub struct Tally {
    totals: Box<Totals>,
    sources: BTreeMap<IpAddr, Count>,
    ports: BTreeMap<PortKey, Count>,
    ephemeral: RangeInclusive<u16>,
    /// Frames of which only the beginning was captured.
    cut_off: u64,
}

impl Tally {
    /// Begins at 0; clients take the ports of `ephemeral`.
    pub fn new(ephemeral: RangeInclusive<u16>) -> Self {
        Self {
            totals: Box::default(),
            sources: BTreeMap::new(),
            ports: BTreeMap::new(),
            ephemeral,
            cut_off: 0,
        }
    }

    /// Counts a frame of `wire_length` bytes, of which `captured` were parsed.
    pub fn add(&mut self, parsed: Parsed, captured: usize, wire_length: u32) {
        self.totals.parsed = parsed;
        count::frame(&mut self.totals, Segments::one(wire_length));
        self.cut_off += u64::from(captured < wire_length as usize);

        if !count::is_ip(parsed.cell) {
            return;
        }
        let one = Count { packets: 1, bytes: u64::from(wire_length) };
        self.sources.entry(parsed.address.to_ip()).or_default().add(one);
        if let Some(protocol) = protocol(parsed.cell).and_then(PortProtocol::of) {
            let is_ephemeral = |port| self.ephemeral.contains(&port);
            let key = count::port_key(protocol, &parsed, is_ephemeral);
            self.ports.entry(key).or_default().add(one);
        }
    }

    /// Gives everything that was counted.
    pub fn count(&self) -> Count {
        crate::interval::sum(self.totals.cells.iter())
    }

    /// Gives the frames of which only the beginning was captured.
    pub fn cut_off(&self) -> u64 {
        self.cut_off
    }

    /// Gives the cells with packets.
    fn cells(&self) -> impl Iterator<Item = (Family, Protocol, Count)> {
        let cells = Family::ALL
            .iter()
            .flat_map(|family| Protocol::ALL.iter().map(|protocol| (*family, *protocol)));

        cells
            .map(|(family, protocol)| {
                let index = usize::from(cell(family, protocol));
                (family, protocol, self.totals.cells[index])
            })
            .filter(|(_, _, count)| count.packets > 0)
    }
}

/// Gives the family of a cell; `None` where no frame can be in it.
fn family(cell: u8) -> Option<Family> {
    Family::ALL.get(usize::from(cell >> 5)).copied()
}

/// Gives the protocol of a cell; `None` where no frame can be in it.
fn protocol(cell: u8) -> Option<Protocol> {
    Protocol::ALL.get(usize::from(cell & 31)).copied()
}
