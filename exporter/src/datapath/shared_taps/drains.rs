//! Reads what taps that share a program have counted.

use std::io;
use std::time::{Instant, SystemTime};

use super::{Attached, Room, SharedTaps};
use crate::datapath::Tap;
use crate::datapath::last::{Last, Paused, again, drained};
use crate::datapath::wire::Barrier;
use crate::interval::{Drained, Interval};

/// A slot of a device that is not attached to its pool any more, to be read a last time.
pub(super) struct Leftover {
    room: u32,
    slot: u32,
    /// Whose counts they are; nobody's where no program was ever attached.
    of: Option<(Tap, SystemTime)>,
}

impl Leftover {
    pub(super) fn new(tap: &Tap, since: SystemTime, room: u32, slot: u32) -> Self {
        Self { room, slot, of: Some((tap.clone(), since)) }
    }

    pub(super) fn of_nothing(room: u32, slot: u32) -> Self {
        Self { room, slot, of: None }
    }
}

impl SharedTaps {
    /// Sends all programs to the other generation. Returns the numbers of the pools whose last cut is
    /// not read yet, which stay as they are.
    pub(in super::super) fn cut(&mut self) -> Vec<u32> {
        let behind = |(number, room): (&u32, &mut Room)| (!room.pool.cut()).then_some(*number);

        self.rooms.iter_mut().filter_map(behind).collect()
    }

    /// Reads what was cut off, once no program counts there, and what came since then in the pools that
    /// are `behind`. Returns the numbers of those that could not be read, with the reason.
    pub(in super::super) fn read(
        &mut self,
        behind: &[u32],
        barrier: &Barrier,
    ) -> Vec<(u32, io::Error)> {
        self.let_go.clear();
        let mut unread = Vec::new();
        for (number, room) in &mut self.rooms {
            let mut outcome = room.pool.read();
            if outcome.is_ok() && behind.contains(number) {
                room.pool.cut();
                outcome = barrier.wait().and_then(|()| room.pool.read());
            }
            unread.extend(outcome.err().map(|error| (*number, error)));
        }

        unread
    }

    /// Returns what every tap counted up to the last reading.
    pub(in super::super) fn take(&mut self, unread: &[(u32, io::Error)]) -> Vec<Drained> {
        let leftovers = self.take_leftovers(|_| true).into_iter();
        let mut all: Vec<_> =
            leftovers.map(|(tap, since, counted)| drained(&tap, since, Ok(counted))).collect();
        all.extend(self.paused.iter_mut().map(|(tap, paused)| {
            let elapsed = paused.counted_to.elapsed();
            paused.counted_to += elapsed;
            drained(tap, paused.since, Ok(Interval::idle(elapsed, paused.switches)))
        }));
        let Self { rooms, attached, .. } = self;
        for (tap, Attached { room, slot, since, .. }) in attached {
            let error = unread.iter().find(|(number, _)| number == room);
            let counted = match (error, rooms.get_mut(room)) {
                (Some((_, error)), _) => Err(again(error)),
                (None, Some(Room { pool, .. })) => Ok(pool.take(*slot)),
                (None, None) => continue,
            };
            all.push(drained(tap, *since, counted));
        }
        self.forget_rooms();

        all
    }

    /// Takes programs off their devices. The next drain brings what they counted last, and their
    /// series go on when they are attached again.
    pub(in super::super) fn pause(&mut self, taps: &[Tap]) {
        for tap in taps {
            self.lost.remove(tap);
            let Some(attached) = self.attached.remove(tap) else { continue };
            let Attached { held, placement: _, room, slot, since, is_device_gone } = attached;
            // Without what holds it the program gets no more packets of this device.
            drop(held);
            let Some(Room { pool, .. }) = self.rooms.get_mut(&room) else { continue };
            pool.remove(slot);
            let switches = pool.shape.switches();
            self.let_go.insert(tap.device.index);
            self.leftovers.push(Leftover::new(tap, since, room, slot));
            let counted_to = Instant::now();
            self.paused.insert(tap.clone(), Paused { since, counted_to, switches, is_device_gone });
        }
    }

    /// Returns what there is to know of a tap whose program was removed by another process; that is no
    /// tap of these any more.
    pub(in super::super) fn take_paused(&mut self, tap: &Tap) -> Option<Paused> {
        self.lost.remove(tap);

        self.paused.remove(tap)
    }

    /// Reads what programs that were removed counted last. Waits for a grace period in any case.
    ///
    /// # Errors
    ///
    /// When the grace period cannot be waited for.
    pub(in super::super) fn read_last(
        &mut self,
        last: &mut Last,
        barrier: &Barrier,
    ) -> io::Result<()> {
        let is_of_gone = |it: &Leftover| it.of.as_ref().is_some_and(|(tap, _)| last.has(tap));
        if !self.leftovers.iter().any(is_of_gone) {
            return barrier.wait();
        }

        let waited = self.read_now(barrier);
        let unread = waited.as_ref().map_or(&[][..], Vec::as_slice);
        let waited = waited.as_ref().map_err(again);
        for (tap, _, counted) in self.take_leftovers(|tap| last.has(tap)) {
            last.add(&tap, Ok(counted));
        }
        for Leftover { room, of, .. } in &mut self.leftovers {
            // When it is read the series are over.
            let Some((tap, _)) = of.take_if(|(tap, _)| last.has(tap)) else { continue };
            let of_room = unread.iter().find(|(number, _)| number == room);
            let error = waited.as_ref().err().or(of_room.map(|(_, error)| error));
            last.add(&tap, Err(error.map_or(io::ErrorKind::Other.into(), again)));
        }

        waited.map(drop)
    }

    /// Continues to count under another name, from 0 on; returns what was counted under the one
    /// before, and when the new one began. What cannot be read now counts under the new name.
    pub(in super::super) fn rename(
        &mut self,
        tap: &Tap,
        renamed: &Tap,
        barrier: &Barrier,
    ) -> Option<(Drained, SystemTime)> {
        let mut attached = self.attached.remove(tap)?;
        let unread = match self.read_now(barrier) {
            Ok(mut unread) => unread.pop().map(|(_, error)| error),
            Err(error) => Some(error),
        };
        let before = self.take_leftovers(|it| it == tap).into_iter().map(|(_, _, it)| it);
        let Room { pool, .. } = self.rooms.get_mut(&attached.room)?;
        if let Some(error) = unread {
            tracing::warn!(
                device = &*tap.device.name,
                name = &*renamed.device.name,
                %error,
                "Cannot read the last counts under the old name; they are counted under the new \
                 name"
            );
        }
        let counted = before.fold(pool.take(attached.slot), |one, more| more.followed_by(one));
        let last = drained(tap, attached.since, Ok(counted));
        let since = SystemTime::now();
        attached.since = since;
        self.attached.insert(renamed.clone(), attached);

        Some((last, since))
    }

    /// Counts under another name what is left of a tap to be read.
    pub(in super::super) fn rename_leftovers(&mut self, tap: &Tap, to: &Tap, began: SystemTime) {
        for (of, since) in self.leftovers.iter_mut().filter_map(|it| it.of.as_mut()) {
            if of == tap {
                (*of, *since) = (to.clone(), began);
            }
        }
    }

    /// Cuts, waits and reads. What other taps counted waits for the next drain. Returns the numbers of
    /// the pools that could not be read, with the reason.
    fn read_now(&mut self, barrier: &Barrier) -> io::Result<Vec<(u32, io::Error)>> {
        let behind = self.cut();
        barrier.wait()?;

        Ok(self.read(&behind, barrier))
    }

    /// Returns the last counts of slots, where they are read; the slots are free then.
    fn take_leftovers(
        &mut self,
        is_wanted: impl Fn(&Tap) -> bool,
    ) -> Vec<(Tap, SystemTime, Interval)> {
        let Self { leftovers, rooms, .. } = self;
        let mut all = Vec::new();
        leftovers.retain(|Leftover { room, slot, of }| {
            let Some(Room { pool, .. }) = rooms.get_mut(room) else { return false };
            if of.as_ref().is_some_and(|(tap, _)| !is_wanted(tap)) {
                return true;
            }
            let last = pool.take_last(*slot);
            let is_read = last.is_some();
            let of_tap = last.zip(of.clone());
            all.extend(of_tap.map(|(last, (tap, since))| (tap, since, last)));
            !is_read
        });

        all
    }

    /// Forgets the pools that no device is attached to and nothing is left of to be read.
    fn forget_rooms(&mut self) {
        let Self { rooms, current, leftovers, attached, .. } = self;
        rooms.retain(|number, _| {
            current.values().any(|it| it == number)
                || leftovers.iter().any(|it| it.room == *number)
                || attached.values().any(|it| it.room == *number)
        });
    }
}
