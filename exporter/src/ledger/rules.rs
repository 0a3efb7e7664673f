//! What the ledger is told; plain data.

use crate::config::{Naming, Signals};
use crate::dimension::ByDimension;

/// What one ledger does with each of its dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub naming: ByDimension<Naming>,
    pub signals: Signals,
}
