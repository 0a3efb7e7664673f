//! Every map of a pool, and the only code that writes to them.

#[path = "../maps/device.rs"]
pub(crate) mod device;
mod frame;
mod keyed;
#[path = "../maps/ranks.rs"]
pub(crate) mod ranks;
#[path = "../maps/second.rs"]
mod second;
#[path = "../maps/settings.rs"]
pub(crate) mod settings;
mod together;

use core::ptr;

use aya_ebpf::Global;
use aya_ebpf::bindings::BPF_F_MMAPABLE;
use aya_ebpf::btf_maps::{Array, LruHashMap};
use aya_ebpf::helpers::bpf_get_smp_processor_id;
use aya_ebpf::macros::btf_map;
use shared::{
    Control, Counts, DEVICE_PROBES, DeviceSlot, KindSet, Overflow, PoolCpu, PortAt, PortAtSet,
    Sketch, SourceAt, SourceAtSet, TRAFFIC_CLASSES as CLASSES, VLAN_IDS,
};

const MAPPED: usize = BPF_F_MMAPABLE as usize;
/// Stands for numbers of entries that are set at the load.
const AT_LOAD: usize = 1;

#[unsafe(no_mangle)]
static KIND_SET_MASK: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static DEVICE_MASK: Global<u32> = Global::new(0);

#[btf_map]
static CONTROL: Array<Control, 1, MAPPED> = Array::new();
#[btf_map]
static DEVICES: Array<DeviceSlot, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static CPUS: Array<PoolCpu, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static KINDS: Array<KindSet, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static SOURCES: Array<SourceAtSet, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static PORTS: Array<PortAtSet, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static ACTIVE: Array<u64, AT_LOAD, MAPPED> = Array::new();
#[btf_map]
static COUNTS: Array<Counts, AT_LOAD> = Array::new();
#[btf_map]
static SKETCHES: Array<Sketch, AT_LOAD> = Array::new();
#[btf_map]
static VLANS: Array<[u64; VLAN_IDS], AT_LOAD> = Array::new();
#[btf_map]
static TRAFFIC_CLASSES: Array<[u64; CLASSES], AT_LOAD> = Array::new();
#[btf_map]
static MORE_SOURCES_0: LruHashMap<SourceAt, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_SOURCES_1: LruHashMap<SourceAt, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_PORTS_0: LruHashMap<PortAt, Overflow, AT_LOAD> = LruHashMap::new();
#[btf_map]
static MORE_PORTS_1: LruHashMap<PortAt, Overflow, AT_LOAD> = LruHashMap::new();

/// What this CPU writes alone.
pub(crate) type OfCpu = PoolCpu;

/// The part of every map where this CPU counts the frame at hand.
#[derive(Clone, Copy)]
pub(crate) struct Partition {
    /// CPU number times two and the generation.
    pub(crate) index: u32,
    budget: u32,
    /// The slot of the device.
    slot: u32,
}

impl Partition {
    /// Reads which generation counts, finds the memory of this CPU there, and the slot of the device.
    ///
    /// As in the program of one device, nothing of a generation is read before its number is.
    ///
    /// # Safety
    ///
    /// A run of the program calls this once.
    #[inline(always)]
    pub(crate) unsafe fn here(ifindex: u32) -> Option<(Self, &'static mut PoolCpu)> {
        let control = CONTROL.get_ptr(0)?;
        // SAFETY: the map outlives the program and user space writes whole words.
        let Control { generation, budget } = unsafe { ptr::read_volatile(control) };
        // SAFETY: the helper only reads the number of the CPU.
        let cpu = unsafe { bpf_get_smp_processor_id() } as u32;
        let index = cpu << 1 | generation & 1;
        let memory = CPUS.get_ptr_mut(index)?;
        // SAFETY: the entry belongs to this CPU, on which no second run can begin before this one
        // ends: bottom halves are off, and where they may interleave (PREEMPT_RT), `doctor` warns. This
        // run has no other reference, and user space touches the other generation only.
        let memory = unsafe { &mut *memory };

        let Some(slot) = slot_of(ifindex) else {
            memory.strays += 1;
            return None;
        };
        Some((Self { index, budget, slot }, memory))
    }

    #[inline(always)]
    fn generation(self) -> u32 {
        self.index & 1
    }

    /// The entry in maps that the CPUs share.
    #[inline(always)]
    fn of_slot(self) -> u32 {
        self.slot << 1 | self.generation()
    }
}

/// Returns the slot of a device.
#[inline(always)]
fn slot_of(ifindex: u32) -> Option<u32> {
    let mask = DEVICE_MASK.load();
    let mut probe = 0;
    while probe < DEVICE_PROBES {
        let entry = DEVICES.get_ptr(ifindex.wrapping_add(probe) & mask)?;
        // SAFETY: the map outlives the program and user space writes whole words.
        let found = unsafe { ptr::read_volatile(entry) };
        if found.ifindex == ifindex {
            return Some(found.slot);
        }
        probe += 1;
    }

    None
}
