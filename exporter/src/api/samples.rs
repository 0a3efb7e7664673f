//! Sampled packets: `GET /packets/samples`, `/packets/{id}`, `/packets/capture` and `/recordings`.

pub(super) mod capture;
pub(super) mod list;
mod matching;
mod one;
pub(super) mod packet;
pub(super) mod protocols;
pub(super) mod recordings;
mod series;

use crate::samples::{Found, Id, Sampling, Seen};

use super::kind::Kind;
use super::parameter::Given;
use super::problem::Problem;

/// Returns how packets are sampled, or the problem where they are not.
fn sampling(seen: &Seen) -> Result<Sampling, Problem> {
    seen.sampling.ok_or_else(|| {
        let detail = "packets are not sampled: `samples.enabled` is false";
        Problem::new(Kind::NotSampled, detail)
    })
}

/// Returns what the parameter `id` leads to.
fn found<T>(given: &Given, find: impl FnOnce(Id) -> Found<T>) -> Result<T, Problem> {
    let unknown = || Problem::new(Kind::NotFound, "nothing has had this id yet");
    let text = given.text("id").unwrap_or_default();
    let id = Id::read(text).ok_or_else(unknown)?;

    match find(id) {
        Found::Here(here) => Ok(here),
        Found::Gone => Err(gone(text)),
        Found::Unknown => Err(unknown()),
    }
}

fn gone(id: &str) -> Problem {
    Problem::new(
        Kind::Gone,
        format!("`{id}` is not kept any more, or is of an exporter that ended"),
    )
}
