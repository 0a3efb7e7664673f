//! Alerts and recording rules, in every form in which they are shipped.
//!
//! The rules are written once, with their thresholds as settings. [`made`] makes them with other
//! settings, or with shorter times for tests.

mod changes;
mod files;
mod floods;
mod health;
mod mixin;
mod records;
mod rule;
mod scans;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod scenarios;
mod settings;
#[cfg(test)]
mod tests;
mod time;
mod yaml;

use std::path::PathBuf;

use crate::Made;

pub use rule::{Alert, Expr, Group, Record, Severity, Top};
pub use settings::{Setting, Settings, Unusable, Value};
pub use time::Scale;

/// How often every group is evaluated. The weight of baselines goes with it.
pub const INTERVAL: &str = "1m";

/// The first line of files whose format has comments like this.
const MADE_BY: &str = "# Made by `cargo run -p grafana`. Do not edit it.";

/// Every group of rules.
pub const GROUPS: [Group; 2] = [
    Group {
        name: "packet-traffic",
        file: "traffic",
        records: &[
            records::RATES,
            records::TCP,
            records::PARTS,
            records::SIGNALS,
            records::BASELINES,
        ],
        alerts: &[floods::TCP, floods::DATAGRAMS, floods::FRAMES, scans::ALERTS, changes::ALERTS],
    },
    Group {
        name: "packet-exporter",
        file: "exporter",
        records: &[],
        alerts: &[health::COUNTING, health::COUNTS, health::PARTS],
    },
];

impl Group {
    pub fn records(&self) -> impl Iterator<Item = &'static Record> {
        self.records.iter().copied().flatten()
    }

    pub fn alerts(&self) -> impl Iterator<Item = &'static Alert> {
        self.alerts.iter().copied().flatten()
    }
}

/// Returns every alert.
pub fn alerts() -> impl Iterator<Item = &'static Alert> {
    GROUPS.iter().flat_map(Group::alerts)
}

/// Returns every file.
pub fn all(settings: &Settings) -> Vec<Made> {
    [made(settings, Scale::SHIPPED), kubernetes(settings), mixin::files(settings)].concat()
}

/// Returns the rules as Prometheus reads them.
pub fn made(settings: &Settings, scale: Scale) -> Vec<Made> {
    let file = |group: &Group| Made {
        path: PathBuf::from(format!("rules/{}.yml", group.file)),
        text: files::prometheus(group, settings, scale),
    };

    GROUPS.iter().map(file).collect()
}

/// Returns the rules as objects of the Prometheus operator.
fn kubernetes(settings: &Settings) -> Vec<Made> {
    let file = |group: &Group| Made {
        path: PathBuf::from(format!("kubernetes/{}.yaml", group.file)),
        text: files::operator(group, settings, Scale::SHIPPED),
    };

    GROUPS.iter().map(file).collect()
}
