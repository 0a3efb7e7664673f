//! Which device has which slot of a pool.

use std::collections::BTreeSet;
use std::mem;
use std::time::{Duration, Instant};

use shared::{DEVICE_PROBES, DeviceSlot};

use crate::datapath::wire::Mapping;

/// The slots of a pool, and the table in which the program looks them up.
pub(super) struct Slots {
    devices: Mapping<DeviceSlot>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Free,
    /// A device counts there; its intervals are told of up to `told`.
    Taken {
        ifindex: u32,
        told: Instant,
    },
    /// A device has left it. All that it counted is known once this cut is read, the first one being 1.
    /// Until then the program finds the slot: a run that began before the device left counts there.
    Left {
        ifindex: u32,
        told: Instant,
        ended: Instant,
        last_cut: u64,
    },
}

impl Slots {
    /// Takes a table of devices that is empty.
    pub(super) fn new(devices: Mapping<DeviceSlot>, slots: usize) -> Self {
        Self { devices, slots: vec![Slot::Free; slots] }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Returns how many devices have a slot.
    pub(super) fn taken(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Taken { .. })).count()
    }

    /// Assigns a slot to a device, whose first interval begins at `told`; `None` where there is no
    /// room. Where a device with this index has left a slot that is not released, no run for it may be
    /// under way: all find the new one.
    pub(super) fn add(&mut self, ifindex: u32, told: Instant) -> Option<u32> {
        let number = self.slots.iter().position(|slot| matches!(slot, Slot::Free))?;
        let entry = self
            .entry_of(ifindex)
            .or_else(|| self.entries(ifindex).find(|entry| self.device(*entry).ifindex == 0))?;
        #[expect(clippy::cast_possible_truncation, reason = "a slot has twelve bits")]
        let slot = number as u32;

        self.slots[number] = Slot::Taken { ifindex, told };
        self.devices.publish(entry, &DeviceSlot { ifindex, slot });
        Some(slot)
    }

    /// Notes that the program is not on the device any more, and that `last_cut` is the next cut. Another
    /// device gets the slot once it is released.
    pub(super) fn remove(&mut self, slot: u32, last_cut: u64) {
        let Some(Slot::Taken { ifindex, told }) = self.slots.get(slot as usize).copied() else {
            return;
        };

        let ended = Instant::now();
        self.slots[slot as usize] = Slot::Left { ifindex, told, ended, last_cut };
    }

    /// Returns the time from the last interval of a slot to the end of this one, at `to`.
    pub(super) fn tell(&mut self, slot: u32, to: Instant) -> Duration {
        let Some(Slot::Taken { told, .. }) = self.slots.get_mut(slot as usize) else {
            return Duration::ZERO;
        };
        let to = to.max(*told);

        to - mem::replace(told, to)
    }

    /// Releases the slot of a device that has left, if all that it counted is read, up to the cut
    /// `read`; returns the time from its last interval to its end.
    pub(super) fn release(&mut self, slot: u32, read: u64) -> Option<Duration> {
        let Slot::Left { ifindex, told, ended, last_cut } = *self.slots.get(slot as usize)? else {
            return None;
        };
        if read < last_cut {
            return None;
        }
        // The device may be back, in another slot.
        let entry = self.entry_of(ifindex).filter(|entry| self.device(*entry).slot == slot);
        if let Some(entry) = entry {
            self.devices.publish(entry, &DeviceSlot::default());
        }
        self.slots[slot as usize] = Slot::Free;

        Some(ended.saturating_duration_since(told))
    }

    /// The entries where a device may be.
    fn entries(&self, ifindex: u32) -> impl Iterator<Item = usize> + use<> {
        entries_of(ifindex, self.devices.entries())
    }

    /// Returns the entry of a device.
    fn entry_of(&self, ifindex: u32) -> Option<usize> {
        self.entries(ifindex).find(|entry| self.device(*entry).ifindex == ifindex)
    }

    fn device(&self, entry: usize) -> DeviceSlot {
        self.devices.read(entry..entry + 1).pop().unwrap_or_default()
    }
}

/// Returns whether each of these devices finds an entry in an empty table with so many.
pub(super) fn fits(entries: usize, mut ifindices: impl Iterator<Item = u32>) -> bool {
    let mut taken = BTreeSet::new();

    ifindices.all(|ifindex| entries_of(ifindex, entries).any(|entry| taken.insert(entry)))
}

/// Returns where a device may be in a table with so many entries.
fn entries_of(ifindex: u32, entries: usize) -> impl Iterator<Item = usize> + use<> {
    (0..DEVICE_PROBES).map(move |probe| ifindex.wrapping_add(probe) as usize & (entries - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_with_indices_far_apart_may_need_a_larger_table() {
        let apart = |number: u32| 7 + number * 512;

        assert!(fits(512, (0..4).map(apart)));
        assert!(!fits(512, (0..5).map(apart)));
        assert!(fits(1024, (0..5).map(apart)));
        assert!(fits(512, 1..=300));
    }
}
