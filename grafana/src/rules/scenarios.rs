//! What the alerts are tried with: a host, and all that may happen to it.

mod changes;
mod devices;
mod floods;
mod health;
mod host;
mod scans;
mod streams;

pub(super) use host::WORLD;

use super::scenario::Scenario;

/// Every scenario.
pub(super) const ALL: &[&[Scenario]] = &[
    host::SCENARIOS,
    floods::SCENARIOS,
    streams::SCENARIOS,
    scans::SCENARIOS,
    changes::SCENARIOS,
    devices::SCENARIOS,
    health::SCENARIOS,
];
