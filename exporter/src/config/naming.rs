//! What sources and ports have in common: which of them have a name.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Which keys of a dimension have a name, for each device and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Most series with a name at once.
    pub limit: usize,
    /// A series without packets for this long loses its name.
    pub idle: Duration,
    /// Names that may change hands per minute.
    pub churn: u32,
    /// Most keys that are kept, the named ones included.
    pub remembered: usize,
}

impl Naming {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const IDLE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

        let Self { limit, idle, churn, remembered } = self;
        // Only who was remembered before takes over a name: with room for none, no name would ever
        // change hands.
        let least = limit.saturating_mul(2);

        super::refused([
            ("limit", (0..=10_000).contains(limit)),
            ("idle", IDLE.contains(idle)),
            ("churn", (1..=1000).contains(churn)),
            ("remembered", (least..=1_000_000).contains(remembered)),
        ])
    }
}
