//! `[config]`: how the configuration itself is followed.

use serde::{Deserialize, Serialize};

/// How changes of this file are noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Following {
    /// Whether the file is read again when it changes; SIGHUP works either way: true or false.
    pub watch: bool,
}

impl Default for Following {
    /// What runs is then what the file says. A mistake shows within seconds of the edit, with
    /// the one who made it, and not at the next restart; and it changes nothing.
    fn default() -> Self {
        Self { watch: true }
    }
}

impl Following {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { watch: _ } = self;

        Vec::new()
    }
}
