//! The window of an answer: which folds its counts are of, and what is missing in them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Count, Direction};

use super::kind::Kind;
use super::moment::rfc3339;
use super::parameter::{Given, duration};
use super::problem::Problem;
use crate::dimension::Dimension;
use crate::health::{Folding, Health};
use crate::history::{self, Sum, View};
use crate::interval::sum;
use crate::snapshot::{Before, Snapshot};

/// The window of a chart, unless `window` says otherwise.
pub(super) const WINDOW: Duration = Duration::from_hours(1);
/// The same as a text, for the table of operations.
pub(super) const WINDOW_TEXT: &str = "1h";

/// Which folds the counts of an answer are of, and what is missing in them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Window {
    /// What was asked for.
    asked_seconds: f64,
    /// When its first fold began.
    begin: String,
    /// When its last fold was made.
    end: String,
    /// From the begin to the end. It consists of whole steps, so it may be a little more or less than was
    /// asked for.
    seconds: f64,
    /// The longest of its steps.
    step_seconds: f64,
    /// Folds in it.
    folds: u64,
    /// Folds that should be in it, and that the history has lost.
    missing_folds: u64,
    /// The history goes back that far. If not, this is all of it.
    is_whole: bool,
    /// Device and direction of what could not be read at the begin or at the end: packets of the window
    /// are missing in its counts, or others are there.
    unread: Vec<String>,
    /// Every step keeps so many of the busiest keys of a dimension at least.
    keys_kept: u64,
    /// What other keys counted: it is part of `other`, and may be missing in rows. Null where no key is
    /// asked for.
    not_kept: Option<NotKept>,
}

/// What keys counted in steps in which they were not among the busiest.
#[derive(Debug, Serialize, JsonSchema)]
struct NotKept {
    packets: u64,
    /// 0 of VLANs, whose bytes are not counted.
    bytes: u64,
}

impl Window {
    /// Describes a window with what was summed up of it.
    pub(super) fn of(
        asked: Duration,
        window: &history::Window,
        found: &Sum,
        dimension: Option<Dimension>,
    ) -> Self {
        let (folds, missing_folds) = window.folds();
        let named =
            |(device, direction): &(Arc<str>, Direction)| format!("{device} {}", direction.label());

        Self {
            asked_seconds: asked.as_secs_f64(),
            begin: rfc3339(window.begin()),
            end: rfc3339(window.end()),
            seconds: window.elapsed().as_secs_f64(),
            step_seconds: window.step().as_secs_f64(),
            folds,
            missing_folds,
            is_whole: window.is_whole,
            unread: found.unread.iter().map(named).collect(),
            keys_kept: window.keys() as u64,
            not_kept: dimension.map(|dimension| {
                let Count { packets, bytes } =
                    sum(found.beyond.values().map(|by_dimension| &by_dimension[dimension]));
                NotKept { packets, bytes }
            }),
        }
    }
}

/// Returns what is asked for, and the folds of it.
pub(super) fn window(asked: Duration, history: Option<&View>) -> Result<history::Window, Problem> {
    let Some(history) = history else { return Err(Problem::no_history()) };
    let none = || Problem::new(Kind::NotReady, "no step of the history is complete yet");

    history.window(asked).ok_or_else(none)
}

/// Returns the length of the window that is asked for.
pub(super) fn asked(given: &Given) -> Option<Duration> {
    duration(given.text("window")?)
}

/// Returns a window as a snapshot: its flows began with it, and its last fold added all they have.
pub(super) fn snapshot(window: &history::Window, found: &Sum) -> Snapshot {
    let folding = Folding { folds: window.last(), last: Some(window.end()), ..Folding::default() };
    let before = Before {
        flows: Vec::new(),
        folded: window.begin(),
        elapsed: window.elapsed(),
        unread: found.unread.clone(),
        unread_last: BTreeSet::new(),
    };

    Snapshot {
        flows: found.flows.clone(),
        health: Health { folding, ..Health::default() },
        before: Some(Arc::new(before)),
    }
}
