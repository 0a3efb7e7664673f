//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// The pause after the last failure in a row: twice as long each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) const FIRST: Duration = Duration::from_secs(1);
    pub(super) const LONGEST: Duration = Duration::from_mins(1);

    /// Returns how long to wait after one more failure.
    pub(super) fn longer(&mut self) -> Duration {
        self.0 = (self.0 * 2).clamp(Self::FIRST, Self::LONGEST);

        self.0
    }
}
