//! `GET /history`: what was counted over time, as series for charts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Count, Direction};

use super::contract::{Selected, Unit};
use super::flows;
use super::label::Label;
use super::rows::{Row, RowKey, Rows};
use super::selection::Selection;
use crate::api::Facts;
use crate::api::fold::Fold;
use crate::api::parameter::Given;
use crate::api::points::{Points, pieces};
use crate::api::problem::Problem;
use crate::api::window::{self, WINDOW, Window, asked};
use crate::catalog::Choice;
use crate::history::{self, Of, Sum};

/// Series of an answer, unless `top` says otherwise.
const TOP: usize = 10;
/// The same as a text, for the table of operations.
pub(in crate::api) const TOP_TEXT: &str = "10";

/// What was counted over time.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct History {
    /// The fold up to which everything here was counted.
    fold: Fold,
    window: Window,
    selected: Selected,
    unit: Unit,
    points: Points,
    /// Those with most packets in the window first.
    series: Vec<Series>,
    /// Series that are not here, because they have fewer packets.
    series_left_out: u64,
}

/// What was counted over time under the same labels.
#[derive(Debug, Serialize, JsonSchema)]
struct Series {
    /// One value for each label of `by`.
    labels: BTreeMap<&'static str, String>,
    /// Packets of each point; null where that is not known, as of a key that was not among the busiest.
    packets: Vec<Option<u64>>,
    /// Bytes likewise; null where bytes are not counted.
    bytes: Option<Vec<Option<u64>>>,
}

/// One point of all series.
struct Point {
    found: Sum,
    counts: BTreeMap<[String; 4], Count>,
    /// Everything that is selected.
    total: Count,
    /// Some packets have no key here.
    has_other: bool,
}

/// Makes the answer for parameters that passed all checks.
pub(in crate::api) fn history(given: &Given, facts: &Facts) -> Result<History, Problem> {
    let choice = &facts.readings.choice;
    let asked = asked(given).unwrap_or(WINDOW);
    let window = window::window(asked, facts.history.as_deref())?;
    let selection = Selection::new(given)?;
    let is_asked = |device: &str, direction| {
        selection.device.is_none_or(|own| own == device) && selection.has(direction)
    };
    let found = window.sum(Of::All, is_asked);
    let snapshot = window::snapshot(&window, &found);
    let rows = Rows::read(&selection, &flows(&snapshot, &selection)?, &snapshot, choice)?;

    let listed = rows.listed(&selection);
    let top = given.number("top").unwrap_or(TOP);
    let total = rows.total();
    let chosen: Vec<&Row<'_>> = if selection.by.is_empty() {
        vec![&total]
    } else {
        listed.iter().take(top).copied().collect()
    };
    let (length, pieces) = pieces(&window, given);
    let points: Vec<_> =
        pieces.iter().map(|piece| Point::of(piece, &selection, choice, is_asked)).collect();

    Ok(History {
        fold: Fold::of(&snapshot)?,
        window: Window::of(asked, &window, &found, selection.counted.dimension),
        selected: Selected::of(&selection),
        unit: Unit::of(rows.has_bytes),
        points: Points::of(length, &pieces),
        series_left_out: listed.len().saturating_sub(chosen.len()) as u64,
        series: chosen
            .into_iter()
            .map(|row| Series::of(&row.key, &selection, &points, rows.has_bytes))
            .collect(),
    })
}

impl Point {
    fn of(
        piece: &history::Window,
        selection: &Selection<'_>,
        choice: &Choice,
        is_asked: impl Fn(&str, Direction) -> bool,
    ) -> Self {
        let found = piece.sum(Of::Active, is_asked);
        let snapshot = window::snapshot(piece, &found);
        let flows: Vec<_> = snapshot.flows.iter().map(|flow| &**flow).collect();
        // Flows that do not count this had nothing to add.
        let rows = Rows::read(selection, &flows, &snapshot, choice).ok();
        let listed = rows.iter().flat_map(|rows| rows.listed(selection));
        let counts = listed.map(|row| (texts(&row.key), row.count)).collect();
        let total = rows.as_ref().map(|rows| rows.total().count).unwrap_or_default();
        let other = rows.as_ref().and_then(Rows::other).unwrap_or(Row::sum([].iter()));

        Self { counts, total, has_other: other.count.packets > 0, found }
    }

    /// Returns what the row counted; `None` where that is not known.
    fn count(&self, key: &RowKey<'_>, selection: &Selection<'_>) -> Option<Count> {
        let Self { found, counts, total, has_other } = self;
        let part = |label| {
            selection.by.iter().position(|own| *own == label).map(|at| texts(key)[at].clone())
        };
        let (device, direction) = (part(Label::Device), part(Label::Direction));
        let is_of_row = |(own, way): &&(Arc<str>, Direction)| {
            device.as_ref().is_none_or(|device| **device == **own)
                && direction.as_ref().is_none_or(|direction| direction == way.label())
        };
        let any = |flows: &BTreeSet<(Arc<str>, Direction)>| flows.iter().any(|it| is_of_row(&it));
        if !any(&found.there) || any(&found.unread) {
            return None;
        }

        if selection.by.is_empty() {
            return (!selection.filters_keys() || total.packets > 0 || !has_other)
                .then_some(*total);
        }
        match counts.get(&texts(key)) {
            Some(count) => Some(*count),
            None => (!has_other).then(Count::default),
        }
    }
}

impl Series {
    fn of(key: &RowKey<'_>, selection: &Selection<'_>, points: &[Point], has_bytes: bool) -> Self {
        let counts: Vec<_> = points.iter().map(|point| point.count(key, selection)).collect();
        let bytes = || counts.iter().map(|count| count.map(|it| it.bytes)).collect();
        let labels = selection.by.iter().zip(key);

        Self {
            labels: labels.map(|(label, part)| (label.name(), part.to_string())).collect(),
            packets: counts.iter().map(|count| count.map(|it| it.packets)).collect(),
            bytes: has_bytes.then(bytes),
        }
    }
}

fn texts(key: &RowKey<'_>) -> [String; 4] {
    key.map(|part| part.to_string())
}
