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

    /// Gives the wait after one more failure, at least what the receiver asks for.
    ///
    /// Half of it is left to chance, so that a fleet does not come back at once.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::MOST);
        self.failures += 1;
        let chance = RandomState::new().hash_one(self.failures) % 1000;
        let half = wait / 2;
        let wait = half + half * u32::try_from(chance).unwrap_or(0) / 1000;

        wait.max(asked.unwrap_or_default().min(Self::MOST_ASKED))
    }

    /// Forgets the failures.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
