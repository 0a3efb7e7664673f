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
    tables(options, cpus, sizes, [size_of::<Address>(), size_of::<PortKey>()])
}

/// Returns what tables take whose keys of sources and ports have these sizes in the second level.
fn tables(options: &Options, cpus: Cpus, sizes: Sizes, keys: [usize; 2]) -> TableBytes {
    let Sizes { source_sets, port_sets, source_overflow, port_overflow } = sizes;
    let Options { sources, ports, .. } = *options;
    let places = cpus.online * GENERATIONS;

    TableBytes {
        sources: array::<SourceSet>(if_on(sources, places * source_sets)),
        ports: array::<PortSet>(if_on(ports, places * port_sets)),
        source_overflow: overflow_pair(if_on(sources, source_overflow), keys[0]),
        port_overflow: overflow_pair(if_on(ports, port_overflow), keys[1]),
    }
}

/// Returns how many entries a map has: that of what is off has one.
pub(super) fn if_on<N: From<u8>>(is_on: bool, entries: N) -> N {
    if is_on { entries } else { 1.into() }
}

/// Returns what the maps without a table of keys take, of one own tap.
pub(super) fn own_totals(options: &Options, cpus: Cpus) -> u64 {
    let places = cpus.possible * GENERATIONS;

    array::<Totals>(places) + opt_in(options, cpus.online * GENERATIONS, places)
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
    PoolBytes {
        kinds: array::<KindSet>(cpus.online * GENERATIONS * kind_sets),
        // The sets are as large as those of an own tap.
        tables: tables(options, cpus, sizes, [size_of::<SourceAt>(), size_of::<PortAt>()]),
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

    array::<Counts>(places) + opt_in(options, places, places)
}

/// Returns what the maps without keys take that may be off, with so many sketches, and so many places
/// of the others.
fn opt_in(options: &Options, sketches: usize, places: usize) -> u64 {
    array::<Sketch>(if_on(options.signals, sketches))
        + array::<[u64; VLAN_IDS]>(if_on(options.vlans, places))
        + array::<[u64; TRAFFIC_CLASSES]>(if_on(options.traffic_classes, places))
}

/// Bytes of the entries of an array that user space maps.
fn array<T>(entries: usize) -> u64 {
    ((entries * size_of::<T>()) as u64).next_multiple_of(PAGE)
}

/// Bytes of two hash maps of the second level.
fn overflow_pair(entries: u32, key: usize) -> u64 {
    GENERATIONS as u64 * hash(entries, key, size_of::<Overflow>())
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
