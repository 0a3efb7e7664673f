//! Frames that are alike in everything that is counted without a key: one counter instead of five.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::table::{Slot, TableCount, Ways};
use crate::totals::Count;

/// What frames have in common: slot, cell, size and TCP flags.
///
/// A frame of TCP without flags (a later fragment, a header cut off) has no kind.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind(pub u32);

impl Kind {
    const SIZE: u32 = 8;
    const CELL: u32 = 12;
    const SLOT: u32 = 20;

    /// Takes a slot of twelve bits and a size bucket of four; the flags are 0 outside of TCP.
    #[inline(always)]
    pub const fn new(slot: u32, cell: u8, bucket: u32, tcp_flags: u8) -> Self {
        Self(
            slot << Self::SLOT
                | (cell as u32) << Self::CELL
                | bucket << Self::SIZE
                | tcp_flags as u32,
        )
    }

    pub const fn slot(self) -> u16 {
        (self.0 >> Self::SLOT) as u16
    }

    /// Returns the index of the (family, protocol) cell, see [`crate::cell`].
    pub const fn cell(self) -> usize {
        (self.0 >> Self::CELL & 0xff) as usize
    }

    /// Returns the index of the size bucket, see [`crate::size_bucket`].
    pub const fn bucket(self) -> usize {
        (self.0 >> Self::SIZE & 0xf) as usize
    }

    /// Returns the flag byte; 0 outside of TCP.
    pub const fn tcp_flags(self) -> usize {
        (self.0 & 0xff) as usize
    }
}

/// A kind and its packets.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct KindSlot {
    /// Packets in the low 32 bits, then the kind.
    word: u64,
    bytes: u64,
}

/// A set of kinds: one cache line.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct KindSet(pub [KindSlot; 4]);

impl KindSlot {
    const PACKETS: u32 = 32;
    /// From here on the slot takes no more, long before packets would carry into the kind: one addition
    /// is of fewer than 65,536 segments.
    const FULL: u64 = 1 << 31;
}

impl Slot for KindSlot {
    type Key = Kind;

    fn carried(Kind(kind): Kind, _weight: u64) -> Self {
        Self { word: u64::from(kind) << Self::PACKETS, bytes: 0 }
    }

    #[inline(always)]
    fn holds(&self, Kind(kind): Kind) -> bool {
        self.word >> Self::PACKETS == u64::from(kind) && self.word & Self::FULL == 0
    }

    #[inline(always)]
    fn is_free(&self) -> bool {
        self.word == 0
    }

    #[inline(always)]
    fn spills(&self) -> bool {
        false
    }

    fn spill(&mut self) {}

    #[inline(always)]
    fn is_counted(&self) -> bool {
        self.word << Self::PACKETS != 0
    }

    #[inline(always)]
    fn take(&mut self, Kind(kind): Kind, count: Count, _mark: u64) {
        self.word = u64::from(kind) << Self::PACKETS | count.packets;
        self.bytes = count.bytes;
    }

    #[inline(always)]
    fn add(&mut self, count: Count, _mark: u64) {
        self.word += count.packets;
        self.bytes += count.bytes;
    }

    fn key(&self) -> Kind {
        Kind((self.word >> Self::PACKETS) as u32)
    }

    fn count(&self) -> TableCount {
        TableCount {
            packets: self.word & ((1 << Self::PACKETS) - 1),
            bytes: self.bytes,
            ..TableCount::default()
        }
    }
}

impl Ways for KindSet {
    type Slot = KindSlot;

    fn ways(&self) -> &[KindSlot; 4] {
        &self.0
    }

    fn ways_mut(&mut self) -> &mut [KindSlot; 4] {
        &mut self.0
    }
}

const _: () = {
    assert!(size_of::<KindSlot>() == 16);
    assert!(size_of::<KindSet>() == 64);
    assert!(crate::SIZE_BUCKETS <= 16);
    assert!(crate::CELLS <= 256);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_keeps_its_parts_apart() {
        let kind = Kind::new(4095, 0xa5, 9, 0x5a);

        assert_eq!((kind.slot(), kind.cell(), kind.bucket()), (4095, 0xa5, 9));
        assert_eq!(kind.tcp_flags(), 0x5a);
    }

    #[test]
    fn a_slot_that_has_half_of_its_packets_takes_no_more() {
        let kind = Kind::new(1, 2, 3, 4);
        let mut slot = KindSlot::default();
        slot.take(kind, Count { packets: (1 << 31) - 1, bytes: 1 }, 0);
        assert!(slot.holds(kind));

        slot.add(Count { packets: 0xffff, bytes: 1 }, 0);

        assert!(!slot.holds(kind) && !slot.is_free());
        assert_eq!((slot.key(), slot.count().packets), (kind, (1 << 31) + 0xfffe));
    }
}
