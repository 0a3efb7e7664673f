//! What the alerts are tried with: a host, and all that may happen to it.

mod changes;
mod devices;
mod exporter;
mod floods;
mod health;
mod host;
mod labels;
mod opened;
mod quiet;
mod scans;
mod sent;
mod streams;
mod web_server;

use super::scenario::{Scenario, Series};

/// Every scenario.
pub(super) const ALL: &[&[Scenario]] = &[
    quiet::SCENARIOS,
    floods::SCENARIOS,
    streams::SCENARIOS,
    opened::SCENARIOS,
    scans::SCENARIOS,
    sent::SCENARIOS,
    labels::SCENARIOS,
    changes::SCENARIOS,
    devices::SCENARIOS,
    health::SCENARIOS,
];

/// Returns every series of a host.
pub(super) fn world() -> impl Iterator<Item = &'static Series> {
    host::TRAFFIC.iter().chain(exporter::OWN)
}
