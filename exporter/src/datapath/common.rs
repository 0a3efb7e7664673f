//! The maps that all programs of a process share.

use super::ranks::PortRanks;
use super::samples::Samples;

/// The maps that all programs share. Every clone reaches the same ones.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) ranks: PortRanks,
    pub(super) samples: Samples,
}
