//! What the maps of one program take, before it is loaded.

use std::io;

use shared::{Address, GENERATIONS, Overflow, PortKey, PortSet, SourceSet, Totals, VLAN_IDS};

use super::Options;
use super::cpus::end_of_numbers;

/// Memory of one map, both generations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapMemory {
    /// The name of the map, as users see it in the label `map`.
    pub map: &'static str,
    pub bytes: u64,
}

impl Options {
    /// Returns what the maps for one direction of one device take in the kernel.
    pub fn memory(&self) -> io::Result<[MapMemory; 5]> {
        Ok(self.memory_with(end_of_numbers()?))
    }

    /// Returns that for a host whose CPUs have numbers below `cpus`.
    fn memory_with(&self, cpus: usize) -> [MapMemory; 5] {
        let places = cpus * GENERATIONS;
        let vlans = if self.vlans { places } else { 1 } * size_of::<[u64; VLAN_IDS]>();
        let array = |map, bytes: usize| MapMemory { map, bytes: bytes as u64 };
        let overflow = |map, entries, key, value| MapMemory {
            map,
            bytes: GENERATIONS as u64 * hash(entries, key, value),
        };
        let value = size_of::<Overflow>();

        [
            array("ports", places * self.port_sets * size_of::<PortSet>()),
            overflow("ports_overflow", self.port_overflow, size_of::<PortKey>(), value),
            array("sources", places * self.source_sets * size_of::<SourceSet>()),
            overflow("sources_overflow", self.source_overflow, size_of::<Address>(), value),
            array("totals", places * size_of::<Totals>() + vlans),
        ]
    }
}

/// Bytes of a hash map whose entries are allocated when it is made.
/// Source: `htab_map_mem_usage` and `htab_map_alloc` in kernel/bpf/hashtab.c.
fn hash(entries: u32, key: usize, value: usize) -> u64 {
    const BUCKET: u64 = 16;
    /// `struct htab_elem` up to the key, on 64 bits.
    const ENTRY: u64 = 48;

    let padded = |bytes: usize| (bytes as u64).next_multiple_of(8);
    let entries = u64::from(entries);

    entries.next_power_of_two() * BUCKET + entries * (ENTRY + padded(key) + padded(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program finds its part of a map by the number of its CPU, so numbers without a CPU take
    /// memory too.
    #[test]
    fn memory_is_that_of_every_number_that_a_cpu_can_have() {
        let options = Options::default();

        let memory = options.memory().unwrap();

        assert_eq!(memory, options.memory_with(end_of_numbers().unwrap()));
    }

    #[test]
    fn memory_grows_with_what_is_configured_and_with_cpus() {
        let sum = |options: &Options, cpus| -> u64 {
            options.memory_with(cpus).iter().map(|map| map.bytes).sum()
        };
        let default = Options::default();
        let larger = Options { source_overflow: 1 << 20, ..Options::default() };
        let vlans = Options { vlans: true, ..Options::default() };

        let two = sum(&default, 2);

        assert_eq!(sum(&default, 4) - two, 2 * (sum(&default, 3) - two));
        assert!(sum(&larger, 2) > two);
        assert!(sum(&vlans, 2) > two);
        assert!((8 << 20..32 << 20).contains(&sum(&default, 8)), "{}", sum(&default, 8));
    }
}
