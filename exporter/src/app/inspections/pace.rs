//! Work in slices, with a rest after each.

use std::cell::Cell;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long is worked at a stretch.
const SLICE: Duration = Duration::from_millis(5);

/// Lets a thread rest as long as it works, so that it takes half of a CPU at most.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the last rest ended.
    since: Cell<Instant>,
}

impl Pace {
    pub(super) fn begin() -> Self {
        Self { since: Cell::new(Instant::now()) }
    }

    /// Rests if it was worked for a slice; returns whether it was.
    pub(super) fn rest_after_a_slice(&self) -> bool {
        let is_over = self.since.get().elapsed() >= SLICE;
        if is_over {
            self.rest();
        }

        is_over
    }

    /// Rests as long as it was worked.
    pub(super) fn rest(&self) {
        sleep(self.since.get().elapsed());
        self.since.set(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_rested_as_worked() {
        let (begun, pace) = (Instant::now(), Pace::begin());
        let mut worked = Duration::ZERO;

        for _ in 0..5 {
            let slice = Instant::now();
            while slice.elapsed() < SLICE {}
            worked += slice.elapsed();
            assert!(pace.rest_after_a_slice());
        }
        assert!(!pace.rest_after_a_slice(), "nothing was worked since");

        assert!(begun.elapsed() >= 2 * worked, "{:?} for {worked:?}", begun.elapsed());
    }
}
