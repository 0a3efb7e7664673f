//! `GET /packets/capture`: packets as they come, as a file.

use std::time::Duration;

use super::matching::matching;
use super::sampling;
use crate::api::answer::Answer;
use crate::api::kind::Kind;
use crate::api::parameter::Given;
use crate::api::problem::Problem;
use crate::samples::{Bounded, Seen, Wanted, Writer};

/// Bounds, unless the request says otherwise, and the same as texts for the table of operations.
const COUNT: (u32, &str) = (1_000_000, "1000000");
const BYTES: (u32, &str) = (100 << 20, "104857600");
const SECONDS: (u32, &str) = (10, "10");
const ONE_IN: (u32, &str) = (1, "1");
const PER_SECOND: (u32, &str) = (100_000, "100000");

pub(in crate::api) const COUNT_TEXT: &str = COUNT.1;
pub(in crate::api) const BYTES_TEXT: &str = BYTES.1;
pub(in crate::api) const SECONDS_TEXT: &str = SECONDS.1;
pub(in crate::api) const ONE_IN_TEXT: &str = ONE_IN.1;
pub(in crate::api) const PER_SECOND_TEXT: &str = PER_SECOND.1;

/// Begins a capture; `start` returns whether none is running. The answer is without its content.
pub(in crate::api) fn capture(
    given: &Given,
    seen: &Seen,
    start: &dyn Fn(Bounded) -> bool,
) -> Result<Answer, Problem> {
    sampling(seen)?;
    let number = |name, (usual, _): (u32, &str)| {
        given.text(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let bounded = Bounded {
        wanted: Wanted {
            one_in: number("one_in", ONE_IN),
            per_second: number("per_second", PER_SECOND),
            matching: matching(given),
        },
        count: number("count", COUNT).into(),
        bytes: number("bytes", BYTES).into(),
        time: Duration::from_secs(number("seconds", SECONDS).into()),
    };
    if !start(bounded) {
        let detail = "a capture is running; there is one at a time, of a minute at most";
        return Err(Problem::new(Kind::CaptureRunning, detail));
    }

    Ok(file(Vec::new()))
}

/// Makes an answer of a file.
pub(super) fn file(body: Vec<u8>) -> Answer {
    const HEADERS: &[(&str, &str)] =
        &[("content-disposition", "attachment; filename=\"packets.pcapng\"")];

    Answer { status: 200, content_type: Writer::CONTENT_TYPE, headers: HEADERS, tag: None, body }
}
