//! Every map of the program, and the only code that writes to them.

pub(crate) mod device;
pub(crate) mod frags;
pub(crate) mod handover;
pub(crate) mod ranks;
mod second;
pub(crate) mod settings;

use core::ptr;

use aya_ebpf::bindings::BPF_F_MMAPABLE;
use aya_ebpf::btf_maps::{Array, LruHashMap};
use aya_ebpf::helpers::bpf_get_smp_processor_id;
use aya_ebpf::macros::btf_map;
use exporter_ebpf::attribute::{self, Found};
use exporter_ebpf::count;
use shared::{
    Address, Control, Count, Overflow, Parsed, PortKey, PortProtocol, PortSet, Sketch, SourceSet,
    TRAFFIC_CLASSES as CLASSES, Totals, VLAN_IDS, first_place, second_place,
};

use second::more;
use settings::{PORT_SET_MASK, SOURCE_SET_MASK, TWO_CANDIDATES};

/// User space reads and clears these by mapping them: ten times cheaper than by system calls.
const MAPPED: usize = BPF_F_MMAPABLE as usize;
/// Stands for numbers of entries that are set at the load.
const AT_LOAD: usize = 1;

#[btf_map]
static CONTROL: Array<Control, 1, MAPPED> = Array::new();
#[btf_map]
static TOTALS: Array<Totals, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static SKETCHES: Array<Sketch, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static SOURCES: Array<SourceSet, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static PORTS: Array<PortSet, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static VLANS: Array<[u64; VLAN_IDS], AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static TRAFFIC_CLASSES: Array<[u64; CLASSES], AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static MORE_SOURCES_0: LruHashMap<Address, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_SOURCES_1: LruHashMap<Address, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_PORTS_0: LruHashMap<PortKey, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_PORTS_1: LruHashMap<PortKey, Overflow, AT_LOAD> = LruHashMap::new();

/// What this CPU writes alone.
pub(crate) type OfCpu = Totals;

/// The part of every map that this CPU may write now.
#[derive(Clone, Copy)]
pub(crate) struct Partition {
    /// CPU number times two and the generation.
    pub(crate) index: u32,
    budget: u32,
}

impl Partition {
    /// Reads which generation counts, and finds the totals of this CPU there.
    ///
    /// Nothing of an entry is read before the generation is, because its address comes from it: so
    /// this CPU finds there what user space wrote before it published the generation.
    ///
    /// # Safety
    ///
    /// A run of the program calls this once.
    #[inline(always)]
    pub(crate) unsafe fn here() -> Option<(Self, &'static mut Totals)> {
        let control = CONTROL.get_ptr(0)?;
        // SAFETY: the map outlives the program and user space writes whole words.
        let Control { generation, budget } = unsafe { ptr::read_volatile(control) };
        // SAFETY: the helper only reads the number of the CPU.
        let cpu = unsafe { bpf_get_smp_processor_id() } as u32;

        let place = Self { index: cpu << 1 | generation & 1, budget };
        let totals = TOTALS.get_ptr_mut(place.index)?;
        // SAFETY: the entry belongs to this CPU, on which no second run can begin before this one
        // ends: bottom halves are off, and where they may interleave (PREEMPT_RT), `doctor` warns. This
        // run has no other reference, and user space touches the other generation only.
        Some((place, unsafe { &mut *totals }))
    }

    #[inline(always)]
    fn generation(self) -> u32 {
        self.index & 1
    }

    /// Counts `packets`, of which one frame consists, under its source.
    #[inline(always)]
    pub(crate) fn source(self, totals: &mut Totals, packets: u64, hash: u64, mark: u64) -> Found {
        let Totals { parsed: Parsed { address, length, .. }, counts, .. } = totals;
        let count = Count { packets, bytes: u64::from(*length) };

        let last = SOURCE_SET_MASK.load();
        let mut found = self.source_in(first_place(hash, last), *address, count, mark);
        let is_wide = last >= TWO_CANDIDATES;
        if found == Found::Spilled || (is_wide && found == Found::Full) {
            found = self.source_in(second_place(hash, last), *address, count, mark);
        }
        if !found.is_there() && attribute::admit(&mut counts.sources, self.budget, hash, count) {
            match self.generation() {
                0 => more(&MORE_SOURCES_0, address, count, mark),
                _ => more(&MORE_SOURCES_1, address, count, mark),
            }
        }

        found
    }

    /// Counts packets under their source in one set.
    #[inline(always)]
    fn source_in(self, set: u32, address: Address, count: Count, mark: u64) -> Found {
        let sets = SOURCE_SET_MASK.load() + 1;
        let Some(set) = SOURCES.get_ptr_mut(self.index * sets + set) else {
            return Found::Full;
        };
        // SAFETY: as for the totals; the reference ends with this function.
        let SourceSet(ways) = unsafe { &mut *set };

        attribute::in_set(ways, address, count, mark)
    }

    /// Counts `packets`, of which one frame consists, under their port.
    #[inline(always)]
    pub(crate) fn port(self, totals: &mut Totals, packets: u64, key: PortKey, hash: u64) {
        let last = PORT_SET_MASK.load();
        let count = Count { packets, bytes: u64::from(totals.parsed.length) };

        let mut found = self.port_in(first_place(hash, last), key, count);
        if found == Found::Spilled {
            found = self.port_in(second_place(hash, last), key, count);
        }
        if !found.is_there() && attribute::admit(&mut totals.counts.ports, self.budget, hash, count)
        {
            match self.generation() {
                0 => more(&MORE_PORTS_0, &key, count, 0),
                _ => more(&MORE_PORTS_1, &key, count, 0),
            }
        }
    }

    /// Counts packets under their port in one set.
    #[inline(always)]
    fn port_in(self, set: u32, key: PortKey, count: Count) -> Found {
        let sets = PORT_SET_MASK.load() + 1;
        let Some(set) = PORTS.get_ptr_mut(self.index * sets + set) else {
            return Found::Full;
        };
        // SAFETY: as for the totals; the reference ends with this function.
        let PortSet(ways) = unsafe { &mut *set };

        attribute::in_set(ways, key, count, 0)
    }

    /// Counts packets under the id of their outermost VLAN tag.
    #[inline(always)]
    pub(crate) fn vlan(self, id: u16, packets: u64) {
        if let Some(ids) = VLANS.get_ptr_mut(self.index) {
            // SAFETY: as for the totals; the reference ends with this function.
            let ids = unsafe { &mut *ids };
            ids[usize::from(id) % VLAN_IDS] += packets;
        }
    }

    /// Notes that the address with this hash was seen.
    #[inline(always)]
    pub(crate) fn distinct_source(self, _totals: &mut Totals, cell: u8, hash: u64) {
        if let Some(sketch) = self.sketch() {
            count::distinct_source(sketch, cell, hash);
        }
    }

    /// Notes the destination port of the frame at hand.
    #[inline(always)]
    pub(crate) fn distinct_port(self, totals: &mut Totals, protocol: PortProtocol) {
        if let Some(sketch) = self.sketch() {
            count::distinct_port(sketch, protocol, totals.parsed.destination_port);
        }
    }

    /// Finds the sketches of this CPU. One that came after the load has those of the first CPU: two that
    /// write at once may lose a bit of an estimate, until the next packet sets it.
    #[inline(always)]
    fn sketch(self) -> Option<&'static mut Sketch> {
        let sketch = match SKETCHES.get_ptr_mut(self.index) {
            Some(own) => own,
            None => SKETCHES.get_ptr_mut(self.generation())?,
        };

        // SAFETY: the entry outlives the run, which has no other reference into this map, and any bits
        // are a sketch. User space touches the other generation only.
        Some(unsafe { &mut *sketch })
    }

    /// Counts packets under their traffic class.
    #[inline(always)]
    pub(crate) fn traffic_class(self, class: u8, packets: u64) {
        if let Some(classes) = TRAFFIC_CLASSES.get_ptr_mut(self.index) {
            // SAFETY: as for the totals; the reference ends with this function.
            let classes = unsafe { &mut *classes };
            classes[usize::from(class)] += packets;
        }
    }
}
