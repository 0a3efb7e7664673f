//! `[signals]`: what the traffic looks like as a whole.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the traffic looks like as a whole: distinct counts, entropies, scans, lone SYNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signals {
    /// Whether signals are computed: true or false.
    pub enabled: bool,
    /// Length of the sliding window they are computed over: 10s to 10m, from `datapath.interval`
    /// on.
    #[serde(with = "humantime_serde")]
    pub window: Duration,
    /// A source that contacts about this many ports within the window is counted as scanning. The
    /// number is estimated and may be off by a quarter: 4 to 64.
    pub scan_ports: u32,
}

impl Default for Signals {
    fn default() -> Self {
        Self { enabled: true, window: Duration::from_mins(1), scan_ports: 32 }
    }
}

impl Signals {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const WINDOW: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_mins(10);

        let Self { enabled: _, window, scan_ports } = self;

        super::refused([
            ("window", WINDOW.contains(window)),
            ("scan_ports", (4..=64).contains(scan_ports)),
        ])
    }
}
