//! Sources and ports with the slot of their device.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::address::Address;
use crate::port::PortKey;
use crate::table::{PortSlot, Slot, SourceSlot, TableCount, Ways};
use crate::totals::Count;

/// The slot in the word of bytes: 48 bits hold six hours of 100 Gbit/s.
const SLOT: u32 = 48;
const BYTES: u64 = (1 << SLOT) - 1;

/// A source of the device with this slot.
#[repr(C)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct SourceAt {
    pub slot: u64,
    pub address: Address,
}

/// A port of the device with this slot, which has the upper twelve bits.
#[repr(transparent)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct PortAt(u32);

impl PortAt {
    #[inline(always)]
    pub const fn new(slot: u32, PortKey(key): PortKey) -> Self {
        Self(slot << PortKey::BITS | key)
    }

    #[inline(always)]
    pub const fn slot(self) -> u32 {
        self.0 >> PortKey::BITS
    }

    #[inline(always)]
    pub const fn key(self) -> PortKey {
        PortKey(self.0 & ((1 << PortKey::BITS) - 1))
    }
}

/// A source of a device and its packets.
#[repr(transparent)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct SourceAtSlot(SourceSlot);

/// A port of a device and its packets.
#[repr(transparent)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct PortAtSlot(PortSlot);

/// A set of sources: two cache lines.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct SourceAtSet(pub [SourceAtSlot; 4]);

/// A set of ports: one cache line.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct PortAtSet(pub [PortAtSlot; 4]);

/// Makes a slot with a device of one without: the device is in the word of bytes.
macro_rules! slot_with_device {
    ($at:ty, $set:ty, $inner:ty, $key:ty, $parts:expr, $joined:expr) => {
        impl Slot for $at {
            type Key = $key;

            fn carried(key: $key, weight: u64) -> Self {
                let (slot, key) = $parts(key);
                let mut carried = <$inner>::carried(key, weight);
                carried.bytes = slot << SLOT;

                Self(carried)
            }

            #[inline(always)]
            fn holds(&self, key: $key) -> bool {
                let (slot, key) = $parts(key);

                self.0.holds(key) && self.0.bytes >> SLOT == slot
            }

            #[inline(always)]
            fn is_free(&self) -> bool {
                self.0.is_free()
            }

            #[inline(always)]
            fn spills(&self) -> bool {
                self.0.spills()
            }

            fn spill(&mut self) {
                self.0.spill();
            }

            #[inline(always)]
            fn is_counted(&self) -> bool {
                self.0.is_counted()
            }

            #[inline(always)]
            fn take(&mut self, key: $key, count: Count, mark: u64) {
                let (slot, key) = $parts(key);
                self.0.take(key, count, mark);
                self.0.bytes |= slot << SLOT;
            }

            #[inline(always)]
            fn add(&mut self, count: Count, mark: u64) {
                self.0.add(count, mark);
            }

            fn key(&self) -> $key {
                $joined(self.0.bytes >> SLOT, self.0.key())
            }

            fn count(&self) -> TableCount {
                let count = self.0.count();

                TableCount { bytes: count.bytes & BYTES, ..count }
            }
        }

        impl Ways for $set {
            type Slot = $at;

            fn ways(&self) -> &[$at; 4] {
                &self.0
            }

            fn ways_mut(&mut self) -> &mut [$at; 4] {
                &mut self.0
            }
        }
    };
}

slot_with_device!(
    SourceAtSlot,
    SourceAtSet,
    SourceSlot,
    SourceAt,
    |SourceAt { slot, address }: SourceAt| (slot, address),
    |slot, address| SourceAt { slot, address }
);
slot_with_device!(
    PortAtSlot,
    PortAtSet,
    PortSlot,
    PortAt,
    |port: PortAt| (u64::from(port.slot()), port.key()),
    |slot: u64, key| {
        #[expect(clippy::cast_possible_truncation, reason = "sixteen bits")]
        let slot = slot as u32;
        PortAt::new(slot, key)
    }
);

const _: () = {
    assert!(size_of::<SourceAt>() == 24);
    assert!(size_of::<SourceAtSet>() == 128);
    assert!(size_of::<PortAtSet>() == 64);
    assert!(PortKey::BITS == 20);
};

#[cfg(test)]
mod tests {
    use core::fmt::Debug;
    use core::net::Ipv4Addr;

    use super::*;
    use crate::{PortProtocol, WEIGHT_MOST};

    fn keeps_devices_apart<S: Slot>(one: S::Key, other: S::Key)
    where
        S::Key: Debug + PartialEq,
    {
        let mut slot = S::carried(one, WEIGHT_MOST);
        assert!(slot.holds(one) && !slot.holds(other));

        slot.add(Count { packets: 3, bytes: 180 }, 0);

        assert_eq!((slot.key(), slot.count().packets), (one, 3));
        assert_eq!((slot.count().bytes, slot.count().weight), (180, WEIGHT_MOST));
        let mut free = S::carried(one, 0);
        free.take(other, Count { packets: 1, bytes: 60 }, 0);
        assert_eq!((free.key(), free.count().bytes), (other, 60));
    }

    #[test]
    fn a_key_of_one_device_is_not_that_of_another() {
        let address = Address::from(Ipv4Addr::LOCALHOST);
        let source = |slot| SourceAt { slot, address };
        let port = |slot| PortAt::new(slot, PortKey::absent(PortProtocol::Sctp));

        keeps_devices_apart::<SourceAtSlot>(source(4095), source(1));
        keeps_devices_apart::<PortAtSlot>(port(4095), port(1));
        assert_eq!(port(4095).key(), PortKey::absent(PortProtocol::Sctp));
    }
}
