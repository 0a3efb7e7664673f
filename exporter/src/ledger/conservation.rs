//! The laws of conservation, watched.

use std::mem;

use crate::interval::{Imbalance, Law};

/// How often intervals broke a law of conservation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conservation {
    /// By [`Law`].
    intervals: [u64; Law::ALL.len()],
    /// What the last interval broke.
    broken: Vec<Imbalance>,
    /// Those of them that the interval before had kept.
    newly: Vec<Imbalance>,
}

impl Conservation {
    /// Adds what one interval broke.
    pub(super) fn fold(mut self, broken: Vec<Imbalance>) -> Self {
        for Imbalance { law, .. } in &broken {
            self.intervals[law.index()] += 1;
        }
        let before = mem::replace(&mut self.broken, broken);
        let was_kept = |it: &&Imbalance| before.iter().all(|before| before.law != it.law);
        self.newly = self.broken.iter().filter(was_kept).copied().collect();

        self
    }

    pub(super) fn intervals(&self) -> [u64; Law::ALL.len()] {
        self.intervals
    }

    pub(super) fn newly(&self) -> &[Imbalance] {
        &self.newly
    }
}
