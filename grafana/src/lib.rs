//! Dashboards and rules for what the exporter counts, made from its catalogue.

use std::path::PathBuf;

pub mod dashboards;
pub mod rules;

/// A file as it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// From the folder `grafana`.
    pub path: PathBuf,
    pub text: String,
}

/// Returns every file, in order.
pub fn all() -> Vec<Made> {
    [dashboards::all(), rules::all()].concat()
}
