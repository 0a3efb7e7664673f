//! The maps of an instance, as user space reaches them.

use std::os::fd::OwnedFd;

use shared::{
    Control, GENERATIONS, PortSet, Sketch, Slot, SourceSet, TRAFFIC_CLASSES, Totals, VLAN_IDS, Ways,
};

use crate::datapath::memory;
use crate::datapath::tables::Table;
use crate::datapath::wire::Mapping;
use crate::interval::MapUse;

/// The maps of an instance.
pub(in super::super) struct Maps {
    pub(in super::super) control: Mapping<Control>,
    pub(in super::super) totals: Mapping<Totals>,
    pub(in super::super) sketches: Mapping<Sketch>,
    pub(in super::super) vlans: Mapping<[u64; VLAN_IDS]>,
    pub(in super::super) classes: Mapping<[u64; TRAFFIC_CLASSES]>,
    pub(in super::super) sources: Levels<SourceSet>,
    pub(in super::super) ports: Levels<PortSet>,
}

/// Both levels of the table of one dimension.
pub(in super::super) struct Levels<W> {
    pub(in super::super) first: Table<W>,
    pub(in super::super) second: [OverflowMap; GENERATIONS],
}

/// A map of the second level.
pub(in super::super) struct OverflowMap {
    pub(in super::super) fd: OwnedFd,
    pub(in super::super) capacity: u32,
    /// What the map takes in the kernel, in bytes.
    pub(in super::super) memory: u64,
}

impl Maps {
    /// Returns what the maps take in the kernel, in bytes.
    pub(in super::super) fn bytes(&self) -> u64 {
        let Self { control: _, totals: _, sketches: _, vlans: _, classes: _, sources, ports } =
            self;

        self.without_key() + sources.bytes() + ports.bytes() + memory::OWN_HEADERS
    }

    /// Returns what the maps take that hold no keys.
    fn without_key(&self) -> u64 {
        self.totals.bytes() + self.sketches.bytes() + self.vlans.bytes() + self.classes.bytes()
    }

    /// Returns how full the maps are, by how many entries of both levels were in use. A dimension that
    /// was never counted has none.
    pub(super) fn fill(
        &self,
        in_tables: [usize; 2],
        in_overflow: [usize; 2],
        cpus: usize,
    ) -> Vec<MapUse> {
        let Self { sources, ports, .. } = self;
        let mut all = Vec::with_capacity(5);
        if ports.is_there() {
            all.extend(ports.fill(["ports", "ports_overflow"], in_tables[1], in_overflow[1]));
        }
        if sources.is_there() {
            let names = ["sources", "sources_overflow"];
            all.extend(sources.fill(names, in_tables[0], in_overflow[0]));
        }
        all.push(MapUse {
            map: "totals",
            entries: cpus as u64,
            entries_limit: cpus as u64,
            memory_bytes: self.without_key(),
        });

        all
    }
}

impl<W: Ways> Levels<W>
where
    <W::Slot as Slot>::Key: Ord,
{
    /// Returns whether there is more than the single entry of what is off.
    pub(in super::super) fn is_there(&self) -> bool {
        self.first.parts() > 0
    }

    /// Returns what both levels take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.first.bytes() + self.in_second()
    }

    fn in_second(&self) -> u64 {
        self.second.iter().map(|map| map.memory).sum()
    }

    pub(in super::super) fn fill(
        &self,
        names: [&'static str; 2],
        in_first: usize,
        in_second: usize,
    ) -> [MapUse; 2] {
        let Self { first, second: [one, _] } = self;

        [
            MapUse {
                map: names[0],
                entries: in_first as u64,
                entries_limit: first.capacity(),
                memory_bytes: first.bytes(),
            },
            MapUse {
                map: names[1],
                entries: in_second as u64,
                entries_limit: u64::from(one.capacity),
                memory_bytes: self.in_second(),
            },
        ]
    }
}
