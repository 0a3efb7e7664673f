//! The clock that programs read.

use std::time::Duration;

/// Returns how long ago a time of `bpf_ktime_get_ns` was: nanoseconds of `CLOCK_MONOTONIC`.
pub(in super::super) fn since(time: u64) -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to `now` alone, and knows this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let [seconds, nanoseconds] = [now.tv_sec, now.tv_nsec].map(i64::unsigned_abs);
    let now = Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds);

    now.saturating_sub(Duration::from_nanos(time))
}
