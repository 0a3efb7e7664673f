//! Counting under sources and ports: the table of the CPU first, a guarded way to the second level.

use exporter_ebpf::attribute::{self, Found};
use shared::{
    Count, PoolCpu, PortAt, PortAtSet, PortKey, SourceAt, SourceAtSet, first_place, second_place,
    spread,
};

use super::second::more;
use super::settings::{PORT_SET_MASK, SOURCE_SET_MASK, TWO_CANDIDATES};
use super::{
    MORE_PORTS_0, MORE_PORTS_1, MORE_SOURCES_0, MORE_SOURCES_1, PORTS, Partition, SOURCES,
};

impl Partition {
    /// Counts `packets`, of which one frame consists, under their source.
    #[inline(always)]
    pub(crate) fn source(self, memory: &mut PoolCpu, packets: u64, hash: u64, mark: u64) -> Found {
        let count = Count { packets, bytes: u64::from(memory.parsed.length) };
        let key = SourceAt { slot: u64::from(self.slot), address: memory.parsed.address };
        let hash = hash ^ spread(self.slot);

        let last = SOURCE_SET_MASK.load();
        let mut found = self.source_in(first_place(hash, last), key, count, mark);
        let is_wide = last >= TWO_CANDIDATES;
        if found == Found::Spilled || (is_wide && found == Found::Full) {
            found = self.source_in(second_place(hash, last), key, count, mark);
        }
        if !found.is_there() && attribute::admit(&mut memory.sources, self.budget, hash, count) {
            self.admitted(count, |counts| &mut counts.sources);
            match self.generation() {
                0 => more(&MORE_SOURCES_0, &key, count, mark),
                _ => more(&MORE_SOURCES_1, &key, count, mark),
            }
        }

        found
    }

    /// Counts packets under their source in one set.
    #[inline(always)]
    fn source_in(self, set: u32, key: SourceAt, count: Count, mark: u64) -> Found {
        let sets = SOURCE_SET_MASK.load() + 1;
        let Some(set) = SOURCES.get_ptr_mut(self.index * sets + set) else {
            return Found::Full;
        };
        // SAFETY: as for the memory of the CPU; the reference ends with this function.
        let SourceAtSet(ways) = unsafe { &mut *set };

        attribute::in_set(ways, key, count, mark)
    }

    /// Counts `packets`, of which one frame consists, under their port.
    #[inline(always)]
    pub(crate) fn port(self, memory: &mut PoolCpu, packets: u64, key: PortKey, hash: u64) {
        let last = PORT_SET_MASK.load();
        let count = Count { packets, bytes: u64::from(memory.parsed.length) };
        let key = PortAt::new(self.slot, key);
        let hash = hash ^ spread(self.slot);

        let mut found = self.port_in(first_place(hash, last), key, count);
        if found == Found::Spilled {
            found = self.port_in(second_place(hash, last), key, count);
        }
        if !found.is_there() && attribute::admit(&mut memory.ports, self.budget, hash, count) {
            self.admitted(count, |counts| &mut counts.ports);
            match self.generation() {
                0 => more(&MORE_PORTS_0, &key, count, 0),
                _ => more(&MORE_PORTS_1, &key, count, 0),
            }
        }
    }

    /// Counts packets under their port in one set.
    #[inline(always)]
    fn port_in(self, set: u32, key: PortAt, count: Count) -> Found {
        let sets = PORT_SET_MASK.load() + 1;
        let Some(set) = PORTS.get_ptr_mut(self.index * sets + set) else {
            return Found::Full;
        };
        // SAFETY: as for the memory of the CPU; the reference ends with this function.
        let PortAtSet(ways) = unsafe { &mut *set };

        attribute::in_set(ways, key, count, 0)
    }
}
