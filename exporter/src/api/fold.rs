//! The fold up to which everything in an answer was counted.

use schemars::JsonSchema;
use serde::Serialize;

use super::kind::Kind;
use super::moment::rfc3339;
use super::problem::Problem;
use crate::snapshot::Snapshot;

/// The fold up to which everything in an answer was counted.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Fold {
    /// Counted since the exporter started.
    number: u64,
    /// When its counts had been read.
    time: String,
    /// What rates are over: from the fold before to this one, or the window; null for the first.
    elapsed_seconds: Option<f64>,
}

impl Fold {
    /// Returns the last fold.
    pub(super) fn of(snapshot: &Snapshot) -> Result<Self, Problem> {
        let folding = &snapshot.health.folding;
        let last = folding.last.ok_or_else(|| {
            Problem::new(Kind::NotReady, "nothing was read from the programs yet")
        })?;

        Ok(Self {
            number: folding.folds,
            time: rfc3339(last),
            elapsed_seconds: snapshot.before.as_ref().map(|before| before.elapsed.as_secs_f64()),
        })
    }
}
