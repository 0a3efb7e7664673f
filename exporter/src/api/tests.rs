//! What the table and its answers have to keep to.

mod events;
mod hostile;
mod inspection;
mod packets;
mod rates;
mod samples;
mod schema;
mod settings;
mod speed;
mod table;
mod windows;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::catalog::example;
use crate::history::History;
use crate::inspect::{Inspection, Submission, Uninspected};
use crate::snapshot::{Before, Snapshot};

/// Requests a path and a query, as they stand in an address without escapes.
pub(super) fn ask(target: &str) -> Answer {
    ask_of(target, &example::readings())
}

fn ask_of(target: &str, readings: &Readings) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (operation, in_path) = found(path);
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.to_owned(), value.to_owned())
    };
    let query: Vec<_> = query.split('&').filter(|it| !it.is_empty()).map(pair).collect();

    answered(operation, &Asked { path: &in_path, query: &query, ..Asked::default() }, readings)
}

fn answered(operation: &'static Operation, asked: &Asked<'_>, readings: &Readings) -> Answer {
    let facts = || Facts {
        readings: readings.clone(),
        history: Some(Arc::new(kept().view())),
        ready: Ok(()),
        now: example::at(5),
    };

    answered_from(operation, asked, &facts)
}

fn answered_from(
    operation: &'static Operation,
    asked: &Asked<'_>,
    facts: &dyn Fn() -> Facts,
) -> Answer {
    let settings = || Arc::new(Effective::of_defaults());
    let patch = |_| Err(Unpatched::Stopping);

    let sources = Sources {
        facts,
        settings: &settings,
        patch: &patch,
        inspect: &nothing,
        samples: &samples::seen,
        capture: &|_| true,
    };
    answer(operation, asked, sources)
}

fn nothing(_: &Submission<'_>, _: bool) -> Result<Inspection, Uninspected> {
    Err(Uninspected::NoCapture("not here".into()))
}

fn found(path: &str) -> (&'static Operation, Vec<(String, String)>) {
    let named = OPERATIONS.iter().find_map(|operation| {
        let (before, name) = operation.path.split_once('{')?;
        let value = path.strip_prefix(before)?;
        Some((operation, vec![(name.trim_end_matches('}').to_owned(), value.to_owned())]))
    });
    let plain = OPERATIONS.iter().find(|it| it.path == path && it.method == Method::Get);

    plain.map(|it| (it, Vec::new())).or(named).unwrap_or_else(|| panic!("no {path}"))
}

/// A history of two folds: the example was counted between them.
fn kept() -> History {
    let now = example::readings().snapshot;
    let empty = now.flows.iter().map(|it| Arc::new(example::empty(&it.device, it.direction)));
    let mut last = (*now).clone();
    last.flows = empty.collect();
    last.health.folding.folds -= 1;
    last.health.folding.last = Some(example::at(2));
    let before = Before {
        flows: last.flows.clone(),
        folded: example::at(2),
        elapsed: Duration::from_secs(1),
        unread: BTreeSet::new(),
        unread_last: BTreeSet::new(),
    };
    let mut history = History::new(16 << 20);
    history.fold(&last, &Snapshot { before: Some(Arc::new(before)), ..(*now).clone() });

    history
}

#[track_caller]
fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// The document of an answer that is a problem, and its kind.
#[track_caller]
fn problem(answer: &Answer) -> (String, Value) {
    let document = json(answer);
    assert_eq!(answer.content_type, "application/problem+json", "{document}");
    assert_eq!(document["status"], answer.status, "{document}");
    let kind = document["type"].as_str().unwrap().strip_prefix(path::PROBLEMS).unwrap();

    (kind.to_owned(), document)
}

/// The example with another snapshot.
fn with(change: impl FnOnce(&mut Snapshot)) -> Readings {
    let mut readings = example::readings();
    change(Arc::make_mut(&mut readings.snapshot));

    readings
}
