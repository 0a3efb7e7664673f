//! `[vlans]`: counts by VLAN.

use serde::{Deserialize, Serialize};

use super::naming::Naming;

/// Counts by the id of the outermost VLAN tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vlans {
    /// Whether packets are counted by VLAN: true or false.
    pub enabled: bool,
    /// Most VLANs with series of their own at once; the others are counted as `other`.
    /// `sources.idle` and `sources.churn` apply here too: 0 to 4096.
    pub limit: usize,
}

impl Default for Vlans {
    fn default() -> Self {
        Self { enabled: false, limit: 64 }
    }
}

impl Vlans {
    /// Names come and go as those of `sources` do. There is no flood of ids: all are remembered.
    pub(super) fn naming(&self, sources: Naming) -> Naming {
        let Self { enabled, limit } = *self;

        Naming { enabled, limit, remembered: shared::VLAN_IDS, ..sources }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { enabled: _, limit } = self;

        super::refused([("limit", (0..=4096).contains(limit))])
    }
}
