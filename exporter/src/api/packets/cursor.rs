//! The place where the next page begins.

use std::fmt::Write;
use std::time::UNIX_EPOCH;

use crate::api::kind::Kind;
use crate::api::parameter::Given;
use crate::api::problem::Problem;
use crate::snapshot::Snapshot;

/// Names a fold, of this process and of no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    fold: u64,
    /// Microseconds since 1970.
    folded: u128,
}

impl Cursor {
    /// Returns the cursor of the fold that a snapshot holds.
    pub(super) fn now(snapshot: &Snapshot) -> Self {
        let folding = &snapshot.health.folding;
        let folded = folding.last.and_then(|last| last.duration_since(UNIX_EPOCH).ok());

        Self { fold: folding.folds, folded: folded.unwrap_or_default().as_micros() }
    }

    /// Returns how many rows come before a cursor that was checked.
    pub(super) fn place(self, text: &str) -> Result<usize, Problem> {
        let own = format!("{}-{}-", self.fold, self.folded);
        // What is more than all rows is behind all rows.
        let place = text.strip_prefix(&own).map(|place| place.parse().unwrap_or(usize::MAX));

        place.ok_or_else(|| {
            let detail = format!("the cursor is not of fold {}, which is the last one", self.fold);
            Problem::new(Kind::CursorExpired, detail)
        })
    }

    /// Returns the address of the page that begins behind so many rows.
    pub(super) fn next(self, path: &str, given: &Given, place: usize) -> String {
        let others = given.iter().filter(|(name, _)| *name != "cursor");
        let mut pairs: Vec<_> =
            others.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        pairs.push(format!("cursor={}-{}-{place}", self.fold, self.folded));

        format!("{path}?{}", pairs.join("&"))
    }
}

/// Returns a text as it can stand for a value in a query. Source: RFC 3986, section 2.3; a comma stands
/// for itself there.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }

    encoded
}
