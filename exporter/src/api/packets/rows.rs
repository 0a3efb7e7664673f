//! The rows of an answer: series that have the same labels, added up.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::SystemTime;

use shared::{Count, Direction};

use super::counted::{Metrics, OTHER, Part, Series};
use super::selection::{Order, Selection};
use crate::api::kind::Kind;
use crate::api::problem::Problem;
use crate::catalog::Choice;
use crate::interval::{less, sum};
use crate::snapshot::{Before, Flow, Snapshot, same};

/// Values of the labels of [`Selection::by`], in that order.
pub(super) type RowKey<'a> = [Part<'a>; 4];

/// Series that have the same labels, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) key: RowKey<'a>,
    pub(super) count: Count,
    /// What the last fold added; `None` where that is not known.
    pub(super) added: Option<Count>,
    /// Nothing that is counted here is older.
    pub(super) since: Option<SystemTime>,
}

/// Everything that is selected.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// Those with a name, or where no name is needed.
    named: Vec<Row<'a>>,
    /// What was counted while its key had no name.
    other: Option<Row<'a>>,
    filters_keys: bool,
    pub(super) has_bytes: bool,
}

impl<'a> Rows<'a> {
    /// Reads the series of these flows.
    pub(super) fn read(
        selection: &Selection<'_>,
        flows: &[&'a Flow],
        snapshot: &'a Snapshot,
        choice: &Choice,
    ) -> Result<Self, Problem> {
        let metrics = |direction: Direction| selection.counted.metrics(direction, choice);
        let of_directions: Vec<_> =
            selection.directions().filter_map(|it| Some((it, metrics(it)?))).collect();
        let has_bytes = of_directions.iter().all(|(_, metrics)| metrics.bytes.is_some());
        let before = snapshot.before.as_deref();

        let (mut rows, mut other) = (Vec::new(), Vec::new());
        for flow in flows {
            let own = of_directions.iter().find(|(direction, _)| *direction == flow.direction);
            let Some((_, metrics)) = own else { continue };
            for (series, added) in with_added(selection, flow, metrics, before) {
                let is_other = selection.counted.dimension.is_some()
                    && series.key[selection.counted.labels.len() - 1] == OTHER;
                let to = if is_other { &mut other } else { &mut rows };
                to.push((series, added, flow.direction));
            }
        }
        if rows.is_empty()
            && other.is_empty()
            && (of_directions.is_empty() || !snapshot.flows.is_empty())
        {
            return Err(not_counted(selection));
        }
        if selection.order.is_of_bytes() && !has_bytes {
            let names = selection.counted.words();
            let detail =
                format!("bytes are not counted by {names}; `order` may be packets or packet_rate");
            return Err(Problem::new(Kind::NotCountedTogether, detail));
        }

        let selected = rows.into_iter().filter(|(series, ..)| selection.selects(&series.key));
        let rows = selected.map(|it| row(selection, it)).collect();
        let other: Vec<_> = other
            .into_iter()
            .filter(|(series, ..)| selection.selects_without_key(&series.key))
            .map(|it| Row { key: RowKey::default(), ..row(selection, it) })
            .collect();

        Ok(Self {
            named: merged(rows),
            other: selection.counted.dimension.map(|_| Row::sum(other.iter())),
            filters_keys: selection.filters_keys(),
            has_bytes,
        })
    }

    /// Returns the rows in an order that is the same until the next fold; none where all is one row,
    /// which is the total.
    pub(super) fn listed(&self, selection: &Selection<'_>) -> Vec<&Row<'a>> {
        if selection.by.is_empty() {
            return Vec::new();
        }

        let mut rows: Vec<_> = self.named.iter().collect();
        let most = |row: &Row<'_>| {
            let added = row.added.unwrap_or_default();
            Reverse(match selection.order {
                Order::Packets => row.count.packets,
                Order::Bytes => row.count.bytes,
                Order::PacketRate => added.packets,
                Order::ByteRate => added.bytes,
            })
        };
        rows.sort_unstable_by_key(|row| (most(row), row.key));
        rows
    }

    /// Returns the sum of all that is selected. Where keys are selected, that are these keys.
    pub(super) fn total(&self) -> Row<'a> {
        let other = self.other.filter(|_| !self.filters_keys);

        Row::sum(self.named.iter().chain(&other))
    }

    pub(super) fn other(&self) -> Option<Row<'a>> {
        self.other
    }
}

impl Row<'_> {
    /// Adds up rows; what the last fold added is known if it is of all of them.
    pub(super) fn sum<'r, 'k: 'r>(rows: impl Iterator<Item = &'r Row<'k>>) -> Self {
        let none = Self {
            key: RowKey::default(),
            count: Count::default(),
            added: Some(Count::default()),
            since: None,
        };

        rows.fold(none, |sum, more| sum.and(more))
    }

    fn and(self, more: &Row<'_>) -> Self {
        let Self { key, count, added, since } = self;

        Self {
            key,
            count: sum([count, more.count].iter()),
            added: added.zip(more.added).map(|(one, other)| sum([one, other].iter())),
            since: since.into_iter().chain(more.since).min(),
        }
    }
}

/// Returns every series of a flow with what the last fold added to it.
fn with_added<'a>(
    selection: &Selection<'_>,
    flow: &'a Flow,
    metrics: &Metrics,
    before: Option<&'a Before>,
) -> Vec<(Series<'a>, Option<Count>)> {
    let past = Past::of(selection, flow, metrics, before);
    let series = selection.counted.series(flow, metrics).into_iter();

    series.map(|series| (series, past.added(&series))).collect()
}

/// What is known of a flow from the fold before.
enum Past<'a> {
    /// Nothing: there was none, or it was not read then or now.
    Unknown,
    /// The flow has had no traffic since.
    Same,
    /// The flow began since.
    New(&'a Before),
    Series(&'a Before, Vec<Series<'a>>, IsKeyed),
}

type IsKeyed = bool;

impl<'a> Past<'a> {
    fn of(
        selection: &Selection<'_>,
        flow: &Flow,
        metrics: &Metrics,
        before: Option<&'a Before>,
    ) -> Self {
        let counted = selection.counted;
        let Some(before) = before.filter(|before| !before.lacks(flow)) else {
            return Self::Unknown;
        };

        match same(&before.flows, flow) {
            None => Self::New(before),
            Some(known) if std::ptr::eq(Arc::as_ptr(known), flow) => Self::Same,
            Some(known) => {
                Self::Series(before, counted.series(known, metrics), counted.dimension.is_some())
            }
        }
    }

    fn added(&self, series: &Series<'_>) -> Option<Count> {
        match self {
            Self::Unknown => None,
            Self::Same => Some(Count::default()),
            Self::New(before) => all_if_new(series, before),
            Self::Series(before, all, is_keyed) => {
                let place = all.binary_search_by_key(&series.key, |it| it.key);
                match place.ok().map(|place| &all[place]) {
                    Some(old) if old.since == series.since => Some(less(series.count, old.count)),
                    // A series without a key is there from its first packet on.
                    None if !is_keyed => Some(series.count),
                    Some(_) | None => all_if_new(series, before),
                }
            }
        }
    }
}

/// Returns the whole count of a series that began with the last interval. One that has its name back
/// goes on with what it had, and how much that was is not known.
fn all_if_new(series: &Series<'_>, before: &Before) -> Option<Count> {
    // Devices are read one after the other, so an interval begins a little before or after the fold.
    let is_new = series.since + before.elapsed / 2 >= before.folded;

    is_new.then_some(series.count)
}

fn row<'a>(
    selection: &Selection<'_>,
    (series, added, direction): (Series<'a>, Option<Count>, Direction),
) -> Row<'a> {
    let Series { key: own, count, since } = series;
    let mut key = RowKey::default();
    for (part, label) in key.iter_mut().zip(&selection.by) {
        let place = selection.counted.labels.iter().position(|it| it == label);
        *part = match place {
            Some(place) => own[place],
            None => Part::Text(direction.label()),
        };
    }

    Row { key, count, added, since: Some(since) }
}

/// Adds up what has the same key.
fn merged(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    rows.sort_unstable_by_key(|row| row.key);
    rows.dedup_by(|more, first| {
        let is_same = more.key == first.key;
        if is_same {
            *first = first.and(more);
        }
        is_same
    });

    rows
}

fn not_counted(selection: &Selection<'_>) -> Problem {
    let names = selection.counted.words();
    let detail = format!(
        "nothing is counted by {names} where this asks for: it is switched off, left out by \
         `metrics.exclude`, or not of this direction or device"
    );

    Problem::new(Kind::NotCounted, detail)
}
