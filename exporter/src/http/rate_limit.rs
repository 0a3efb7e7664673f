//! A token bucket, as of Prometheus' exporter-toolkit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::web_config::RateLimit;

/// Holds as many tokens as may be taken at once; one more comes with each interval.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: RateLimit,
    /// When the bucket will be full; `None` while it has been full from the beginning.
    full_at: Mutex<Option<Instant>>,
}

impl Bucket {
    /// Longer than any process runs (34 years), and short enough that any `burst` times it fits into
    /// a [`Duration`] and into an [`Instant`].
    const LONGEST: Duration = Duration::from_secs(1 << 30);

    pub(super) fn new(limit: RateLimit) -> Self {
        let RateLimit { interval, burst } = limit;
        let limit = RateLimit { interval: interval.min(Self::LONGEST), burst };

        Self { limit, full_at: Mutex::default() }
    }

    /// Takes a token; returns whether there was one.
    pub(super) fn take(&self, now: Instant) -> bool {
        let RateLimit { interval, burst } = self.limit;
        if interval.is_zero() {
            return true;
        }
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));

        let is_there = missing + interval <= interval * burst;
        if is_there {
            *full_at = Some(now + missing + interval);
        }

        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_then_one_request_for_each_interval() {
        let interval = Duration::from_secs(10);
        let bucket = Bucket::new(RateLimit { interval, burst: 3 });
        let start = Instant::now();
        let mut taken = |seconds| bucket.take(start + Duration::from_secs(seconds));

        assert_eq!([0, 0, 0, 0].map(&mut taken), [true, true, true, false]);
        assert_eq!([9, 10, 10, 19, 20].map(&mut taken), [false, true, false, false, true]);
        assert_eq!([100, 100, 100, 100].map(&mut taken), [true, true, true, false]);
    }

    #[test]
    fn an_interval_that_never_passes_leaves_the_burst() {
        let bucket = Bucket::new(RateLimit { interval: Duration::MAX, burst: u32::MAX });
        let once = Bucket::new(RateLimit { interval: Duration::MAX, burst: 1 });
        let now = Instant::now();

        assert!((0..1000).all(|_| bucket.take(now)));
        assert_eq!([0; 2].map(|_| once.take(now)), [true, false]);
    }

    #[test]
    fn without_an_interval_there_is_no_limit() {
        let bucket = Bucket::new(RateLimit::default());

        assert!((0..1000).all(|_| bucket.take(Instant::now())));
    }
}
