//! `[dscp]`: counts by DSCP and ECN.

use serde::{Deserialize, Serialize};

/// Counts by DSCP and by ECN, which are in the traffic class of IP packets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dscp {
    /// Whether IP packets are counted by DSCP and by ECN: true or false.
    pub enabled: bool,
}

impl Dscp {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { enabled: _ } = self;

        super::refused([])
    }
}
