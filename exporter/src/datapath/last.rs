//! What programs that were removed counted last: of each tap together, whatever maps it is in.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Tap;
use crate::interval::{Drained, Interval, Switches};

/// A tap whose program another process removed. Its series continue once another one is attached.
pub(super) struct Paused {
    /// When counting began.
    pub(super) since: SystemTime,
    /// Up to when its intervals are told of.
    pub(super) counted_to: Instant,
    /// What its program counted.
    pub(super) switches: Switches,
    /// The kernel told that the device was removed.
    pub(super) is_device_gone: bool,
}

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

pub(super) fn drained(tap: &Tap, since: SystemTime, counted: io::Result<Interval>) -> Drained {
    let Tap { device, direction } = tap;

    Drained { device: Arc::clone(&device.name), direction: *direction, since, counted }
}

/// Returns the same error once more.
pub(super) fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
