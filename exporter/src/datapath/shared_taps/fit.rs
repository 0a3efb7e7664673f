//! Smaller pools, where devices are gone for which one has grown.

use std::time::{Duration, Instant};

use super::{Means, ShareError, SharedTaps};
use crate::causes::with_causes;
use crate::datapath::budget::slots_for;
use crate::datapath::pool::{self, Pool};
use crate::datapath::{Device, Placement};

/// A pool stays as large as it is for this long after devices went: others may come in their place.
const SPARSE: Duration = Duration::from_mins(5);
/// A smaller pool is worth the move where fewer than one slot in this many is taken.
const FEW: usize = 4;

impl SharedTaps {
    /// Returns the place of a pool whose slots have been mostly free for a while; `expected` returns how
    /// many it is to have.
    pub(in super::super) fn sparse(
        &mut self,
        now: Instant,
        expected: impl Fn(Placement) -> usize,
    ) -> Option<Placement> {
        self.note_sparse(now, expected);
        let is_due = |(_, since): &(&Placement, &Instant)| **since + SPARSE <= now;

        self.sparse.iter().find(is_due).map(|(placement, _)| *placement)
    }

    /// Puts a smaller pool in the place of one, or lets it go where no device is attached to it. Each
    /// frame is counted by one of the two, as when a pool grows.
    pub(in super::super) fn shrink(&mut self, placement: Placement, means: Means<'_>) {
        self.sparse.remove(&placement);
        let Some(before) = self.pool(placement) else { return };
        let (taken, bytes) = (before.taken(), before.bytes());
        let Some(device) = self.device_at(placement) else {
            // What is left there is read with the next drain.
            self.current.remove(&placement);
            self.next.remove(&placement);
            return;
        };

        let slots = fitting(taken, means.room.slots);
        let staying = self.attached.iter().filter(|(_, it)| it.placement == placement);
        if !pool::fits(slots, staying.map(|(tap, _)| tap.device.index)) {
            return;
        }
        let smaller = means.load(placement, slots, bytes).map_err(ShareError::from);
        let installed = smaller.and_then(|it| Ok(self.install(it, &device)?));
        match installed {
            Ok(number) => {
                tracing::debug!(slots, "Devices are gone; moved the others to smaller tables");
                self.go_to(placement, number);
            }
            Err(error) => tracing::debug!(
                error = with_causes(&error),
                "Cannot load smaller tables; those in use stay"
            ),
        }
    }

    /// Notes since when the slots of each pool are mostly free.
    fn note_sparse(&mut self, now: Instant, expected: impl Fn(Placement) -> usize) {
        let Self { current, rooms, sparse, .. } = self;
        let is_sparse = |placement: Placement, pool: &Pool| {
            is_sparse(pool.taken(), expected(placement), pool.capacity())
        };
        for (placement, number) in current.iter() {
            match rooms.get(number) {
                Some(room) if is_sparse(*placement, &room.pool) => {
                    sparse.entry(*placement).or_insert(now);
                }
                _ => {
                    sparse.remove(placement);
                }
            }
        }
    }

    /// Returns one of the devices that are counted at a place.
    fn device_at(&self, placement: Placement) -> Option<Device> {
        let mut taps = self.attached.iter().filter(|(_, it)| it.placement == placement);

        taps.next().map(|(tap, _)| tap.device.clone())
    }
}

/// Returns how many slots a pool is to have in which so many are taken, and so many are expected to be.
fn fitting(taken: usize, expected: usize) -> usize {
    slots_for((taken * 2).max(expected))
}

fn is_sparse(taken: usize, expected: usize, capacity: usize) -> bool {
    taken == 0 || taken * FEW < capacity && fitting(taken, expected) < capacity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_sparse_once_a_smaller_one_has_twice_the_room() {
        assert!(is_sparse(250, 250, 1024));
        assert!(!is_sparse(256, 256, 1024), "a quarter of it");
        assert!(!is_sparse(10, 900, 1024), "the others are still to come");
        assert!(!is_sparse(3, 3, 64), "there is none smaller");
        assert!(is_sparse(0, 0, 64), "nothing needs it");
        assert_eq!([fitting(250, 250), fitting(10, 300), fitting(1, 1)], [512, 512, 64]);
    }
}
