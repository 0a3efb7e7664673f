//! Another pool in the place of one: with more slots, or with other constants.

use std::collections::btree_map::Entry;
use std::mem;
use std::slice;
use std::time::Instant;

use super::{Attached, Leftover, Means, Room, SharedTaps};
use crate::datapath::attach::{self, AttachError};
use crate::datapath::claim::Claim;
use crate::datapath::load::LoadError;
use crate::datapath::pool::Pool;
use crate::datapath::{Device, Options, Placement, Replaced, Tap};
use crate::health::Running;

impl SharedTaps {
    /// Takes what may change while programs run: the budget now, constants with [`Self::prepare_next`].
    pub(in super::super) fn change(&mut self, options: &Options) {
        for Room { pool, .. } in self.rooms.values_mut() {
            pool.shape.budget = options.budget;
        }
        self.next.retain(|_, next| {
            next.shape.budget = options.budget;
            next.shape.changed(options).settings == next.shape.settings
        });
    }

    /// Returns the taps whose pool has other constants than it is to have.
    pub(in super::super) fn outdated(&self, options: &Options) -> Vec<Tap> {
        let is_outdated = |(_, attached): &(&Tap, &Attached)| {
            let shape = self.rooms.get(&attached.room).map(|room| room.pool.shape);
            shape.is_some_and(|shape| shape.changed(options).settings != shape.settings)
        };

        self.attached.iter().filter(is_outdated).map(|(tap, _)| tap.clone()).collect()
    }

    /// Returns where the program of a tap is.
    pub(in super::super) fn placement(&self, tap: &Tap) -> Option<Placement> {
        self.attached.get(tap).map(|attached| attached.placement)
    }

    /// Loads the pool that comes in the place of that of a tap with the next drain.
    ///
    /// # Errors
    ///
    /// The pool that is there goes on.
    pub(in super::super) fn prepare_next(
        &mut self,
        tap: &Tap,
        means: Means<'_>,
    ) -> Result<(), LoadError> {
        let Some(Attached { placement, .. }) = self.attached.get(tap) else { return Ok(()) };
        let placement = *placement;
        let Some(before) = self.pool(placement) else { return Ok(()) };
        let (capacity, bytes) = (before.capacity(), before.bytes());
        if let Entry::Vacant(next) = self.next.entry(placement) {
            next.insert(means.load(placement, capacity, bytes)?);
        }

        Ok(())
    }

    /// Puts the pools that were prepared in the place of those that are there, which is a cut too;
    /// returns what became of each tap.
    pub(in super::super) fn go_to_next(&mut self) -> Vec<Replaced> {
        let mut all = Vec::new();
        for (placement, next) in mem::take(&mut self.next) {
            let of_pool = |(_, attached): &(&Tap, &Attached)| attached.placement == placement;
            let Some((tap, _)) = self.attached.iter().find(of_pool) else { continue };
            let tap = tap.clone();
            match self.install(next, &tap.device) {
                Ok(number) => {
                    self.current.insert(placement, number);
                    all.extend(self.move_to(placement, number));
                }
                Err(error) => all.push(Replaced { tap, is_configured: true, outcome: Err(error) }),
            }
        }

        all
    }

    /// Adds a pool that devices are to be attached to; returns its number. The device is one of them,
    /// for the log.
    pub(super) fn install(&mut self, pool: Pool, device: &Device) -> Result<u32, AttachError> {
        let program = attach::number(&pool.ebpf)?;
        // Other exporters must know its owner before they can see it.
        let claim = Claim::note(program, device);
        self.last_number += 1;
        self.rooms.insert(self.last_number, Room { pool, program, _claim: claim });

        Ok(self.last_number)
    }

    /// Moves all devices with this place to another pool. Each frame is counted by one of the two, and
    /// what is left in the one before is read with the next drain.
    pub(super) fn move_to(&mut self, placement: Placement, number: u32) -> Vec<Replaced> {
        let is_there = |(_, attached): &(&Tap, &Attached)| {
            attached.placement == placement && attached.room != number
        };
        let taps: Vec<Tap> =
            self.attached.iter().filter(is_there).map(|(tap, _)| tap.clone()).collect();
        let moved = taps.into_iter().map(|tap| {
            let outcome = self.move_one(&tap, number);
            if outcome.is_err() {
                // On the pool before, it would go on counting where nothing is read any more.
                self.pause(slice::from_ref(&tap));
                self.lost.insert(tap.clone());
            }
            Replaced { tap, is_configured: true, outcome }
        });

        moved.collect()
    }

    fn move_one(&mut self, tap: &Tap, number: u32) -> Result<Running, AttachError> {
        let gone = || AttachError::gone(tap);
        let Self { rooms, attached, leftovers, .. } = self;
        let attached = attached.get_mut(tap).ok_or_else(gone)?;
        let Attached { held, placement, room, slot, since, .. } = attached;
        let mut next = rooms.remove(&number).ok_or_else(gone)?;
        let next_slot = next.pool.add(tap.device.index, Instant::now());
        let exchanged = match (next_slot, rooms.get_mut(room)) {
            (Some(next_slot), Some(before)) => {
                let ebpf = (&before.pool.ebpf, &mut next.pool.ebpf);
                attach::replace(held, ebpf.0, ebpf.1, tap).map(|()| {
                    before.pool.remove(*slot);
                    leftovers.push(Leftover::new(tap, *since, *room, *slot));
                    (*room, *slot) = (number, next_slot);
                })
            }
            (None, _) | (_, None) => Err(gone()),
        };
        if let (Err(_), Some(next_slot)) = (&exchanged, next_slot) {
            next.pool.remove(next_slot);
            leftovers.push(Leftover::of_nothing(number, next_slot));
        }
        let running = attach::about(&next.pool.ebpf, *placement);
        rooms.insert(number, next);

        exchanged.and(running)
    }
}
