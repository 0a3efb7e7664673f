//! What is constant for one load.

use core::arch::asm;

use aya_ebpf::Global;

/// From this mask on, which is that of 2 MiB for each CPU and generation, a source that finds its
/// set full has a second one. A smaller table is for floods, where every source would look twice.
pub(super) const TWO_CANDIDATES: u32 = 16_383;

#[unsafe(no_mangle)]
static SEED_HIGH: Global<u64> = Global::new(0);
#[unsafe(no_mangle)]
static SEED_LOW: Global<u64> = Global::new(0);
#[unsafe(no_mangle)]
pub(super) static SOURCE_SET_MASK: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
pub(super) static PORT_SET_MASK: Global<u32> = Global::new(0);
#[unsafe(no_mangle)]
static COUNT_SOURCES: Global<u8> = Global::new(1);
#[unsafe(no_mangle)]
static COUNT_PORTS: Global<u8> = Global::new(1);
#[unsafe(no_mangle)]
static COUNT_SIGNALS: Global<u8> = Global::new(1);
#[unsafe(no_mangle)]
static COUNT_VLANS: Global<u8> = Global::new(0);
#[unsafe(no_mangle)]
static COUNT_TRAFFIC_CLASSES: Global<u8> = Global::new(0);
#[unsafe(no_mangle)]
static TAKE_SAMPLES: Global<u8> = Global::new(0);
#[unsafe(no_mangle)]
static SNAP_LENGTH: Global<u16> = Global::new(1);
#[unsafe(no_mangle)]
static STARTS_WITH_NETWORK: Global<u8> = Global::new(0);

#[inline(always)]
pub(crate) fn address_seeds() -> [u64; 2] {
    [SEED_HIGH.load(), SEED_LOW.load()]
}

#[inline(always)]
pub(crate) fn port_seed() -> u64 {
    SEED_LOW.load()
}

#[inline(always)]
pub(crate) fn sources() -> bool {
    is_on(&COUNT_SOURCES)
}

#[inline(always)]
pub(crate) fn ports() -> bool {
    is_on(&COUNT_PORTS)
}

#[inline(always)]
pub(crate) fn signals() -> bool {
    is_on(&COUNT_SIGNALS)
}

#[inline(always)]
pub(crate) fn vlans() -> bool {
    is_on(&COUNT_VLANS)
}

#[inline(always)]
pub(crate) fn starts_with_network() -> bool {
    is_on(&STARTS_WITH_NETWORK)
}

#[inline(always)]
pub(crate) fn traffic_classes() -> bool {
    is_on(&COUNT_TRAFFIC_CLASSES)
}

#[inline(always)]
pub(crate) fn samples() -> bool {
    is_on(&TAKE_SAMPLES)
}

#[inline(always)]
pub(crate) fn snap_length() -> u32 {
    SNAP_LENGTH.load().into()
}

/// The verifier removes a branch where it knows that the first instruction of one side never
/// runs. So that side has one of its own, which no other way leads to.
#[inline(always)]
pub(super) fn is_on(switch: &Global<u8>) -> bool {
    if switch.load() != 0 {
        return true;
    }
    // SAFETY: the instruction moves a register to itself.
    unsafe { asm!("{0} = {0}", inout(reg) 0_u64 => _, options(nomem, nostack)) };

    false
}
