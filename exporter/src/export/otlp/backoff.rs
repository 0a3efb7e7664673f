//! How long to leave a receiver alone that fails.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Doubles from failure to failure.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(30);
    /// A receiver that asks for more than this may have meant something else.
    const MOST_ASKED: Duration = Duration::from_mins(5);

    /// Returns the wait after one more failure, at least what the receiver asks for.
    ///
    /// Half of it is left to chance, so that a fleet does not come back at once.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::MOST);
        self.failures += 1;
        let half = wait / 2;
        let wait = half + by_chance(half);

        wait.max(asked.unwrap_or_default().min(Self::MOST_ASKED))
    }

    /// Forgets the failures.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Returns a random part of a time, shorter than the whole.
pub(super) fn by_chance(whole: Duration) -> Duration {
    // Each has keys of its own, which are random.
    let chance = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0);

    whole.mul_f64(f64::from(chance) / 2_f64.powi(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_falls_on_all_parts_of_a_time_alike() {
        const TIMES: usize = 10_000;
        let minute = Duration::from_mins(1);
        let mut found = [0; 10];

        for _ in 0..TIMES {
            let part = by_chance(minute);
            assert!(part < minute);
            found[usize::try_from(part.as_secs() / 6).unwrap()] += 1;
        }

        // A tenth is 1000, and 1000 plus or minus 300 is ten standard deviations.
        assert!(found.iter().all(|it| (700..1300).contains(it)), "{found:?}");
        assert_eq!(by_chance(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_wait_doubles_up_to_half_a_minute_and_is_never_twice_the_same() {
        let mut backoff = Backoff::default();

        for most in [1, 2, 4, 8, 16, 30, 30, 30] {
            let most = Duration::from_secs(most);
            let wait = backoff.next(None);
            assert!((most / 2..=most).contains(&wait), "{wait:?} of {most:?}");
        }
        backoff.reset();
        assert!(backoff.next(None) <= Backoff::FIRST);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_reason() {
        let wait = |seconds| Backoff::default().next(Some(Duration::from_secs(seconds)));

        assert_eq!(wait(7), Duration::from_secs(7));
        assert_eq!(wait(86_400), Duration::from_mins(5));
        assert!(wait(0) >= Duration::from_millis(500));
    }
}
