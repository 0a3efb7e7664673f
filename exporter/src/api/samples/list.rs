//! `GET /packets/samples`: the last sampled packets.

use schemars::JsonSchema;
use serde::Serialize;

use super::matching::matching;
use super::one::One;
use super::{gone, sampling};
use crate::api::packets::encoded;
use crate::api::parameter::Given;
use crate::api::problem::Problem;
use crate::samples::{self, Found, Id, Seen};

/// Packets of an answer, unless `top` says otherwise.
const TOP: usize = 50;
/// The same as a text, for the table of operations.
pub(in crate::api) const TOP_TEXT: &str = "50";

/// The last sampled packets, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Samples {
    /// How they are taken.
    sampling: Sampling,
    /// What was not taken.
    lost: Losses,
    /// Packets that were sampled since the exporter started.
    taken: u64,
    /// How many of them are kept.
    kept: usize,
    /// Those that are asked for.
    items: Vec<One>,
    /// Address of the next page; null behind the last.
    next: Option<String>,
}

/// How packets are sampled.
#[derive(Debug, Serialize, JsonSchema)]
struct Sampling {
    /// On average one of so many packets.
    one_in: u32,
    /// Most packets a second.
    per_second: u32,
    /// Most bytes that are taken of a packet.
    snap_length: u32,
    /// Whether bytes behind the headers are taken too.
    payload: bool,
}

/// Packets that were to be sampled and were not, since the exporter started, by reason.
#[derive(Debug, Serialize, JsonSchema)]
struct Losses {
    /// The ring buffer was full.
    full: u64,
    /// There were more than `per_second`.
    rate: u64,
    /// Their bytes could not be copied.
    copy: u64,
}

impl Samples {
    /// Makes the answer for parameters that passed all checks.
    pub(in crate::api) fn of(path: &str, given: &Given, seen: &Seen) -> Result<Self, Problem> {
        let sampling = sampling(seen)?;
        let Seen { losses: samples::Losses { full, rate, copy }, kept, .. } = seen;
        let after = boundary(seen, given, "since")?.unwrap_or(0);
        let before = boundary(seen, given, "cursor")?.unwrap_or(u64::MAX);
        let matching = matching(given);
        let top = given.number("top").unwrap_or(TOP);

        let is_between = |number| after < number && number < before;
        let mut fitting = kept
            .iter()
            .rev()
            .filter(|taken| is_between(taken.id.number) && matching.has(&taken.sample));
        let listed: Vec<_> = fitting.by_ref().take(top).collect();
        let last = listed.last().filter(|_| fitting.next().is_some());

        Ok(Self {
            sampling: Sampling::of(sampling),
            lost: Losses { full: *full, rate: *rate, copy: *copy },
            taken: kept.total(),
            kept: kept.iter().count(),
            next: last.map(|taken| next(path, given, taken.id)),
            items: listed.into_iter().map(|taken| One::of(taken)).collect(),
        })
    }
}

impl Sampling {
    fn of(sampling: samples::Sampling) -> Self {
        let samples::Sampling { one_in, per_second, snap_length, payload } = sampling;

        Self { one_in, per_second, snap_length, payload }
    }
}

/// Returns the number of the packet that a parameter names, which may not be kept any more.
fn boundary(seen: &Seen, given: &Given, name: &'static str) -> Result<Option<u64>, Problem> {
    let Some(text) = given.text(name) else { return Ok(None) };
    let id = Id::read(text);
    let first = seen.kept.iter().next();
    let is_of_this_run = |id: &Id| {
        !matches!(seen.kept.find(*id), Found::Gone)
            || first.is_some_and(|first| first.id.start == id.start)
    };

    id.filter(is_of_this_run).map(|id| Some(id.number)).ok_or_else(|| gone(text))
}

fn next(path: &str, given: &Given, last: Id) -> String {
    let others = given.iter().filter(|(name, _)| *name != "cursor");
    let mut pairs: Vec<_> =
        others.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.push(format!("cursor={last}"));

    format!("{path}?{}", pairs.join("&"))
}
