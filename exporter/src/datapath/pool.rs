//! One program and one set of maps for many devices: each has a slot, which is part of every key.

mod inspector;
mod load;
mod read;
mod refused;
mod slots;

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use aya::Ebpf;
use shared::{
    Control, Counts, DeviceSlot, GENERATIONS, KindSet, Parsed, PoolCpu, PortAt, PortAtSet, Sketch,
    SourceAt, SourceAtSet, TRAFFIC_CLASSES, VLAN_IDS, hash_port_at, hash_source_at,
};

use super::instance::{AGEING, Levels};
use super::memory;
use super::of_cpus;
use super::shape::Shape;
use super::tables::{Load, Table};
use super::wire::Mapping;
use crate::dimension::Dimension;
use crate::interval::{Interval, MapUse};

pub use inspector::PoolInspector;
pub(super) use load::{fits, load};
use read::Partly;
use slots::Slots;

/// One program and its maps, for all devices that have a slot.
pub(super) struct Pool {
    pub(super) ebpf: Ebpf,
    maps: Maps,
    pub(super) shape: Shape,
    slots: Slots,
    generation: usize,
    /// Cuts so far, and those that are read: all, or all but one.
    cuts: u64,
    read: u64,
    /// When the last one that is read was made.
    read_to: Instant,
    /// The cut that is not read yet.
    pending: Option<Cut>,
    /// What was read of it so far.
    partly: Partly,
    /// What was read of each slot and not taken. A slot that counted nothing is not there.
    counted: BTreeMap<u32, Interval>,
    /// Entries of kinds, sources, ports and the second levels of the last two, as of the last reading.
    fill: [usize; 5],
    /// When keys last lost weight.
    aged: Instant,
    promoted_sources: Vec<SourceAt>,
    promoted_ports: Vec<PortAt>,
}

/// The maps of a pool, as user space reaches them.
struct Maps {
    control: Mapping<Control>,
    cpus: Mapping<PoolCpu>,
    active: Mapping<u64>,
    kinds: Table<KindSet>,
    sources: Levels<SourceAtSet>,
    ports: Levels<PortAtSet>,
    /// Read entry by entry, so that what idle devices have takes no resident memory.
    counts: OwnedFd,
    sketches: OwnedFd,
    vlans: OwnedFd,
    classes: OwnedFd,
}

/// A generation that no program counts in, and when it was left.
#[derive(Clone, Copy, Debug)]
struct Cut {
    generation: usize,
    at: Instant,
}

impl Pool {
    fn new(
        ebpf: Ebpf,
        maps: Maps,
        devices: Mapping<DeviceSlot>,
        shape: Shape,
        slots: usize,
    ) -> Self {
        let now = Instant::now();
        let pool = Self {
            ebpf,
            maps,
            shape,
            slots: Slots::new(devices, slots),
            generation: 0,
            cuts: 0,
            read: 0,
            read_to: now,
            pending: None,
            partly: Partly::default(),
            counted: BTreeMap::new(),
            fill: [0; 5],
            aged: now,
            promoted_sources: Vec::new(),
            promoted_ports: Vec::new(),
        };
        pool.count_in(0);

        pool
    }

    /// Assigns a slot to a device, whose first interval begins at `since`; `None` where there is no
    /// room. Its frames may be counted from now on.
    pub(super) fn add(&mut self, ifindex: u32, since: Instant) -> Option<u32> {
        self.slots.add(ifindex, since)
    }

    /// Notes that the program is not on the device any more. Its last counts are in the next cut, and
    /// its slot is its own until [`Self::take_last`] returns them.
    pub(super) fn remove(&mut self, slot: u32) {
        self.slots.remove(slot, self.cuts + 1);
    }

    /// Returns how many devices have a slot.
    pub(super) fn taken(&self) -> usize {
        self.slots.taken()
    }

    /// Returns how many devices can have a slot.
    pub(super) fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Sends the program to the other generation. What the one before it holds may be read once
    /// every program that was running has ended.
    ///
    /// Where the last cut could not be read, that one stays. Returns whether it did cut.
    pub(super) fn cut(&mut self) -> bool {
        if self.pending.is_some() {
            return false;
        }
        self.carry();
        self.count_in(1 - self.generation);
        self.pending = Some(Cut { generation: self.generation, at: Instant::now() });
        self.generation = 1 - self.generation;
        self.cuts += 1;

        true
    }

    /// Returns what was counted in a slot in the cuts that were read since the call before.
    pub(super) fn take(&mut self, slot: u32) -> Interval {
        let elapsed = self.slots.tell(slot, self.read_to);

        self.told(slot, elapsed)
    }

    /// Returns that for the slot of a device that was removed, which may get another device then;
    /// `None` where its last cut is not read yet.
    pub(super) fn take_last(&mut self, slot: u32) -> Option<Interval> {
        let elapsed = self.slots.release(slot, self.read)?;

        Some(self.told(slot, elapsed))
    }

    fn told(&mut self, slot: u32, elapsed: Duration) -> Interval {
        let idle = || Interval::idle(elapsed, self.shape.switches());

        Interval { elapsed, ..self.counted.remove(&slot).unwrap_or_else(idle) }
    }

    /// Returns how full the maps are, as of the last reading.
    pub(super) fn map_use(&self) -> Vec<MapUse> {
        let Maps { kinds, sources, ports, .. } = &self.maps;
        let map = |map, entries: usize, entries_limit, memory_bytes| MapUse {
            map,
            entries: entries as u64,
            entries_limit,
            memory_bytes,
        };
        let [in_kinds, in_sources, in_ports, in_more_sources, in_more_ports] = self.fill;
        let slots = self.slots.capacity() as u64;

        let mut all = vec![map("kinds", in_kinds, kinds.capacity(), kinds.bytes())];
        all.extend(ports.fill(["ports", "ports_overflow"], in_ports, in_more_ports));
        all.extend(sources.fill(["sources", "sources_overflow"], in_sources, in_more_sources));
        all.push(map("totals", self.slots.taken(), slots, self.of_slots()));

        all
    }

    /// Returns what all maps take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.map_use().iter().map(|map| map.memory_bytes).sum::<u64>() + memory::POOL_HEADERS
    }

    /// Bytes of what each slot has, and each CPU.
    fn of_slots(&self) -> u64 {
        let switches = self.shape.switches();
        let sketch = if switches.signals { size_of::<Sketch>() } else { 0 };
        let has_vlans = switches.dimensions[Dimension::Vlans];
        let vlans = if has_vlans { size_of::<[u64; VLAN_IDS]>() } else { 0 };
        let classes =
            if switches.traffic_classes { size_of::<[u64; TRAFFIC_CLASSES]>() } else { 0 };
        let slots = self.slots.capacity() * GENERATIONS;

        (slots * (size_of::<Counts>() + sketch + vlans + classes)) as u64 + self.maps.cpus.bytes()
    }

    /// Returns what the program found in the last frame that it saw on `cpu`.
    pub(super) fn parsed_on(&self, cpu: usize) -> Option<Parsed> {
        self.maps.cpus.read_start(cpu * GENERATIONS + self.generation)
    }

    /// Prepares the other generation with the keys that are established in this one.
    fn carry(&mut self) {
        let ages = self.aged.elapsed() >= AGEING;
        if ages {
            self.aged = Instant::now();
        }
        let [by_source, by_port] = [offset_of!(PoolCpu, sources), offset_of!(PoolCpu, ports)]
            .map(|dimension| self.loads(self.generation, dimension, ages));
        let Self { generation, maps, shape, promoted_sources, promoted_ports, .. } = self;
        let seeds = shape.settings.seeds;

        let hash = |key| hash_source_at(key, seeds);
        maps.sources.first.carry(*generation, &by_source, promoted_sources, hash);
        maps.ports
            .first
            .carry(*generation, &by_port, promoted_ports, |key| hash_port_at(key, seeds[1]));
    }

    /// Returns what each CPU counted in a generation, in the dimension with this place in its memory.
    fn loads(&self, generation: usize, dimension: usize, ages: bool) -> Vec<Load> {
        of_cpus::loads(&self.maps.cpus, self.entries(generation), dimension, ages)
    }

    /// Sends the program to a generation. As for the program of one device, the number is published
    /// behind what was carried there.
    fn count_in(&self, generation: usize) {
        let generation = u32::from(generation != 0);
        self.maps.control.publish(0, &Control { generation, budget: self.shape.budget });
    }

    /// Returns the entries of a generation in maps with one for each CPU.
    fn entries(&self, generation: usize) -> impl Iterator<Item = usize> + use<> {
        of_cpus::entries(self.shape.cpus.possible, generation)
    }
}

// What the maps without a mapping hold.
const _: () = {
    assert!(size_of::<Counts>().is_multiple_of(8));
    assert!(size_of::<Sketch>().is_multiple_of(8));
    assert!(size_of::<[u64; VLAN_IDS]>().is_multiple_of(8));
    assert!(size_of::<[u64; TRAFFIC_CLASSES]>().is_multiple_of(8));
};
