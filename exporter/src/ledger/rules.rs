//! What the ledger is told; plain data.

use std::time::Duration;

use crate::signals;

/// What one ledger does with each of its dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub sources: Naming,
    pub ports: Naming,
    pub vlans: Naming,
    pub signals: signals::Rules,
}

/// Which keys of one dimension get a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// What is switched off is not exposed; its packets go to `other` all the same.
    pub enabled: bool,
    /// Most keys that have a name at once; 0 leaves everything in `other`. Keys that always have
    /// a name (`ephemeral` ports) are beside it.
    pub limit: usize,
    /// After this long without packets a key loses its name, and one without a series is
    /// forgotten.
    pub idle: Duration,
    /// Most names that go from one key to a busier one in a minute.
    pub churn: u32,
    /// Most keys that are remembered, those with a name included; a lower one lowers `limit` too.
    pub remembered: usize,
}

impl Naming {
    /// Gives the most names there may be at once.
    pub(super) fn most_names(&self) -> usize {
        if self.enabled { self.limit.min(self.remembered) } else { 0 }
    }
}
