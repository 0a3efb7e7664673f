//! The first level of attribution: sets of four ways that belong to one CPU.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::address::Address;
use crate::port::PortKey;
use crate::totals::Count;

/// Ways of a set of sources.
pub const SOURCE_WAYS: usize = 4;
/// Ways of a set of ports.
pub const PORT_WAYS: usize = 4;
/// The weight of a key that was active in the interval before; one less for each second without
/// packets, or each interval where those are longer.
pub const WEIGHT_MOST: u64 = 3;

/// One key of a table with what was counted for it.
///
/// A slot is free while it holds neither packets nor weight. Ways fill in order: where the last
/// one is taken, all are. The kernel adds keys and packets; weights are written by user space,
/// into the generation that no program uses.
pub trait Slot: Copy {
    type Key: Copy;

    /// Makes a slot for `key` without packets.
    fn carried(key: Self::Key, weight: u64) -> Self;
    /// Returns whether the slot holds `key`. This may be true of a free slot, which then becomes
    /// `key`'s.
    fn holds(&self, key: Self::Key) -> bool;
    fn is_free(&self) -> bool;
    /// Returns whether a key that belongs to the set is in another one, see [`second_place`]. Only
    /// the last way is read, and only while it is taken.
    fn spills(&self) -> bool;
    /// Notes that.
    fn spill(&mut self);
    /// Returns whether there are packets; a carried key has none at first.
    fn is_counted(&self) -> bool;
    /// Takes a free slot for `key` and its first packets.
    fn take(&mut self, key: Self::Key, count: Count, mark: u64);
    /// Adds packets; `mark` has bits that the slot remembers, where it has room for them.
    fn add(&mut self, count: Count, mark: u64);
    fn key(&self) -> Self::Key;
    fn count(&self) -> TableCount;
}

/// Returns the set of a key in a table whose last set is `last`.
#[inline(always)]
pub const fn first_place(hash: u64, last: u32) -> u32 {
    (hash >> 32) as u32 & last
}

/// Returns the set where a key may be whose own one is full.
#[expect(clippy::cast_possible_truncation, reason = "a part of the hash chooses the set")]
#[inline(always)]
pub const fn second_place(hash: u64, last: u32) -> u32 {
    (hash >> 12) as u32 & last
}

/// What a slot has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableCount {
    pub packets: u64,
    pub bytes: u64,
    /// How long the key stays without packets, in seconds or longer intervals.
    pub weight: u64,
    /// Marks seen, see [`SourceSlot::marks_of`].
    pub marks: u32,
}

/// A source and its packets.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct SourceSlot {
    address: Address,
    /// Packets in the low 35 bits, then the spill, two bits of weight, 24 marks of ports, and the marks
    /// of a SYN and of an ACK.
    word: u64,
    pub(crate) bytes: u64,
}

/// A set of sources: two cache lines.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct SourceSet(pub [SourceSlot; SOURCE_WAYS]);

impl SourceSlot {
    /// Enough for 57 minutes of ten million packets a second, from one source on one CPU: drains are at
    /// most a minute apart, but a pinned program counts on without any. What is more carries into the
    /// bits above, and the next exporter finds it missing from the sum and calls it evicted.
    const PACKETS: u32 = 35;
    const SPILL: u64 = 1 << Self::PACKETS;
    const WEIGHT: u32 = 36;
    const MARKS: u32 = 38;
    /// Marks of ports that fit.
    pub const MARK_BITS: u64 = 24;
    /// The source sent a SYN without ACK.
    pub const SYN: u64 = 1 << 62;
    /// The source sent a TCP segment with ACK.
    pub const ACK: u64 = 1 << 63;

    /// Returns the mark that stands for a port that the source probed. Linear counting over the marks estimates how many there were (Whang et al., 1990).
    #[inline(always)]
    pub const fn mark(port_hash: u64) -> u64 {
        // The hash of neighbouring ports is spread evenly; marks take chance.
        let chance = port_hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 48;

        1 << (Self::MARKS as u64 + ((chance * Self::MARK_BITS) >> 16))
    }
}

impl SourceSlot {
    /// Returns the marks of a word, for [`TableCount::marks`]: those of ports are the low 24 bits.
    pub const fn marks_of(word: u64) -> u32 {
        (word >> Self::MARKS) as u32
    }
}

impl Slot for SourceSlot {
    type Key = Address;

    fn carried(address: Address, weight: u64) -> Self {
        Self { address, word: weight << Self::WEIGHT, bytes: 0 }
    }

    #[inline(always)]
    fn holds(&self, key: Address) -> bool {
        // The second word first: IPv4 addresses differ only there.
        self.address.0[1] == key.0[1] && self.address.0[0] == key.0[0]
    }

    #[inline(always)]
    fn is_free(&self) -> bool {
        self.word == 0
    }

    #[inline(always)]
    fn spills(&self) -> bool {
        self.word & Self::SPILL != 0
    }

    fn spill(&mut self) {
        self.word |= Self::SPILL;
    }

    #[inline(always)]
    fn is_counted(&self) -> bool {
        self.word << (u64::BITS - Self::PACKETS) != 0
    }

    #[inline(always)]
    fn take(&mut self, key: Address, count: Count, mark: u64) {
        self.address.0[0] = key.0[0];
        self.address.0[1] = key.0[1];
        self.word = mark | count.packets;
        self.bytes = count.bytes;
    }

    #[inline(always)]
    fn add(&mut self, count: Count, mark: u64) {
        self.word = (self.word + count.packets) | mark;
        self.bytes += count.bytes;
    }

    fn key(&self) -> Address {
        self.address
    }

    fn count(&self) -> TableCount {
        TableCount {
            packets: self.word & ((1 << Self::PACKETS) - 1),
            bytes: self.bytes,
            weight: self.word >> Self::WEIGHT & WEIGHT_MOST,
            marks: Self::marks_of(self.word),
        }
    }
}

/// A port and its packets.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct PortSlot {
    /// Packets in the low 41 bits, then the spill, two bits of weight, and the key.
    word: u64,
    pub(crate) bytes: u64,
}

/// A set of ports: one cache line.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct PortSet(pub [PortSlot; PORT_WAYS]);

impl PortSlot {
    /// Sixteen times as many as of a source.
    const PACKETS: u32 = 41;
    const SPILL: u64 = 1 << Self::PACKETS;
    const WEIGHT: u32 = 42;
    const KEY: u32 = 64 - PortKey::BITS;
}

impl Slot for PortSlot {
    type Key = PortKey;

    fn carried(PortKey(key): PortKey, weight: u64) -> Self {
        Self { word: u64::from(key) << Self::KEY | weight << Self::WEIGHT, bytes: 0 }
    }

    #[inline(always)]
    fn holds(&self, PortKey(key): PortKey) -> bool {
        self.word >> Self::KEY == u64::from(key)
    }

    #[inline(always)]
    fn is_free(&self) -> bool {
        self.word == 0
    }

    #[inline(always)]
    fn spills(&self) -> bool {
        self.word & Self::SPILL != 0
    }

    fn spill(&mut self) {
        self.word |= Self::SPILL;
    }

    #[inline(always)]
    fn is_counted(&self) -> bool {
        self.word << (u64::BITS - Self::PACKETS) != 0
    }

    #[inline(always)]
    fn take(&mut self, PortKey(key): PortKey, count: Count, _mark: u64) {
        self.word = u64::from(key) << Self::KEY | count.packets;
        self.bytes = count.bytes;
    }

    #[inline(always)]
    fn add(&mut self, count: Count, _mark: u64) {
        self.word += count.packets;
        self.bytes += count.bytes;
    }

    fn key(&self) -> PortKey {
        PortKey((self.word >> Self::KEY) as u32)
    }

    fn count(&self) -> TableCount {
        TableCount {
            packets: self.word & ((1 << Self::PACKETS) - 1),
            bytes: self.bytes,
            weight: self.word >> Self::WEIGHT & WEIGHT_MOST,
            marks: 0,
        }
    }
}

const _: () = {
    assert!(size_of::<SourceSlot>() == 32);
    assert!(size_of::<SourceSet>() == 128);
    assert!(size_of::<PortSlot>() == 16);
    assert!(size_of::<PortSet>() == 64);
};

/// What the second level holds for a key; the CPUs share it.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Overflow {
    pub packets: u64,
    pub bytes: u64,
    /// As in the word of a [`SourceSlot`], see [`SourceSlot::marks_of`].
    pub marks: u64,
}

/// A set of four ways.
pub trait Ways: FromBytes + IntoBytes + Immutable + Copy + Default {
    type Slot: Slot;

    fn ways(&self) -> &[Self::Slot; 4];
    fn ways_mut(&mut self) -> &mut [Self::Slot; 4];
}

impl Ways for SourceSet {
    type Slot = SourceSlot;

    fn ways(&self) -> &[SourceSlot; 4] {
        &self.0
    }

    fn ways_mut(&mut self) -> &mut [SourceSlot; 4] {
        &mut self.0
    }
}

impl Ways for PortSet {
    type Slot = PortSlot;

    fn ways(&self) -> &[PortSlot; 4] {
        &self.0
    }

    fn ways_mut(&mut self) -> &mut [PortSlot; 4] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added<S: Slot>(key: S::Key, packets: [u64; 2]) -> TableCount {
        let mut slot = S::carried(key, WEIGHT_MOST);
        for packets in packets {
            slot.add(Count { packets, bytes: packets * 60 }, 0);
        }

        slot.count()
    }

    #[test]
    fn a_slot_counts_up_to_its_bound_and_then_begins_anew_with_all_bytes() {
        let source = Address::from(core::net::Ipv4Addr::LOCALHOST);
        let port = PortKey::number(crate::PortProtocol::Tcp, 443);
        let [most, more] = [(1 << 35) - 1, 1 << 35];

        let full = added::<SourceSlot>(source, [1, most - 1]);
        let over = added::<SourceSlot>(source, [1, more]);

        assert_eq!((full.packets, full.weight), (most, WEIGHT_MOST));
        assert_eq!((over.packets, over.bytes), (1, (more + 1) * 60));
        let full = added::<PortSlot>(port, [1, (1 << 41) - 2]);
        assert_eq!((full.packets, full.weight), ((1 << 41) - 1, WEIGHT_MOST));
    }

    #[test]
    fn marks_of_a_handshake_and_of_ports_leave_each_other_and_the_counts_alone() {
        let ports = (0..1000_u64).map(|port| SourceSlot::mark(port << 40));
        let all_ports = ports.fold(0, |all, mark| all | mark);
        let once = Count { packets: 1, bytes: 60 };
        let mut slot = SourceSlot::carried(Address::from(core::net::Ipv4Addr::LOCALHOST), 2);

        let marks = [0, SourceSlot::SYN, all_ports, SourceSlot::ACK].map(|mark| {
            slot.add(once, mark);
            slot.count().marks
        });

        assert_eq!(marks, [0, 1 << 24, (1 << 25) - 1, (1 << 26) - 1]);
        let TableCount { packets, bytes, weight, .. } = slot.count();
        assert_eq!((packets, bytes, weight, slot.spills()), (4, 240, 2, false));
        assert_eq!(SourceSlot::marks_of(SourceSlot::SYN | SourceSlot::ACK), 3 << 24);
    }
}
