//! The dashboards, one file each.

mod alike;
mod device;
mod exporter;
mod fleet;
mod keys;
mod tcp;

use super::board::Dashboard;
use super::link::Board;

/// Returns a dashboard.
pub(crate) fn dashboard(board: Board) -> Dashboard {
    match board {
        Board::Fleet => fleet::dashboard(),
        Board::Device => device::dashboard(),
        Board::Keys => keys::dashboard(),
        Board::Tcp => tcp::dashboard(),
        Board::Exporter => exporter::dashboard(),
    }
}
