//! What gives way where memory is short: first resolution, then keys, then length.

use std::time::Duration;

use super::History;
use super::tier::Tier;

/// Most keys of a dimension that a step has: usually, and where room is short.
pub(super) const KEYS: usize = 20;
const FEW_KEYS: usize = 5;
/// The share of the limit that a step may have that still grows. What is sealed takes a tenth.
const OPEN: usize = 8;

impl History {
    /// Returns the bytes that all of it takes.
    pub fn bytes(&self) -> usize {
        self.tiers.iter().map(|tier| tier.bytes + tier.open_bytes()).sum::<usize>()
            + self.lives.bytes
    }

    /// Returns the bytes at which a step is sealed before its time.
    pub(super) fn most_open(&self) -> usize {
        self.limit / OPEN
    }

    /// Brings it below its limit.
    pub(super) fn make_room(&mut self) {
        let open: usize = self.tiers.iter().map(Tier::open_bytes).sum();
        let is_over = |history: &Self| {
            let closed = history.tiers.iter().map(|tier| tier.bytes).sum::<usize>();
            closed + history.lives.bytes + open > history.limit
        };

        while is_over(self) {
            let made_room =
                self.drop_finer() || self.thin(FEW_KEYS) || self.thin(0) || self.drop_oldest();
            if !made_room {
                // A gap is seen between the steps before and after it.
                self.tiers.iter_mut().for_each(|tier| tier.open = None);
                self.lives.clear();
                return;
            }
        }
    }

    fn drop_finer(&mut self) -> bool {
        let [first, second, _] = &mut self.tiers;

        first.drop_finer() || second.drop_finer()
    }

    fn thin(&mut self, keys: usize) -> bool {
        self.tiers.iter_mut().rev().any(|tier| tier.thin(keys))
    }

    fn drop_oldest(&mut self) -> bool {
        let was_dropped = self.tiers.iter_mut().rev().any(|tier| tier.drop_first(Duration::ZERO));
        if was_dropped {
            self.forget_lives();
        }

        was_dropped
    }
}
