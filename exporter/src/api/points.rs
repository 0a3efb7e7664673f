//! The points of a chart: pieces of a window, all about as long.

use std::time::{Duration, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;

use super::parameter::Given;
use crate::history::Window;

/// Most points of a chart, unless `points` says otherwise.
const POINTS: u32 = 300;
/// The same as a text, for the table of operations.
pub(super) const POINTS_TEXT: &str = "300";

/// Lengths in seconds that points may have.
const LENGTHS: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600];

/// The times of all points; series have one value for each. A piece that the history has lost is a
/// point too: all its values are null.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Points {
    /// How long a point is, but the first and the last, which may be shorter.
    step_seconds: f64,
    /// When each ended, in seconds since 1970; null for what is lost.
    ends: Vec<Option<f64>>,
    /// How long each took: a rate is a value divided by it.
    seconds: Vec<Option<f64>>,
}

/// Cuts a window into points.
pub(super) fn pieces(window: &Window, given: &Given) -> (Duration, Vec<Window>) {
    let most = given.number("points").and_then(|it| u32::try_from(it).ok()).unwrap_or(POINTS);
    // Folds come a little late.
    let least = (window.elapsed() / most.max(1)).max(window.step()).mul_f64(0.95);
    let lengths = LENGTHS.into_iter().map(Duration::from_secs);
    let length = lengths.into_iter().find(|it| *it >= least).unwrap_or(least);

    (length, window.pieces(length))
}

impl Points {
    pub(super) fn of(length: Duration, pieces: &[Window]) -> Self {
        let is_there = |piece: &&Window| piece.last() > 0;
        let each = |value: fn(&Window) -> f64| -> Vec<_> {
            pieces.iter().map(|piece| Some(piece).filter(is_there).map(value)).collect()
        };

        Self {
            step_seconds: length.as_secs_f64(),
            ends: each(|piece| {
                let end = piece.end().duration_since(UNIX_EPOCH).unwrap_or_default();
                rounded(end)
            }),
            seconds: each(|piece| rounded(piece.elapsed())),
        }
    }
}

/// Returns seconds with milliseconds.
fn rounded(time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a thousand years fit")]
    let millis = time.as_millis() as f64;

    millis / 1000.0
}
