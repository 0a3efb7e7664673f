//! `GET /events`: what each fold counted, as server-sent events. Source: HTML Living Standard, section
//! 9.2.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use shared::Count;

use super::answer::{Answer, Told};
use super::fold::Fold;
use super::problem::Problem;
use super::{packets, signals};
use crate::catalog::Choice;
use crate::history::Crossing;
use crate::interval::less;
use crate::samples::Id;
use crate::snapshot::{Before, Flow, Snapshot, same};

/// Events of so many folds can be sent again.
const FOLDS: usize = 300;
/// Most flows of an event.
const FLOWS: usize = 64;

/// The events of the last folds, each written once for all clients.
#[derive(Debug)]
pub struct Events {
    /// What names of folds begin with: microseconds since 1970.
    start: u128,
    last: VecDeque<(u64, Arc<[u8]>)>,
    bytes: usize,
    /// Most bytes that all of them take.
    limit: usize,
}

/// How far a client has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It has read nothing.
    New,
    /// Its last fold.
    Fold(u64),
    /// Its last fold was of another process.
    Lost,
}

/// What one fold added to each flow.
#[derive(Debug, Serialize)]
struct OfFold<'a> {
    fold: Fold,
    items: Vec<OfFlow<'a>>,
    /// Flows that are not here, because they had fewer packets.
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct OfFlow<'a> {
    device: &'a str,
    direction: &'static str,
    packets: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    packets_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "it may be absent, unknown or a number")]
    bytes_per_second: Option<Option<f64>>,
}

#[derive(Debug, Serialize)]
struct OfSignal<'a> {
    fold: u64,
    device: &'a str,
    direction: &'static str,
    signal: &'static str,
    state: &'static str,
    value: f64,
    mean: f64,
    /// Of `/recordings`, if one began.
    recording: Option<String>,
}

impl Events {
    pub const CONTENT_TYPE: &str = "text/event-stream";
    /// Has clients come back two seconds after an end.
    pub const RETRY: &str = "retry: 2000\n\n";
    /// Shows that the connection is there.
    pub const KEEP_ALIVE: &str = ": nothing is new\n\n";

    /// Makes an empty list of a process that started then.
    pub fn new(start: SystemTime) -> Self {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();

        Self { start, last: VecDeque::new(), bytes: 0, limit: 0 }
    }

    /// Forgets the oldest until no more than that many bytes are kept.
    pub fn limit(&mut self, limit: usize) {
        self.limit = limit;
        self.make_room();
    }

    /// Adds the events of a fold, with the recordings that began with it and what is exposed of it.
    pub fn push(
        &mut self,
        snapshot: &Snapshot,
        crossings: &[(Crossing, Option<Id>)],
        choice: &Choice,
    ) {
        let Ok(fold) = Fold::of(snapshot) else { return };
        let number = snapshot.health.folding.folds;
        let mut text = String::new();
        let is_shown =
            |(it, _): &&(Crossing, _)| signals::is_shown(it.signal, it.direction, choice);
        for (crossing, recording) in crossings.iter().filter(is_shown) {
            text += &event("signal", None, &OfSignal::of(number, crossing, *recording));
        }
        let id = format!("{}-{number}", self.start);
        text += &event("fold", Some(&id), &OfFold::of(fold, snapshot, choice));

        self.bytes += Self::size(text.len());
        self.last.push_back((number, text.into_bytes().into()));
        self.make_room();
    }

    /// Returns the bytes that they take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns where a client goes on that sends this header.
    pub fn place(&self, last_event: Option<&str>) -> Place {
        let Some(id) = last_event.filter(|it| !it.is_empty()) else { return Place::New };
        let own = format!("{}-", self.start);
        let newest = self.last.back().map_or(0, |(fold, _)| *fold);
        let fold = id.strip_prefix(&own).and_then(|fold| fold.parse().ok());

        fold.filter(|fold| *fold <= newest).map_or(Place::Lost, Place::Fold)
    }

    /// Returns what a client has not read, and brings it up to date; nothing where nothing is new. A new
    /// client gets the last fold. What cannot be sent again is named by an event of its own.
    pub fn next(&self, place: &mut Place) -> Vec<u8> {
        let Some((newest, _)) = self.last.back() else { return Vec::new() };
        let read = match *place {
            Place::New => newest.saturating_sub(1),
            Place::Fold(fold) => fold,
            Place::Lost => 0,
        };
        let oldest = self.last.front().map_or(0, |(fold, _)| *fold);
        let missed = match *place {
            Place::New => None,
            Place::Lost => Some(serde_json::json!({ "folds": null, "next": oldest })),
            Place::Fold(_) => oldest
                .checked_sub(read + 1)
                .filter(|folds| *folds > 0)
                .map(|folds| serde_json::json!({ "folds": folds, "next": oldest })),
        };
        *place = Place::Fold(*newest);

        let missed = missed.map(|it| event("missed", None, &it)).unwrap_or_default();
        let unread = self.last.iter().filter(|(fold, _)| *fold > read);
        let mut text = missed.into_bytes();
        unread.for_each(|(_, event)| text.extend_from_slice(event));
        text
    }

    fn make_room(&mut self) {
        while self.bytes > self.limit || self.last.len() > FOLDS {
            let Some((_, text)) = self.last.pop_front() else { return };
            self.bytes -= Self::size(text.len());
        }
    }

    /// What an event takes with its place in the list.
    const fn size(text: usize) -> usize {
        text + 2 * size_of::<(u64, Arc<[u8]>)>()
    }
}

/// Returns what is answered while there is no history.
pub fn no_history(told: Told<'_>) -> Answer {
    Problem::no_history().answer(told)
}

fn event(name: &str, id: Option<&str>, data: &impl Serialize) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Nothing here fails to be written.
    let data = serde_json::to_string(data).unwrap_or_default();

    format!("event: {name}\n{id}data: {data}\n\n")
}

impl<'a> OfFold<'a> {
    fn of(fold: Fold, snapshot: &'a Snapshot, choice: &Choice) -> Self {
        let before = snapshot.before.as_deref();
        let has_bytes = |flow: &Flow| packets::shown(flow.direction, choice);
        let shown = snapshot.flows.iter().filter_map(|it| Some((&**it, has_bytes(it)?)));
        let mut flows: Vec<_> =
            shown.map(|(flow, has_bytes)| (added(flow, before), flow, has_bytes)).collect();
        let left_out = flows.len().saturating_sub(FLOWS);
        if left_out > 0 {
            let busiest = |(added, ..): &(Option<Count>, &Flow, bool)| {
                std::cmp::Reverse(added.map_or(0, |added| added.packets))
            };
            flows.sort_by_key(busiest);
            flows.truncate(FLOWS);
        }
        let seconds = before.map_or(0.0, |before| before.elapsed.as_secs_f64());
        let items = flows.into_iter().map(|(added, flow, has_bytes)| {
            let all = OfFlow::of(flow, added, seconds);
            if has_bytes { all } else { OfFlow { bytes: None, bytes_per_second: None, ..all } }
        });

        Self { fold, items: items.collect(), left_out }
    }
}

impl<'a> OfFlow<'a> {
    fn of(flow: &'a Flow, added: Option<Count>, seconds: f64) -> Self {
        let Count { packets, bytes } = flow.totals.frames();
        #[expect(clippy::cast_precision_loss, reason = "rates are no counts")]
        let rate = |value: fn(Count) -> u64| {
            added.filter(|_| seconds > 0.0).map(|added| value(added) as f64 / seconds)
        };

        Self {
            device: &flow.device,
            direction: flow.direction.label(),
            packets,
            bytes: Some(bytes),
            packets_per_second: rate(|added| added.packets),
            bytes_per_second: Some(rate(|added| added.bytes)),
        }
    }
}

impl<'a> OfSignal<'a> {
    fn of(fold: u64, crossing: &'a Crossing, recording: Option<Id>) -> Self {
        let Crossing { device, direction, signal, is_raised, value, mean } = crossing;

        Self {
            fold,
            device,
            direction: direction.label(),
            signal: signal.label(),
            state: if *is_raised { "raised" } else { "usual" },
            value: *value,
            mean: *mean,
            recording: recording.map(|id| id.to_string()),
        }
    }
}

/// Returns what the last fold added to a flow; `None` where that is not known.
fn added(flow: &Flow, before: Option<&Before>) -> Option<Count> {
    let before = before.filter(|before| !before.lacks(flow))?;
    let old = same(&before.flows, flow).map(|old| old.totals.frames()).unwrap_or_default();

    Some(less(flow.totals.frames(), old))
}
