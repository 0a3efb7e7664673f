//! `datapath.mode`: where received frames are counted.

use serde::{Deserialize, Serialize};

/// Where what is received is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In the driver of hardware that can, else in the stack.
    Auto,
    /// XDP in the driver.
    Native,
    /// XDP in the stack.
    Generic,
    Tcx,
    Clsact,
}
