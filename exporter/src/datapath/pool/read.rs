//! Reading a pool: what each slot counted in a generation.

use std::collections::BTreeMap;
use std::io;
use std::mem::{self, offset_of};
use std::os::fd::{AsFd, OwnedFd};

use shared::{
    Active, Address, Count, Counts, GENERATIONS, Kind, Overflow, PoolCpu, PortAt, PortKey,
    Protocol, Sketch, SourceAt, TRAFFIC_CLASSES, VLAN_IDS, cell,
};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::refused::Refused;
use super::{Cut, Pool};
use crate::datapath::instance::{keyed, promoted};
use crate::datapath::of_cpus::is_any;
use crate::datapath::shape::entries;
use crate::datapath::sums;
use crate::datapath::tables::Keys;
use crate::datapath::wire::{clear_entry, read_entry, take_all};
use crate::interval::{Interval, Keyed, Sketches};

/// What was read of a cut whose reading may fail half way.
#[derive(Default)]
pub(super) struct Partly {
    more_sources: Vec<(SourceAt, Overflow)>,
    more_ports: Vec<(PortAt, Overflow)>,
    slots: BTreeMap<u32, OfSlot>,
}

/// What one slot counted.
#[derive(Default)]
struct OfSlot {
    counts: Box<Counts>,
    sketches: Option<Sketches>,
    vlans: BTreeMap<u16, u64>,
    classes: Option<[u64; TRAFFIC_CLASSES]>,
    sources: Keys<Address>,
    ports: Keys<PortKey>,
    more_sources: Vec<(Address, Overflow)>,
    more_ports: Vec<(PortKey, Overflow)>,
}

impl Pool {
    /// Reads and clears the generation that was cut off, once no program counts there.
    ///
    /// # Errors
    ///
    /// What was not read waits for the next call, and so does what was.
    pub(in super::super) fn read(&mut self) -> io::Result<()> {
        let Some(Cut { generation, at }) = self.pending else { return Ok(()) };
        self.read_together(generation)?;
        self.pending = None;
        self.read = self.cuts;
        self.read_to = at;

        let refused = self.read_of_cpus(generation);
        let mut intervals: Vec<_> = mem::take(&mut self.partly)
            .slots
            .into_iter()
            .map(|(slot, of_slot)| (slot, self.interval(of_slot)))
            .collect();
        refused.assign(intervals.iter_mut().map(|(_, interval)| interval));
        for (slot, interval) in intervals {
            let interval = match self.counted.remove(&slot) {
                Some(before) => before.followed_by(interval),
                None => interval,
            };
            self.counted.insert(slot, interval);
        }

        Ok(())
    }

    /// Reads what the CPUs write together, by system calls, which may fail.
    fn read_together(&mut self, generation: usize) -> io::Result<()> {
        let Self { maps, partly, .. } = self;
        take_all(maps.sources.second[generation].fd.as_fd(), &mut partly.more_sources)?;
        take_all(maps.ports.second[generation].fd.as_fd(), &mut partly.more_ports)?;

        for slot in 0..maps.active.entries() / GENERATIONS {
            let entry = slot * GENERATIONS + generation;
            let active = maps.active.word(entry, 0);
            if active == 0 {
                continue;
            }
            let of_slot = partly.slots.entry(entries(slot)).or_default();
            let is_marked = |byte| active & Active::mark(byte) != 0;
            // A mark goes with what it stands for: nothing is read twice, should the next call fail.
            let mut left = active;
            let mut done = |mark: u64| {
                left &= !mark;
                maps.active.write(entry, &[left]);
            };
            if is_marked(Active::COUNTS) {
                *of_slot.counts = take_entry(&maps.counts, entry)?;
                done(Active::mark(Active::COUNTS));
            }
            if is_marked(Active::SKETCH) {
                let sketch: Sketch = take_entry(&maps.sketches, entry)?;
                of_slot.sketches = Some(sums::sketches([&sketch].into_iter()));
                done(Active::mark(Active::SKETCH));
            }
            if is_marked(Active::VLANS) {
                let ids: [u64; VLAN_IDS] = take_entry(&maps.vlans, entry)?;
                of_slot.vlans = (0..).zip(ids).filter(|(_, packets)| *packets > 0).collect();
                done(Active::mark(Active::VLANS));
            }
            if is_marked(Active::TRAFFIC_CLASSES) {
                of_slot.classes = Some(take_entry(&maps.classes, entry)?);
                done(Active::mark(Active::TRAFFIC_CLASSES));
            }
        }

        Ok(())
    }

    /// Reads what each CPU writes alone; returns what the guards of all CPUs refused.
    fn read_of_cpus(&mut self, generation: usize) -> Refused {
        let mut kinds = Keys::default();
        let mut sources = Keys::default();
        let mut ports = Keys::default();
        let loads = self.loads(generation, offset_of!(PoolCpu, sources), false);
        let in_kinds = self.maps.kinds.take(generation, &loads, &mut kinds);
        let in_sources = self.maps.sources.first.take(generation, &loads, &mut sources);
        let in_ports = self.maps.ports.first.take(generation, &loads, &mut ports);
        let refused = self.take_cpus(generation);

        let Partly { more_sources, more_ports, slots } = &mut self.partly;
        self.fill = [in_kinds, in_sources, in_ports, more_sources.len(), more_ports.len()];
        self.promoted_sources = promoted(more_sources);
        self.promoted_ports = promoted(more_ports);
        for (kind, count) in kinds.into_iter() {
            let counts = &mut slots.entry(kind.slot().into()).or_default().counts;
            add(counts, kind, Count { packets: count.packets, bytes: count.bytes });
        }
        for (SourceAt { slot, address }, count) in sources.into_iter() {
            slots.entry(number(slot)).or_default().sources.add(address, count);
        }
        for (port, count) in ports.into_iter() {
            slots.entry(port.slot()).or_default().ports.add(port.key(), count);
        }
        for (SourceAt { slot, address }, count) in more_sources.drain(..) {
            slots.entry(number(slot)).or_default().more_sources.push((address, count));
        }
        for (port, count) in more_ports.drain(..) {
            slots.entry(port.slot()).or_default().more_ports.push((port.key(), count));
        }

        refused
    }

    /// Clears the memory of the CPUs; returns what their guards refused.
    fn take_cpus(&mut self, generation: usize) -> Refused {
        let mut refused = Refused::default();
        let mut all_strays = 0;
        for entry in self.entries(generation) {
            let cpus = &self.maps.cpus;
            if !is_any(cpus, entry) && cpus.word(entry, offset_of!(PoolCpu, strays)) == 0 {
                continue;
            }
            for PoolCpu { sources, ports, strays, .. } in cpus.read(entry..entry + 1) {
                refused.sources.add(sources.refused);
                refused.ports.add(ports.refused);
                all_strays += strays;
            }
            cpus.clear(entry..entry + 1);
        }
        if all_strays > 0 {
            // Of a device that has moved to another namespace, until its program is taken off.
            tracing::debug!(frames = all_strays, "Frames came of devices without a slot");
        }

        refused
    }

    /// Returns what a slot counted, without what was refused.
    fn interval(&self, of_slot: OfSlot) -> Interval {
        let OfSlot { counts, sketches, vlans, classes, sources, ports, more_sources, more_ports } =
            of_slot;

        Interval {
            totals: sums::totals([&*counts].into_iter()),
            sources: keyed(sources, more_sources, counts.sources, Address::to_ip),
            ports: keyed(ports, more_ports, counts.ports, |key| key),
            vlans: Keyed::of_packets(vlans),
            traffic_classes: classes.unwrap_or([0; TRAFFIC_CLASSES]),
            sketches: sketches.unwrap_or_default(),
            switches: self.shape.switches(),
            maps: Vec::new(),
            ..Interval::default()
        }
    }
}

/// Reads and clears an entry of an array.
fn take_entry<T>(map: &OwnedFd, entry: usize) -> io::Result<T>
where
    T: FromBytes + IntoBytes + Immutable,
{
    let taken = read_entry(map.as_fd(), entries(entry))?;
    clear_entry::<T>(map.as_fd(), entries(entry))?;

    Ok(taken)
}

/// Adds frames to everything that is in their kind.
fn add(counts: &mut Counts, kind: Kind, count: Count) {
    const IS_TCP: usize = cell(shared::Family::Ipv4, Protocol::Tcp) as usize & 31;

    counts.cells[kind.cell()].add(count);
    counts.sizes[kind.bucket()].add(count);
    if kind.cell() & 31 == IS_TCP {
        counts.tcp_flags[kind.tcp_flags()] += count.packets;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a slot has twelve bits")]
const fn number(slot: u64) -> u32 {
    slot as u32
}
