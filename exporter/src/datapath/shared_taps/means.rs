//! What pools are loaded with.

use crate::datapath::budget::{LEAST_SLOTS, slots_for};
use crate::datapath::common::Common;
use crate::datapath::load::LoadError;
use crate::datapath::pool::{self, Pool};
use crate::datapath::room::PoolRoom;
use crate::datapath::wire::Barrier;
use crate::datapath::{Options, Placement};

/// What pools are loaded with.
#[derive(Clone, Copy)]
pub(in super::super) struct Means<'a> {
    pub(in super::super) options: &'a Options,
    pub(in super::super) room: PoolRoom,
    pub(in super::super) common: &'a Common,
    pub(in super::super) barrier: &'a Barrier,
}

impl Means<'_> {
    /// Loads a pool for the taps that are expected, or at least for one more than the one before has
    /// slots; of that the slots and the bytes are given.
    pub(super) fn load_larger(
        self,
        placement: Placement,
        before: Option<(usize, u64)>,
    ) -> Result<Pool, LoadError> {
        let (taken, released) = before.unwrap_or_default();
        let mut slots = slots_for((taken * 2).max(self.room.slots));

        loop {
            match self.load(placement, slots, released) {
                Err(LoadError::OverBudget { .. }) if slots / 2 > taken.max(LEAST_SLOTS / 2) => {
                    slots /= 2;
                }
                loaded => return loaded,
            }
        }
    }

    /// Loads a pool with so many slots, in the place of one that takes `released` bytes.
    pub(super) fn load(
        self,
        placement: Placement,
        slots: usize,
        released: u64,
    ) -> Result<Pool, LoadError> {
        let (shape, kind_sets) = self.room.shape(self.options, slots, released)?;

        pool::load(&shape, kind_sets, placement, self.common, slots)
    }
}
