//! `datapath.mode`: where received frames are counted.

use serde::{Deserialize, Serialize};

use crate::health::Hook;

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

impl Mode {
    /// Returns the hook in the stack that it names; `None` where the kernel decides.
    pub const fn in_stack(self) -> Option<Hook> {
        match self {
            Self::Tcx => Some(Hook::TcxIngress),
            Self::Clsact => Some(Hook::TcIngress),
            Self::Auto | Self::Native | Self::Generic => None,
        }
    }
}
