//! One loaded program with its maps: counts one direction of one device.

mod age;
mod beside;
mod levels;
mod maps;
#[cfg(test)]
mod model;
mod successor;

use std::collections::BTreeMap;
use std::io;
use std::mem::{self, offset_of};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

use aya::Ebpf;
use shared::{
    Address, Attribution, Control, GENERATIONS, Overflow, Parsed, PortKey, Sketch, TRAFFIC_CLASSES,
    Totals, hash_address, hash_port,
};

use super::common::Common;
use super::of_cpus::{self, is_any};
use super::pins::LayoutMap;
use super::shape::Shape;
use super::sums;
use super::tables::{Keys, Load};
use super::wire::take_all;
use crate::dimension::Dimension;
use crate::interval::{Interval, Keyed, Switches, add};

pub(super) use beside::{Marking, Passage};
pub(super) use levels::{keyed, promoted};
pub(super) use maps::{Levels, Maps, OverflowMap};
pub(super) use successor::Successor;

/// Keys without packets lose weight once in this time, or in an interval where that is longer. A
/// little less than a second, so that intervals of one are not missed.
pub(super) const AGEING: Duration = Duration::from_millis(900);

/// One loaded program with its maps.
pub(super) struct Instance {
    pub(super) ebpf: Ebpf,
    /// What it shares with all programs.
    pub(super) common: Common,
    pub(super) maps: Maps,
    pub(super) shape: Shape,
    generation: usize,
    /// When counting in the active generation began.
    counted_since: Instant,
    counted_from: SystemTime,
    /// When keys last lost weight.
    aged: Instant,
    /// A generation that was cut off and could not be read yet.
    pending: Option<Cut>,
    /// What was read and not returned, because the reading after it failed.
    kept: Option<Interval>,
    /// What was taken from the second level of that generation so far.
    more_sources: Vec<(Address, Overflow)>,
    more_ports: Vec<(PortKey, Overflow)>,
    promoted_sources: Vec<Address>,
    promoted_ports: Vec<PortKey>,
    /// Where the maps are pinned, a process that adopts them learns there how old their counts are.
    layout: Option<LayoutMap>,
    /// The next reading may lack what a process that was killed had read already.
    is_adopted: bool,
    /// What a program of XDP on the same maps is to do.
    marking: Marking,
    /// What was found of marks in what was read and not asked for yet.
    passage: Option<Passage>,
}

/// What a cut leaves to be read, once no program counts there any more.
#[derive(Clone, Copy, Debug)]
struct Cut {
    generation: usize,
    /// When counting in it began.
    from: SystemTime,
    elapsed: Duration,
    /// What the program counted there.
    switches: Switches,
}

impl Instance {
    pub(super) fn new(ebpf: Ebpf, common: Common, maps: Maps, shape: Shape) -> Self {
        let generation = maps.control.read(0..1).pop().unwrap_or_default().generation as usize & 1;
        let instance = Self {
            ebpf,
            common,
            maps,
            shape,
            generation,
            counted_since: Instant::now(),
            counted_from: SystemTime::now(),
            aged: Instant::now(),
            pending: None,
            kept: None,
            more_sources: Vec::new(),
            more_ports: Vec::new(),
            promoted_sources: Vec::new(),
            promoted_ports: Vec::new(),
            layout: None,
            is_adopted: false,
            marking: Marking::default(),
            passage: None,
        };
        instance.count_in(generation);

        instance
    }

    /// Sends the program to the other generation. What the one before it holds may be read once
    /// every program that was running has ended.
    ///
    /// Where the last cut could not be read, that one stays: its counts are not to be written over.
    /// Returns whether it did cut.
    pub(super) fn cut(&mut self) -> bool {
        if self.pending.is_some() {
            return false;
        }
        self.carry();
        self.count_in(1 - self.generation);
        self.note_cut();

        true
    }

    /// Notes that from now on the program counts in the other generation.
    fn note_cut(&mut self) {
        self.pending = Some(Cut {
            generation: self.generation,
            from: self.counted_from,
            elapsed: self.counted_since.elapsed(),
            switches: self.shape.switches(),
        });
        self.counted_since = Instant::now();
        self.counted_from = SystemTime::now();
        self.generation = 1 - self.generation;
        if let Some(layout) = &self.layout {
            layout.cut(self.counted_from);
        }
    }

    /// Reads and clears the generation that was cut off.
    ///
    /// # Errors
    ///
    /// What was not read waits for the next call, and so does what was.
    pub(super) fn read(&mut self) -> io::Result<Interval> {
        let interval = self.read_cut()?;

        Ok(match self.kept.take() {
            Some(kept) => kept.followed_by(interval),
            None => interval,
        })
    }

    fn read_cut(&mut self) -> io::Result<Interval> {
        let Some(Cut { generation, from: _, elapsed, switches }) = self.pending else {
            let switches = self.shape.switches();
            return Ok(Interval::idle(Duration::ZERO, switches));
        };
        let Maps { sources, ports, .. } = &self.maps;
        if switches.dimensions[Dimension::Sources] {
            take_all(sources.second[generation].fd.as_fd(), &mut self.more_sources)?;
        }
        if switches.dimensions[Dimension::Ports] {
            take_all(ports.second[generation].fd.as_fd(), &mut self.more_ports)?;
        }
        self.pending = None;
        let more_sources = mem::take(&mut self.more_sources);
        let more_ports = mem::take(&mut self.more_ports);
        let in_overflow = [more_sources.len(), more_ports.len()];
        self.promoted_sources = promoted(&more_sources);
        self.promoted_ports = promoted(&more_ports);

        let mut sources = Keys::default();
        let loads = self.loads(generation, offset_of!(Totals, counts.sources), false);
        let fullest_of_sources = self.maps.sources.first.take(generation, &loads, &mut sources);
        let mut ports = Keys::default();
        let loads = self.loads(generation, offset_of!(Totals, counts.ports), false);
        let fullest_of_ports = self.maps.ports.first.take(generation, &loads, &mut ports);
        let in_tables = [fullest_of_sources, fullest_of_ports];

        let vlans = if switches.dimensions[Dimension::Vlans] {
            self.take_vlans(generation)
        } else {
            Keyed::default()
        };
        let traffic_classes = if switches.traffic_classes {
            self.take_classes(generation)
        } else {
            [0; TRAFFIC_CLASSES]
        };
        let of_sketches =
            if switches.signals { self.take_sketches(generation) } else { Vec::new() };
        let of_cpus = self.take_totals(generation);
        let passage = Passage::of(&of_cpus);
        self.passage = Some(self.passage.map_or(passage, |before| before.followed_by(passage)));
        let sum = |part: fn(&Totals) -> &Attribution| sums::attribution(of_cpus.iter().map(part));
        let by_source = sum(|totals| &totals.counts.sources);
        let by_port = sum(|totals| &totals.counts.ports);

        let mut interval = Interval {
            elapsed,
            totals: sums::totals(of_cpus.iter().map(|of_cpu| &of_cpu.counts)),
            sources: keyed(sources, more_sources, by_source, Address::to_ip),
            ports: keyed(ports, more_ports, by_port, |key| key),
            vlans,
            traffic_classes,
            sketches: sums::sketches(of_sketches.iter()),
            maps: self.maps.fill(in_tables, in_overflow, self.shape.cpus.possible),
            switches,
        };
        if mem::take(&mut self.is_adopted) {
            interval.make_up();
        }
        if let Some(layout) = &self.layout {
            layout.took(self.counted_from);
        }

        Ok(interval)
    }

    /// Reads and clears the generation that was cut off, then the other one too, where counts came
    /// since a cut that could not be read. `wait` blocks until no program counts in what was cut off.
    pub(super) fn read_both(&mut self, wait: impl Fn() -> io::Result<()>) -> io::Result<Interval> {
        // The second reading brings it along, or the next that succeeds.
        self.kept = Some(self.read()?);
        self.cut();
        wait()?;

        self.read()
    }

    /// Returns what the program found in the last frame that it saw on `cpu`.
    pub(super) fn parsed_on(&self, cpu: usize) -> Option<Parsed> {
        let entry = cpu * GENERATIONS + self.generation;

        self.maps.totals.read_start(entry)
    }

    /// Prepares the other generation with the keys that are established in this one.
    fn carry(&mut self) {
        let ages = self.aged.elapsed() >= AGEING;
        if ages {
            self.aged = Instant::now();
        }
        let [by_source, by_port] =
            [offset_of!(Totals, counts.sources), offset_of!(Totals, counts.ports)]
                .map(|dimension| self.loads(self.generation, dimension, ages));
        let Self { generation, maps, shape, promoted_sources, promoted_ports, .. } = self;
        let seeds = shape.settings.seeds;

        let hash = |key| hash_address(key, seeds);
        maps.sources.first.carry(*generation, &by_source, promoted_sources, hash);
        let hash = |key| hash_port(key, seeds[1]);
        maps.ports.first.carry(*generation, &by_port, promoted_ports, hash);
    }

    /// Returns what each CPU counted in a generation, in the dimension with this place in the
    /// totals.
    fn loads(&self, generation: usize, dimension: usize, ages: bool) -> Vec<Load> {
        of_cpus::loads(&self.maps.totals, self.entries(generation), dimension, ages)
    }

    /// Sends the program to a generation, where it finds the keys that were carried there.
    ///
    /// Processors such as those of aarch64 may show writes to each other in another order. A program
    /// that saw the new generation before its slots would add to packets that were read already, or
    /// lose its own to a slot that arrives later. So the control word is published, behind the slots.
    /// The program reads that word first and computes from it the address of every slot, and no
    /// processor reads through an address before it has it. Source: "Dependency relations: data, addr,
    /// and ctrl" in tools/memory-model/Documentation/explanation.txt. `model.rs` tries every order.
    ///
    /// The program chooses between the maps of the second level by a branch, which orders no read; they
    /// need no order, because bpf(2) emptied them an interval before.
    fn count_in(&self, generation: usize) {
        let generation = u32::from(generation != 0) | self.marking.bits();
        self.maps.control.publish(0, &Control { generation, budget: self.shape.budget });
    }

    fn take_totals(&self, generation: usize) -> Vec<Totals> {
        let mut of_cpus = Vec::new();
        for entry in self.entries(generation).filter(|entry| is_any(&self.maps.totals, *entry)) {
            of_cpus.extend(self.maps.totals.read(entry..entry + 1));
            self.maps.totals.clear(entry..entry + 1);
        }

        of_cpus
    }

    /// Reads and clears the sketches of the CPUs that saw frames. Those of the first one are also of
    /// CPUs that have none.
    fn take_sketches(&self, generation: usize) -> Vec<Sketch> {
        let Maps { totals, sketches, .. } = &self.maps;
        let last = sketches.entries() / GENERATIONS;
        let is_late = |entry: usize| entry / GENERATIONS >= last && is_any(totals, entry);
        let any_late = self.entries(generation).any(is_late);
        let mut of_cpus = Vec::new();
        for entry in self.entries(generation).take(last) {
            if is_any(totals, entry) || any_late && entry == generation {
                of_cpus.extend(sketches.read(entry..entry + 1));
                sketches.clear(entry..entry + 1);
            }
        }

        of_cpus
    }

    fn take_vlans(&self, generation: usize) -> Keyed<u16> {
        let mut sum = BTreeMap::new();
        for entry in self.entries(generation).filter(|entry| is_any(&self.maps.totals, *entry)) {
            for ids in self.maps.vlans.read(entry..entry + 1) {
                for (id, packets) in (0..).zip(ids).filter(|(_, packets)| *packets > 0) {
                    *sum.entry(id).or_default() += packets;
                }
            }
            self.maps.vlans.clear(entry..entry + 1);
        }

        Keyed::of_packets(sum)
    }

    fn take_classes(&self, generation: usize) -> [u64; TRAFFIC_CLASSES] {
        let mut sum = [0; TRAFFIC_CLASSES];
        for entry in self.entries(generation).filter(|entry| is_any(&self.maps.totals, *entry)) {
            add(&mut sum, self.maps.classes.read(entry..entry + 1).as_flattened());
            self.maps.classes.clear(entry..entry + 1);
        }

        sum
    }

    /// Returns the entries of a generation in maps with one for each CPU.
    fn entries(&self, generation: usize) -> impl Iterator<Item = usize> + use<> {
        of_cpus::entries(self.shape.cpus.possible, generation)
    }
}
