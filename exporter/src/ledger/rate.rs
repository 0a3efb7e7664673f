//! How often a key's packets come, smoothed over time.

use std::f64::consts::LN_2;
use std::time::Duration;

/// What is this old counts half.
const HALF_LIFE: Duration = Duration::from_secs(10);

/// The interval that is being folded, as the rates see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    /// When it ends, on the ledger's own clock: the sum of all intervals.
    pub(super) clock: Duration,
    /// What one packet in it adds to a rate.
    gain: f64,
}

/// Packets per second, smoothed exponentially. At a steady pace it does not depend on the length
/// of the intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rate {
    per_second: f64,
    /// When the last packets came.
    seen: Duration,
}

impl Tick {
    pub(super) fn new(clock: Duration, elapsed: Duration) -> Self {
        let half_lives = elapsed.div_duration_f64(HALF_LIFE);
        let gain = if elapsed.is_zero() {
            LN_2 / HALF_LIFE.as_secs_f64()
        } else {
            -(-half_lives * LN_2).exp_m1() / elapsed.as_secs_f64()
        };

        Self { clock, gain }
    }
}

impl Rate {
    /// Returns the rate after an interval with `packets`, of which there are some.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    pub(super) fn after(self, packets: u64, tick: Tick) -> Self {
        let per_second = self.at(tick.clock) + packets as f64 * tick.gain;

        Self { per_second, seen: tick.clock }
    }

    /// Returns packets per second at `clock`, at or after the last packets.
    pub(super) fn at(self, clock: Duration) -> f64 {
        let silence = self.silence(clock);
        if silence.is_zero() || self.per_second == 0.0 {
            return self.per_second;
        }

        self.per_second * (-silence.div_duration_f64(HALF_LIFE)).exp2()
    }

    /// Returns how long there have been no packets.
    pub(super) const fn silence(self, clock: Duration) -> Duration {
        clock.saturating_sub(self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_a_minute(packets: u64, every: Duration) -> f64 {
        let mut clock = Duration::ZERO;
        let mut rate = Rate::default();
        while clock < Duration::from_mins(1) {
            clock += every;
            rate = rate.after(packets, Tick::new(clock, every));
        }

        rate.at(clock)
    }

    #[test]
    fn a_rate_does_not_depend_on_the_length_of_the_intervals() {
        let short = after_a_minute(10, Duration::from_millis(100));
        let usual = after_a_minute(100, Duration::from_secs(1));
        let long = after_a_minute(3000, Duration::from_secs(30));

        assert!((short - usual).abs() < 1e-9, "{short} {usual}");
        assert!((long - usual).abs() < 1e-9, "{long} {usual}");
        assert!((usual - 100.0 * (1.0 - 0.5_f64.powi(6))).abs() < 1e-9, "{usual}");
    }

    #[test]
    fn a_rate_halves_in_ten_silent_seconds() {
        let tick = Tick::new(Duration::from_secs(1), Duration::from_secs(1));
        let rate = Rate::default().after(1000, tick);

        let later = rate.at(Duration::from_secs(11));

        assert!((later - rate.at(Duration::from_secs(1)) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn an_interval_of_no_length_is_no_infinite_rate() {
        let rate = Rate::default().after(1, Tick::new(Duration::ZERO, Duration::ZERO));

        assert!((rate.at(Duration::ZERO) - LN_2 / 10.0).abs() < 1e-12);
    }
}
