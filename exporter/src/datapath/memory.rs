//! What maps take in the kernel, before they are made; pure.

use shared::{
    Address, Counts, GENERATIONS, KindSet, Overflow, PortAt, PortKey, PortSet, Sketch, SourceAt,
    SourceSet, TRAFFIC_CLASSES, Totals, VLAN_IDS,
};

use super::cpus::Cpus;
use super::options::{Options, Sizes};

/// Memory of one map, both generations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapMemory {
    /// The name of the map, as users see it in the label `map`.
    pub map: &'static str,
    pub bytes: u64,
}

/// What the keyed tables of one program take, both generations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableBytes {
    pub(super) sources: u64,
    pub(super) ports: u64,
    pub(super) source_overflow: u64,
    pub(super) port_overflow: u64,
}

/// What the kernel needs for the maps of one own tap beside their entries: each array that
/// user space maps begins at a page of its own. Source: `array_map_alloc` in kernel/bpf/arraymap.c.
pub(super) const OWN_HEADERS: u64 = 7 * PAGE;
/// The same of a pool, with its small maps: where slots are found, and which have counts.
pub(super) const POOL_HEADERS: u64 = 40 * PAGE;
const PAGE: u64 = 4096;

/// Returns what the maps of one own tap take.
pub(super) fn own(options: &Options, cpus: Cpus, sizes: Sizes) -> [MapMemory; 5] {
    let TableBytes { sources, ports, source_overflow, port_overflow } =
        own_tables(options, cpus, sizes);

    [
        MapMemory { map: "ports", bytes: ports },
        MapMemory { map: "ports_overflow", bytes: port_overflow },
        MapMemory { map: "sources", bytes: sources },
        MapMemory { map: "sources_overflow", bytes: source_overflow },
        MapMemory { map: "totals", bytes: own_totals(options, cpus) },
    ]
}

/// Returns what the tables with keys of one own tap take.
pub(super) fn own_tables(options: &Options, cpus: Cpus, sizes: Sizes) -> TableBytes {
    let Sizes { source_sets, port_sets, source_overflow, port_overflow } = sizes;
    let places = cpus.online * GENERATIONS;
    let overflow = size_of::<Overflow>();
    // A map of what is off has one entry.
    let [sources, ports] = [options.sources, options.ports].map(usize::from);
    let [of_sources, of_ports] =
        [(options.sources, source_overflow), (options.ports, port_overflow)]
            .map(|(is_on, entries)| if is_on { entries } else { 1 });

    TableBytes {
        sources: array::<SourceSet>((places * source_sets * sources).max(1)),
        ports: array::<PortSet>((places * port_sets * ports).max(1)),
        source_overflow: overflow_pair(of_sources, size_of::<Address>(), overflow),
        port_overflow: overflow_pair(of_ports, size_of::<PortKey>(), overflow),
    }
}

/// Returns what the maps without a table of keys take, of one own tap.
pub(super) fn own_totals(options: &Options, cpus: Cpus) -> u64 {
    let places = cpus.possible * GENERATIONS;
    let sketches = if options.signals { cpus.online * GENERATIONS } else { 1 };
    let vlans = if options.vlans { places } else { 1 };
    let classes = if options.traffic_classes { places } else { 1 };

    array::<Totals>(places)
        + array::<Sketch>(sketches)
        + array::<[u64; VLAN_IDS]>(vlans)
        + array::<[u64; TRAFFIC_CLASSES]>(classes)
}

/// What the tables of one pool take that all its taps share, both generations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolBytes {
    pub(super) kinds: u64,
    pub(super) tables: TableBytes,
}

/// Returns what the tables of a pool take that all its taps share.
pub(super) fn pool_tables(
    options: &Options,
    cpus: Cpus,
    sizes: Sizes,
    kind_sets: usize,
) -> PoolBytes {
    let value = size_of::<Overflow>();
    let [of_sources, of_ports] =
        [(options.sources, sizes.source_overflow), (options.ports, sizes.port_overflow)]
            .map(|(is_on, entries)| if is_on { entries } else { 1 });

    PoolBytes {
        kinds: array::<KindSet>(cpus.online * GENERATIONS * kind_sets),
        tables: TableBytes {
            source_overflow: overflow_pair(of_sources, size_of::<SourceAt>(), value),
            port_overflow: overflow_pair(of_ports, size_of::<PortAt>(), value),
            ..own_tables(options, cpus, sizes)
        },
    }
}

/// Returns what the maps of a pool with so many slots take.
pub(super) fn pool(
    options: &Options,
    cpus: Cpus,
    sizes: Sizes,
    kind_sets: usize,
    slots: usize,
) -> [MapMemory; 6] {
    let PoolBytes { kinds, tables } = pool_tables(options, cpus, sizes, kind_sets);
    let TableBytes { sources, ports, source_overflow, port_overflow } = tables;

    [
        MapMemory { map: "kinds", bytes: kinds },
        MapMemory { map: "ports", bytes: ports },
        MapMemory { map: "ports_overflow", bytes: port_overflow },
        MapMemory { map: "sources", bytes: sources },
        MapMemory { map: "sources_overflow", bytes: source_overflow },
        MapMemory { map: "totals", bytes: pool_slots(options, slots) },
    ]
}

/// Returns what the slots of a pool take.
pub(super) fn pool_slots(options: &Options, slots: usize) -> u64 {
    let places = slots * GENERATIONS;
    let sketches = if options.signals { places } else { 1 };
    let vlans = if options.vlans { places } else { 1 };
    let classes = if options.traffic_classes { places } else { 1 };

    array::<Counts>(places)
        + array::<Sketch>(sketches)
        + array::<[u64; VLAN_IDS]>(vlans)
        + array::<[u64; TRAFFIC_CLASSES]>(classes)
}

/// Bytes of the entries of an array that user space maps.
fn array<T>(entries: usize) -> u64 {
    ((entries * size_of::<T>()) as u64).next_multiple_of(PAGE)
}

/// Bytes of two hash maps of the second level.
fn overflow_pair(entries: u32, key: usize, value: usize) -> u64 {
    GENERATIONS as u64 * hash(entries, key, value)
}

/// Bytes of a hash map whose entries are allocated when it is made.
/// Source: `htab_map_mem_usage` and `htab_map_alloc` in kernel/bpf/hashtab.c.
pub(super) fn hash(entries: u32, key: usize, value: usize) -> u64 {
    const BUCKET: u64 = 16;
    /// `struct htab_elem` up to the key, on 64 bits.
    const ENTRY: u64 = 48;

    let padded = |bytes: usize| (bytes as u64).next_multiple_of(8);
    let entries = u64::from(entries);

    entries.next_power_of_two() * BUCKET + entries * (ENTRY + padded(key) + padded(value))
}
