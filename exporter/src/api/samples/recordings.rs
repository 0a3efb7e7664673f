//! `GET /recordings`: packets from before and after a signal rose.

use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::capture::file;
use super::{found, sampling};
use crate::api::answer::Answer;
use crate::api::moment::rfc3339;
use crate::api::parameter::Given;
use crate::api::problem::Problem;
use crate::samples::{Recording, Seen, Writer};

/// The last recordings, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Recordings {
    /// At most eight.
    items: Vec<Item>,
}

/// Sampled packets from before and after a signal rose.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Recording")]
struct Item {
    /// Its name in `/recordings/{id}`.
    id: String,
    /// When the signal rose.
    time: String,
    /// The device whose signal rose, and whose packets these are.
    device: String,
    /// `receive` or `transmit`.
    direction: &'static str,
    /// As in `/signals`.
    signal: &'static str,
    /// What it was then.
    value: f64,
    /// Whether nothing is added any more.
    complete: bool,
    /// Packets that it has.
    packets: usize,
    /// Packets that were sampled in its time; it has at most 256 of them, spread evenly.
    sampled: u64,
}

impl Recordings {
    pub(in crate::api) fn of(seen: &Seen, now: SystemTime) -> Result<Self, Problem> {
        sampling(seen)?;

        Ok(Self { items: seen.recorder.iter().rev().map(|it| Item::of(it, now)).collect() })
    }
}

impl Item {
    fn of(recording: &Recording, now: SystemTime) -> Self {
        let cause = &recording.cause;

        Self {
            id: recording.id.to_string(),
            time: rfc3339(cause.at),
            device: cause.device.to_string(),
            direction: cause.direction.label(),
            signal: cause.signal,
            value: cause.value,
            complete: recording.is_over(now),
            packets: recording.packets().count(),
            sampled: recording.seen(),
        }
    }
}

/// Makes a file of a recording.
pub(in crate::api) fn recording(
    given: &Given,
    seen: &Seen,
    now: SystemTime,
) -> Result<Answer, Problem> {
    let sampling = sampling(seen)?;
    let recording = found(given, |id| seen.recorder.find(id))?;
    let mut bytes = Vec::new();
    let mut writer = Writer::begin(&mut bytes, sampling.snap_length, "packet-exporter");
    for taken in recording.packets() {
        writer.packet(&mut bytes, &taken.sample);
    }
    writer.end(&mut bytes, now, None);

    Ok(file(bytes))
}
