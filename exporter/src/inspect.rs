//! The packets of a capture, counted as the program counts them, and how the result is written.

mod each;
mod link;
mod report;
mod submission;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::IpAddr;

use exporter_ebpf::count;
use exporter_ebpf::segments::Segments;
use exporter_ebpf::service;
use shared::{Address, Count, Counts, Family, Parsed, PortKey, PortProtocol, Protocol, cell};

use crate::record::Record;
use crate::services::RankTable;

pub use each::{Each, flags};
pub use link::{Frames, parse};
pub use report::Report;
pub use submission::{FILE, Inspection, Parser, Submission, Uninspected};
pub use summary::{FileRead, Run, Summary};

/// Counts of packets, by everything that they are counted by, without a bound.
///
/// Memory grows with the number of different sources and ports alone.
#[derive(Debug)]
pub struct Counted {
    totals: Box<Counts>,
    sources: HashMap<Address, Count>,
    ports: HashMap<PortKey, Count>,
    ranks: RankTable,
    /// Packets of which only the beginning was captured.
    cut_off: u64,
}

impl Counted {
    /// Begins at 0; `ranks` decide which port is the service's.
    pub fn new(ranks: RankTable) -> Self {
        Self {
            totals: Box::default(),
            sources: HashMap::new(),
            ports: HashMap::new(),
            ranks,
            cut_off: 0,
        }
    }

    /// Counts a packet, of which `parsed` is known.
    #[inline]
    pub fn add(&mut self, record: &Record<'_>, mut parsed: Parsed) {
        let Record { bytes, wire_length, .. } = *record;
        count::frame(&mut self.totals, &mut parsed, Segments::one(wire_length));
        self.cut_off += u64::from(bytes.len() < wire_length as usize);

        if !count::is_ip(parsed.cell) {
            return;
        }
        let one = Count { packets: 1, bytes: u64::from(wire_length) };
        self.sources.entry(parsed.address).or_default().add(one);
        if let Some(protocol) = protocol(parsed.cell).and_then(PortProtocol::of) {
            let ports = service::Ports::of(protocol, &parsed, |index| self.ranks.rank(index));
            let key = ports.key(protocol, &parsed);
            self.ports.entry(key).or_default().add(one);
        }
    }

    /// Returns everything that was counted.
    pub fn count(&self) -> Count {
        crate::interval::sum(self.totals.cells.iter())
    }

    /// Returns how many packets were cut off by the snap length.
    pub fn cut_off(&self) -> u64 {
        self.cut_off
    }

    fn sources(&self) -> BTreeMap<IpAddr, Count> {
        sorted(&self.sources, Address::to_ip)
    }

    fn ports(&self) -> BTreeMap<PortKey, Count> {
        sorted(&self.ports, |key| key)
    }

    /// Returns the cells with packets.
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

fn sorted<K: Copy + Hash, L: Ord>(
    counts: &HashMap<K, Count>,
    as_shown: fn(K) -> L,
) -> BTreeMap<L, Count> {
    let mut sorted = BTreeMap::new();
    for (key, count) in counts {
        sorted.insert(as_shown(*key), *count);
    }

    sorted
}

/// Returns the family of a cell; `None` where no frame can be in it.
fn family(cell: u8) -> Option<Family> {
    Family::ALL.get(usize::from(cell >> 5)).copied()
}

/// Returns the protocol of a cell; `None` where no frame can be in it.
fn protocol(cell: u8) -> Option<Protocol> {
    Protocol::ALL.get(usize::from(cell & 31)).copied()
}
