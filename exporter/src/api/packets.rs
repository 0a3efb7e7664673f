//! `GET /packets`: what was counted, by what it was counted by.

pub(super) mod contract;
mod counted;
mod cursor;
mod history;
pub(super) mod label;
mod other;
mod rows;
pub(super) mod selection;

use shared::Direction;

use crate::catalog::Choice;
use crate::history::Of;
use crate::snapshot::{Flow, Snapshot};

use self::contract::{Counts, Item, Packets, Rest, Selected, Unit};
use self::cursor::Cursor;
pub use self::cursor::encoded;
use self::other::other;
use self::rows::{Row, Rows};
use self::selection::Selection;
use super::Facts;
use super::fold::Fold;
use super::kind::Kind;
use super::moment::rfc3339;
use super::parameter::Given;
use super::problem::Problem;
use super::window::{self, Window, asked};

pub(super) use self::history::{History, TOP_TEXT as HISTORY_TOP_TEXT, history};

/// Rows of an answer, unless `top` says otherwise.
const TOP: usize = 20;
/// The same as a text, for the table of operations.
pub(super) const TOP_TEXT: &str = "20";

/// Makes the answer for parameters that passed all checks.
pub(super) fn packets(path: &str, given: &Given, facts: &Facts) -> Result<Packets, Problem> {
    let choice = &facts.readings.choice;
    let Some(asked) = asked(given) else {
        return of_snapshot(path, given, &facts.readings.snapshot, choice);
    };
    let window = window::window(asked, facts.history.as_deref())?;
    let selection = Selection::new(given)?;
    let found = window.sum(Of::All, |device, direction| {
        selection.device.is_none_or(|own| own == device) && selection.has(direction)
    });
    let described = Window::of(asked, &window, &found, selection.counted.dimension);
    let snapshot = window::snapshot(&window, &found);

    let packets = of_snapshot(path, given, &snapshot, choice)?;
    Ok(Packets { window: Some(described), ..packets })
}

fn of_snapshot(
    path: &str,
    given: &Given,
    snapshot: &Snapshot,
    choice: &Choice,
) -> Result<Packets, Problem> {
    let fold = Fold::of(snapshot)?;
    let selection = Selection::new(given)?;
    let cursor = Cursor::now(snapshot);
    let skipped = given.text("cursor").map_or(Ok(0), |text| cursor.place(text))?;
    let flows = flows(snapshot, &selection)?;

    let rows = Rows::read(&selection, &flows, snapshot, choice)?;
    let total = rows.total();
    let listed = rows.listed(&selection);
    let top = given.number("top").unwrap_or(TOP);
    let from = skipped.min(listed.len());
    let to = skipped.saturating_add(top).min(listed.len());
    let behind = &listed[to..];
    let elapsed = snapshot.before.as_ref().map(|before| before.elapsed);
    let has_bytes = rows.has_bytes;
    let counts = |row: &Row| Counts::of(row, elapsed, has_bytes);

    Ok(Packets {
        fold,
        window: None,
        selected: Selected::of(&selection),
        unit: Unit::of(has_bytes),
        since: total.since.map(rfc3339),
        total: counts(&total),
        rows: listed.len() as u64,
        items: listed[from..to].iter().map(|row| Item::of(row, &selection, counts(row))).collect(),
        remaining: Rest {
            rows: behind.len() as u64,
            counts: counts(&Row::sum(behind.iter().copied())),
        },
        other: other(&selection, &flows, rows.other().map(|row| counts(&row)), choice),
        next: (!behind.is_empty()).then(|| cursor.next(path, given, to)),
    })
}

/// Returns whether the bytes of a direction are exposed beside its packets; `None` where not even these are.
pub(super) fn shown(direction: Direction, choice: &Choice) -> Option<bool> {
    counted::ALL[0].metrics(direction, choice).map(|it| it.bytes.is_some())
}

/// Returns the labels of each group that is counted together, for people.
pub(super) fn groups() -> Vec<String> {
    counted::ALL.iter().map(counted::Counted::words).collect()
}

/// Returns the flows that are asked for.
fn flows<'a>(snapshot: &'a Snapshot, selection: &Selection<'_>) -> Result<Vec<&'a Flow>, Problem> {
    let of_device = |flow: &&Flow| selection.device.is_none_or(|device| device == &*flow.device);
    let flows: Vec<_> = snapshot.flows.iter().map(|flow| &**flow).filter(of_device).collect();

    match selection.device {
        Some(device) if flows.is_empty() => {
            let detail = format!("`{}` is not counted now", super::problem::shown(device));
            Err(Problem::new(Kind::UnknownDevice, detail))
        }
        _ => Ok(flows.into_iter().filter(|flow| selection.has(flow.direction)).collect()),
    }
}
