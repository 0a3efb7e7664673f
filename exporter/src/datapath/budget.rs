//! From the memory for the maps of the whole host to the size of each table; pure.

use std::collections::BTreeMap;

use shared::POOL_SLOTS;

use super::cpus::Cpus;
use super::memory::{self, TableBytes};
use super::options::{Options, Sizes};
use super::placement::Placement;

/// Sizes where there is room for them: 256 KiB of sources and 64 KiB of ports for each CPU and
/// generation, which fit into the second-level cache of a CPU.
const AMPLE: Sizes =
    Sizes { source_sets: 2048, port_sets: 1024, source_overflow: 65_536, port_overflow: 16_384 };
/// The smallest sizes: with less, quiet traffic would not keep its keys.
const LEAST: Sizes =
    Sizes { source_sets: 128, port_sets: 64, source_overflow: 1024, port_overflow: 1024 };
/// Slots of the smallest pool.
pub(super) const LEAST_SLOTS: usize = 64;
/// Sets of kinds for each CPU and generation of a pool, with room and at least.
const KINDS: [usize; 2] = [1024, 64];

/// How many programs are to count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taps {
    /// Taps with tables of their own.
    pub own: usize,
    /// How many other taps share the tables of each place.
    pub shared: BTreeMap<Placement, usize>,
}

impl Taps {
    /// Returns how many slots the pool of a place is to have.
    pub(super) fn slots_at(&self, placement: Placement) -> usize {
        slots_for(self.shared.get(&placement).copied().unwrap_or_default())
    }

    /// Returns how many slots each pool is to have.
    pub(super) fn slots(&self) -> Vec<usize> {
        self.shared.values().map(|taps| slots_for(*taps)).collect()
    }
}

/// Sizes of the tables of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolSizes {
    pub(super) tables: Sizes,
    /// Sets of kinds for each CPU and generation, a power of two.
    pub(super) kind_sets: usize,
}

/// The sizes of all tables of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Of each tap with tables of its own.
    pub(super) own: Sizes,
    /// Of each pool.
    pub(super) pool: PoolSizes,
}

/// One table of some programs.
#[derive(Clone, Copy, Debug)]
struct Table {
    entries: usize,
    /// It is not halved below that.
    least: usize,
    /// Of all the programs that have one.
    bytes: u64,
}

impl Plan {
    /// Returns the largest sizes with which so many taps take no more than `room`, else the least.
    ///
    /// What is set by hand stays. Of the rest, the table that takes most is halved until all fit.
    pub(super) fn of(options: &Options, cpus: Cpus, taps: &Taps, room: u64) -> Self {
        Self::with(options, cpus, (taps.own, &taps.slots()), room)
    }

    /// Returns the plan for so many own taps, and pools with so many slots each.
    fn with(options: &Options, cpus: Cpus, (own, slots): (usize, &[usize]), room: u64) -> Self {
        let pools = slots.len();
        let [ample, least] = [AMPLE, LEAST].map(|sizes| options.sizes.or(sizes));
        let of_own = memory::own_tables(options, cpus, ample);
        let of_pool = memory::pool_tables(options, cpus, ample, KINDS[0]);
        let fixed = (memory::own_totals(options, cpus) + memory::OWN_HEADERS) * own as u64
            + slots
                .iter()
                .map(|slots| memory::pool_slots(options, *slots) + memory::POOL_HEADERS)
                .sum::<u64>();

        let [kinds, least_kinds] = KINDS;
        let kinds = Table { entries: kinds, least: least_kinds, bytes: of_pool.kinds };
        let mut tables = [kinds.of(pools); 9];
        tables[..4].copy_from_slice(&keyed(of_own, ample, least, own));
        tables[4..8].copy_from_slice(&keyed(of_pool.tables, ample, least, pools));
        halve(&mut tables, room.saturating_sub(fixed));

        let entries = tables.map(|table| table.entries);
        let four = |first: usize| sizes([0, 1, 2, 3].map(|place| entries[first + place]));
        Self { own: four(0), pool: PoolSizes { tables: four(4), kind_sets: entries[8] } }
    }
}

/// Returns what one own tap takes.
pub(super) fn own_bytes(options: &Options, cpus: Cpus, sizes: Sizes) -> u64 {
    let maps: u64 = memory::own(options, cpus, sizes).iter().map(|map| map.bytes).sum();

    maps + memory::OWN_HEADERS
}

/// Returns what one pool takes.
pub(super) fn pool_bytes(options: &Options, cpus: Cpus, sizes: PoolSizes, slots: usize) -> u64 {
    let PoolSizes { tables, kind_sets } = sizes;
    let maps = memory::pool(options, cpus, tables, kind_sets, slots);

    maps.iter().map(|map| map.bytes).sum::<u64>() + memory::POOL_HEADERS
}

/// Returns the largest sizes with which one more own tap fits into `room`; `None` if none does.
pub(super) fn one_own(options: &Options, cpus: Cpus, room: u64) -> Option<Sizes> {
    let plan = Plan::with(options, cpus, (1, &[]), room);

    Some(plan.own).filter(|sizes| own_bytes(options, cpus, *sizes) <= room)
}

/// Returns the largest sizes with which a pool with so many slots fits into `room`; `None` if none
/// does.
pub(super) fn one_pool(
    options: &Options,
    cpus: Cpus,
    slots: usize,
    room: u64,
) -> Option<PoolSizes> {
    let plan = Plan::with(options, cpus, (0, &[slots]), room);

    Some(plan.pool).filter(|sizes| pool_bytes(options, cpus, *sizes, slots) <= room)
}

/// Returns what the next pool may take of `left`, before others that are planned to take so many bytes
/// each. Where that is too little for all, each has an equal part.
pub(super) fn for_next_pool(left: u64, others: &[u64]) -> u64 {
    let part = left / (others.len() as u64 + 1);

    left - others.iter().map(|planned| part.min(*planned)).sum::<u64>()
}

/// Returns the smallest sizes of an own tap.
pub(super) fn least(options: &Options) -> Sizes {
    options.sizes.or(LEAST)
}

/// Returns how many slots a pool for so many taps has.
pub(super) fn slots_for(taps: usize) -> usize {
    taps.next_power_of_two().clamp(LEAST_SLOTS, POOL_SLOTS)
}

/// Returns the smallest sizes of a pool.
pub(super) fn least_pool(options: &Options) -> PoolSizes {
    PoolSizes { tables: least(options), kind_sets: KINDS[1] }
}

/// Halves the tables that take most until all fit into `room`, or none can be smaller.
fn halve(tables: &mut [Table], room: u64) {
    while tables.iter().map(|table| table.bytes).sum::<u64>() > room {
        let can_be_smaller = |table: &&mut Table| table.entries > table.least && table.bytes > 0;
        let largest = tables.iter_mut().filter(can_be_smaller).max_by_key(|table| table.bytes);
        let Some(Table { entries, bytes, .. }) = largest else { return };
        *entries /= 2;
        *bytes /= 2;
    }
}

/// Returns the keyed tables of so many programs, in the order of the fields.
fn keyed(bytes: TableBytes, ample: Sizes, least: Sizes, programs: usize) -> [Table; 4] {
    let TableBytes { sources, ports, source_overflow, port_overflow } = bytes;
    let [ample, least] = [ample, least].map(entries);
    let bytes = [sources, ports, source_overflow, port_overflow];

    [0, 1, 2, 3].map(|place| {
        Table { entries: ample[place], least: least[place], bytes: bytes[place] }.of(programs)
    })
}

impl Table {
    fn of(self, programs: usize) -> Self {
        Self { bytes: self.bytes * programs as u64, ..self }
    }
}

fn entries(sizes: Sizes) -> [usize; 4] {
    let Sizes { source_sets, port_sets, source_overflow, port_overflow } = sizes;

    [source_sets, port_sets, source_overflow as usize, port_overflow as usize]
}

#[expect(clippy::cast_possible_truncation, reason = "they come from 32 bits")]
fn sizes([source_sets, port_sets, source_overflow, port_overflow]: [usize; 4]) -> Sizes {
    Sizes {
        source_sets,
        port_sets,
        source_overflow: source_overflow as u32,
        port_overflow: port_overflow as u32,
    }
}

#[cfg(test)]
mod tests;
