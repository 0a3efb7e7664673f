//! What the devices of one pool share: tables with the slot of the device in every key.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::hash::{hash_address, hash_port};
use crate::parsed::Parsed;
use crate::totals::Attribution;

mod keyed;
mod kind;

pub use keyed::{PortAt, PortAtSet, PortAtSlot, SourceAt, SourceAtSet, SourceAtSlot};
pub use kind::{Kind, KindSet, KindSlot};

/// Slots that a pool can have: a slot is part of keys with twelve bits for it.
pub const POOL_SLOTS: usize = 1 << 12;
/// Entries of the table of devices that are looked at for one device, from its own on.
pub const DEVICE_PROBES: u32 = 4;

/// An entry of the table of devices; free while it is 0.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct DeviceSlot {
    pub ifindex: u32,
    pub slot: u32,
}

/// What one CPU writes alone in one generation of a pool.
#[repr(C, align(64))]
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PoolCpu {
    /// The frame at hand.
    pub parsed: Parsed,
    /// Frames of devices without a slot.
    pub strays: u64,
    /// How the guard stands, and what it refused on this CPU, whatever the slot.
    pub sources: Attribution,
    pub ports: Attribution,
}

/// The bytes of a word that mark what was written for a slot in one generation, beside the tables.
///
/// Each mark is a byte of its own, so that CPUs that set several at once need no atomic instruction:
/// Linux has only that for an addition before 5.12.
pub struct Active;

impl Active {
    /// Its [`crate::Counts`].
    pub const COUNTS: usize = 0;
    /// Its [`crate::Sketch`].
    pub const SKETCH: usize = 1;
    /// Its counters by VLAN id.
    pub const VLANS: usize = 2;
    /// Its counters by traffic class.
    pub const TRAFFIC_CLASSES: usize = 3;

    /// Returns the word in which only this byte is a mark.
    pub const fn mark(byte: usize) -> u64 {
        let mut bytes = [0; size_of::<u64>()];
        bytes[byte] = 1;

        u64::from_ne_bytes(bytes)
    }
}

impl Default for PoolCpu {
    fn default() -> Self {
        Self::new_zeroed()
    }
}

/// Spreads a slot over the bits of a hash, so that the keys of two devices lie in other sets.
#[inline(always)]
pub const fn spread(slot: u32) -> u64 {
    (slot as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns where a source of a slot is looked for.
pub const fn hash_source_at(SourceAt { slot, address }: SourceAt, seeds: [u64; 2]) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "a slot has twelve bits")]
    let slot = slot as u32;

    hash_address(address, seeds) ^ spread(slot)
}

/// Returns where a port of a slot is looked for.
pub const fn hash_port_at(port: PortAt, seed: u64) -> u64 {
    hash_port(port.key(), seed) ^ spread(port.slot())
}

const _: () = {
    assert!(size_of::<DeviceSlot>() == 8);
    assert!(size_of::<PoolCpu>() == 192);
    assert!(core::mem::offset_of!(PoolCpu, parsed) == 0);
};
