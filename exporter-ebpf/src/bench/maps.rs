//! The maps of the programs for tests and benchmarks.

#[path = "../maps/device.rs"]
mod device;

use core::ptr;

use aya_ebpf::Global;
use aya_ebpf::bindings::BPF_F_MMAPABLE;
use aya_ebpf::btf_maps::{Array, ProgramArray};
use aya_ebpf::helpers::bpf_get_smp_processor_id;
use aya_ebpf::macros::btf_map;
use shared::{Control, Totals};

use crate::profile::Profile;

pub(crate) use device::Device;

const MAPPED: usize = BPF_F_MMAPABLE as usize;
/// Stands for numbers of entries that are set at the load.
const AT_LOAD: usize = 1;

#[unsafe(no_mangle)]
static PROFILE_SEED: Global<u64> = Global::new(0);
#[unsafe(no_mangle)]
static PROFILE_SOURCES: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static PROFILE_ORDER: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static PROFILE_QUANTILES: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static PROFILE_SPOOFED: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static PROFILE_PORTS: Global<u32> = Global::new(0);

/// What [`UNDER_TEST`] holds gets every generated frame.
#[btf_map]
pub(crate) static UNDER_TEST: ProgramArray<1> = ProgramArray::new();
/// Frames generated so far. Each CPU loads a generator of its own.
#[btf_map]
static SENT: Array<u64, 1> = Array::new();
/// Numbers of sources, each as often as its share asks for.
#[btf_map]
static QUANTILES: Array<u32, AT_LOAD> = Array::new();
/// As in the program that counts.
#[btf_map]
static CONTROL: Array<Control, 1, MAPPED> = Array::new();
/// As in the program that counts.
#[btf_map]
static TOTALS: Array<Totals, AT_LOAD, MAPPED> = Array::new();

/// What is constant for one load.
#[inline(always)]
pub(crate) fn profile() -> Profile {
    Profile {
        seed: PROFILE_SEED.load(),
        sources: PROFILE_SOURCES.load(),
        order: PROFILE_ORDER.load(),
        quantiles: PROFILE_QUANTILES.load(),
        spoofed: PROFILE_SPOOFED.load(),
        ports: PROFILE_PORTS.load(),
    }
}

/// Counts a frame, and returns the number of those before it.
#[inline(always)]
pub(crate) fn next() -> Option<u64> {
    let sent = SENT.get_ptr_mut(0)?;
    // SAFETY: only one thread runs the generator.
    let before = unsafe { *sent };
    // SAFETY: as above.
    unsafe { *sent = before + 1 };

    Some(before)
}

/// Returns the number of the source at this place of the table.
#[inline(always)]
pub(crate) fn quantile(place: u32) -> u32 {
    QUANTILES.get(place).copied().unwrap_or_default()
}

/// Returns the memory of this CPU, by the way that the program that counts takes.
#[inline(always)]
pub(crate) fn totals() -> Option<&'static mut Totals> {
    let control = CONTROL.get_ptr(0)?;
    // SAFETY: the map outlives the program and user space writes whole words.
    let Control { generation, .. } = unsafe { ptr::read_volatile(control) };
    // SAFETY: the helper only reads the number of the CPU.
    let cpu = unsafe { bpf_get_smp_processor_id() } as u32;

    // SAFETY: the entry belongs to this CPU, on which no second run can begin before this one ends.
    TOTALS.get_ptr_mut(cpu << 1 | generation & 1).map(|totals| unsafe { &mut *totals })
}
