//! The settings of a ledger; plain data.

use crate::config::{Naming, Signals};
use crate::dimension::ByDimension;
use crate::interval::Switches;

/// What one ledger does with each of its dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub naming: ByDimension<Naming>,
    pub signals: Signals,
    /// IP packets are counted by traffic class.
    pub traffic_classes: bool,
    /// Frames are counted by destination type.
    pub casts: bool,
}

impl Rules {
    /// Returns these rules for a program that counts no more than `switches` say.
    #[must_use]
    pub fn within(mut self, switches: Switches) -> Self {
        let Switches { dimensions, signals, traffic_classes, casts } = switches;
        for (dimension, is_counted) in dimensions.iter() {
            self.naming[dimension].enabled &= is_counted;
        }
        self.signals.enabled &= signals;
        self.traffic_classes &= traffic_classes;
        self.casts &= casts;

        self
    }
}
