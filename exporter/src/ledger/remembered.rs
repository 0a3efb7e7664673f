//! One key that the ledger remembers.

use std::time::{Duration, SystemTime};

use shared::Count;

use super::key::Nameable;
use super::rate::Rate;

/// One remembered key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Remembered<K> {
    pub(super) key: K,
    pub(super) rate: Rate,
    /// What is under its name, or was before it lost it; most keys never had one.
    pub(super) series: Option<Box<Series>>,
}

/// What was counted under the name of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) count: Count,
    pub(super) since: SystemTime,
    /// When the key got its name, on the ledger's clock; `None` once it has lost it.
    pub(super) named: Option<Duration>,
}

impl<K: Nameable> Remembered<K> {
    pub(super) fn new(key: K) -> Self {
        Self { key, rate: Rate::default(), series: None }
    }

    /// Returns the series if it has a name.
    pub(super) fn named(&self) -> Option<&Series> {
        self.series.as_deref().filter(|series| series.named.is_some())
    }

    /// Returns when it got its name, if it can lose it.
    pub(super) fn named_within_limit(&self) -> Option<Duration> {
        self.named().filter(|_| !self.key.is_always_named())?.named
    }

    /// Ends the name of a key that has been silent too long, or forgets the key: `None`.
    pub(super) fn after_silence(mut self, clock: Duration, idle: Duration) -> Option<Self> {
        if self.rate.silence(clock) >= idle && !self.key.is_always_named() {
            self.series.as_mut()?.named = None;
        }

        Some(self)
    }
}
