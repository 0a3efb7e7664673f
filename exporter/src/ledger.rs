//! Everything counted by one direction of one device: an interval comes in, totals and named
//! series go on; pure.

mod begun;
mod classes;
mod conservation;
mod credit;
mod key;
#[cfg(test)]
mod laws;
mod names;
mod rate;
mod remembered;
mod rules;
#[cfg(test)]
mod speed;
mod table;
mod tallies;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

use shared::Direction;

use self::classes::Classes;
use self::conservation::Conservation;
use self::tallies::Tallies;
use crate::dimension::Dimension;
use crate::interval::{Imbalance, Interval, Law, MapUse, Totals};
use crate::signals::Window;
use crate::snapshot::{Flow, Signals};

pub use self::rules::Rules;

/// What one direction of one device has counted since its program was attached.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// Readers share it until there is more.
    totals: Arc<Totals>,
    conservation: Conservation,
    tallies: Tallies,
    classes: Classes,
    has_casts: bool,
    signals: Window,
    maps: Vec<MapUse>,
}

impl Ledger {
    pub fn new(rules: Rules) -> Self {
        let Rules { naming, signals, traffic_classes, casts } = rules;

        Self {
            totals: Arc::default(),
            conservation: Conservation::default(),
            tallies: Tallies::new(naming),
            classes: Classes::new(traffic_classes),
            has_casts: casts,
            signals: Window::new(signals),
            maps: Vec::new(),
        }
    }

    /// Goes on under other rules. No count changes; names beyond a lower limit end at once.
    ///
    /// A dimension that is switched off forgets everything; switched on again it begins anew with the
    /// next interval.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        let Rules { naming, signals, traffic_classes, casts } = rules;

        Self {
            tallies: self.tallies.with_rules(naming),
            classes: self.classes.with_rules(traffic_classes),
            has_casts: casts,
            signals: self.signals.with_rules(signals),
            ..self
        }
    }

    /// Adds what an interval counted that ended at `now`, also where it breaks a law of conservation.
    #[must_use]
    pub fn fold(mut self, interval: &Interval, now: SystemTime) -> Self {
        let Interval { elapsed, totals, maps, .. } = interval;
        let began = now.checked_sub(*elapsed).unwrap_or(now);
        let broken = interval.imbalances().filter(|it| self.watches(it.law)).collect();

        if totals.frames().packets > 0 {
            *Arc::make_mut(&mut self.totals) += totals;
        }
        Self {
            conservation: self.conservation.fold(broken),
            tallies: self.tallies.fold(interval, began),
            classes: self.classes.fold(&interval.traffic_classes, began),
            signals: self.signals.fold(interval),
            maps: maps.clone(),
            ..self
        }
    }

    /// Returns the laws that the last interval broke and the one before had kept.
    pub fn newly_broken(&self) -> &[Imbalance] {
        self.conservation.newly()
    }

    /// Returns what readers see of it; `since` is when the program was attached.
    pub fn flow(&self, device: Arc<str>, direction: Direction, since: SystemTime) -> Flow {
        let Self { totals, conservation, tallies, classes, has_casts, signals, maps } = self;
        let has_sources = tallies.is_enabled(Dimension::Sources);
        let signals = signals.signals().map(|signals| Signals {
            // Ports and handshakes leave their marks on sources: without these neither can be seen.
            scanning_sources: signals.scanning_sources.filter(|_| has_sources),
            syn_sources: signals.syn_sources.filter(|_| has_sources),
            ..signals
        });

        Flow {
            device,
            direction,
            since,
            totals: Arc::clone(totals),
            imbalanced: conservation.intervals(),
            breakdowns: tallies.breakdowns(since),
            classes: classes.seen(since),
            has_casts: *has_casts,
            signals,
            maps: maps.clone(),
        }
    }

    /// A dimension that is switched off has no parts, which breaks no law.
    fn watches(&self, law: Law) -> bool {
        law.dimension().is_none_or(|dimension| self.tallies.is_enabled(dimension))
    }
}
