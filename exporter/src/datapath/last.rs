//! What programs that were removed counted last: of each tap together, whatever maps it is in.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use super::Tap;
use super::drains::{Paused, drained};
use crate::interval::{Drained, Interval, Switches};

/// What taps counted last, as far as it was read.
#[derive(Default)]
pub(super) struct Last(BTreeMap<Tap, OfTap>);

struct OfTap {
    since: SystemTime,
    switches: Switches,
    counted: Option<Interval>,
    failed: Option<io::Error>,
}

impl Last {
    /// Notes a tap whose program is removed.
    pub(super) fn expect(&mut self, tap: &Tap, paused: &Paused) {
        let Paused { since, switches, .. } = *paused;

        self.0.insert(tap.clone(), OfTap { since, switches, counted: None, failed: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, tap: &Tap) -> bool {
        self.0.contains_key(tap)
    }

    /// Adds what was counted in some maps of a tap, or why they could not be read.
    pub(super) fn add(&mut self, tap: &Tap, counted: io::Result<Interval>) {
        let Some(of_tap) = self.0.get_mut(tap) else { return };
        match counted {
            Ok(next) => {
                of_tap.counted = Some(match of_tap.counted.take() {
                    Some(before) => before.followed_by(next),
                    None => next,
                });
            }
            Err(error) => of_tap.failed = Some(error),
        }
    }

    /// Returns what each tap counted, and of each whose maps could not all be read the reason: those
    /// counts are lost, and none comes when the series of the tap have ended.
    pub(super) fn drained(self) -> Vec<Drained> {
        let mut all = Vec::with_capacity(self.0.len());
        for (tap, OfTap { since, switches, counted, failed }) in self.0 {
            let is_lost = failed.is_some();
            let nothing = || Interval::idle(Duration::ZERO, switches);
            all.extend(failed.map(|error| drained(&tap, since, Err(error))));
            let counted = counted.or_else(|| (!is_lost).then(nothing));
            all.extend(counted.map(|counted| drained(&tap, since, Ok(counted))));
        }

        all
    }
}
