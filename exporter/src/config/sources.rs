//! `[sources]`: counts by source address.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::naming::Naming;

/// Counts by source address; by destination address on transmit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {
    /// Whether packets are counted by source: true or false.
    pub enabled: bool,
    /// Most sources with series of their own at once, for each device and direction; the others are
    /// counted as `other`: 0 to 10000.
    pub limit: usize,
    /// How long a source without packets keeps its series: 1s to 24h.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
    /// How many series may change to another source per minute: 1 to 1000.
    pub churn: u32,
    /// How many sources to remember, with and without series. New series are chosen from these:
    /// twice `limit` to 1000000.
    pub remembered: usize,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            enabled: true,
            limit: 100,
            idle: Duration::from_mins(10),
            churn: 20,
            remembered: 16_384,
        }
    }
}

impl Sources {
    pub(super) fn naming(&self) -> Naming {
        let Self { enabled, limit, idle, churn, remembered } = *self;

        Naming { enabled, limit, idle, churn, remembered }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        self.naming().refusals()
    }
}
