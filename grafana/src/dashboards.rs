//! Dashboards for Grafana, from the whole fleet to the exporter itself.

mod alerts;
mod board;
mod boards;
mod field;
mod kind;
mod link;
mod panel;
mod query;
mod table;
#[cfg(test)]
mod tests;
mod traffic;
mod transformation;
mod unit;
mod variable;

use crate::Made;
use crate::rules::Settings;

use link::Board;

/// Returns every file.
pub fn all(settings: &Settings) -> Vec<Made> {
    Board::ALL.map(|board| boards::dashboard(board).made(settings)).into()
}
