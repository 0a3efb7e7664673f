//! What the dimensions have in common: which of their keys have a name.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Config;
use crate::dimension::{ByDimension, Dimension};

/// Which keys of a dimension have a name, for each device and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// A dimension that is switched off is not exposed; its packets go to `other` all the same.
    pub enabled: bool,
    /// Most keys that have a name at once; 0 leaves everything in `other`. Keys that always have
    /// a name (`ephemeral` ports) are beside it.
    pub limit: usize,
    /// After this long without packets a key loses its name, and one without a series is
    /// forgotten.
    pub idle: Duration,
    /// Most names that go from one key to a busier one in a minute.
    pub churn: u32,
    /// Most keys that are remembered, those with a name included; a lower one lowers `limit` too.
    pub remembered: usize,
}

impl Config {
    /// Returns which keys of each dimension have a name.
    pub fn naming(&self) -> ByDimension<Naming> {
        let Self { sources, ports, vlans, .. } = self;

        ByDimension::from_fn(|dimension| match dimension {
            Dimension::Sources => sources.naming(),
            Dimension::Ports => ports.naming(),
            Dimension::Vlans => vlans.naming(sources.naming()),
        })
    }
}

impl Naming {
    /// Returns the most names there may be at once.
    pub fn most_names(&self) -> usize {
        if self.enabled { self.limit.min(self.remembered) } else { 0 }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const IDLE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

        let Self { enabled: _, limit, idle, churn, remembered } = self;
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
