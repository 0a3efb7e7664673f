//! What is constant for one load.

use core::arch::asm;

use aya_ebpf::Global;
use exporter_ebpf::parse::Surroundings;
use shared::{TunnelPorts, UpToFour};

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
static TUNNELS_FIRST: Global<u16> = Global::new(0);
#[unsafe(no_mangle)]
static TUNNELS_LAST: Global<u16> = Global::new(u16::MAX);
#[unsafe(no_mangle)]
static VXLAN_PORTS: Global<u64> = Global::new(0);
#[unsafe(no_mangle)]
static GENEVE_PORTS: Global<u64> = Global::new(0);
#[unsafe(no_mangle)]
static STARTS_WITH_NETWORK: Global<u8> = Global::new(0);

/// A device, with a way to the full length of its frame.
pub(crate) struct Device<L>(pub(crate) L);

impl<L: Fn() -> u32> Surroundings for Device<L> {
    #[inline(always)]
    fn full_length(&self) -> u32 {
        (self.0)()
    }

    #[inline(always)]
    fn tunnel_bounds(&self) -> [u16; 2] {
        [TUNNELS_FIRST.load(), TUNNELS_LAST.load()]
    }

    #[inline(always)]
    fn tunnel_ports(&self) -> TunnelPorts {
        TunnelPorts { vxlan: UpToFour(VXLAN_PORTS.load()), geneve: UpToFour(GENEVE_PORTS.load()) }
    }
}

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
