//! The JSON of `GET /packets`.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use shared::Direction;

use super::rows::Row;
use super::selection::Selection;
use crate::api::fold::Fold;
use crate::api::moment::rfc3339;
use crate::api::window::Window;

/// Packets that were counted, by what they were counted by.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Packets {
    /// The fold up to which everything here was counted.
    pub(super) fold: Fold,
    /// The window of all counts; null where they are those since counting began.
    pub(super) window: Option<Window>,
    pub(super) selected: Selected,
    pub(super) unit: Unit,
    /// When the oldest of these counts began; null where nothing is counted.
    pub(super) since: Option<String>,
    /// Everything that is selected, `other` included unless single keys are selected.
    pub(super) total: Counts,
    /// Rows in all, on this page and on others.
    pub(super) rows: u64,
    /// Rows of this page, those with most first.
    pub(super) items: Vec<Item>,
    /// Rows behind this page.
    pub(super) remaining: Rest,
    /// What was counted while its key had no name; null where no key needs one.
    pub(super) other: Option<Other>,
    /// Address of the next page, valid until the next fold; null on the last one.
    pub(super) next: Option<String>,
}

/// What was asked for, with what was not said.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Selected {
    by: Vec<&'static str>,
    /// Direction of all packets here; null where rows have theirs.
    direction: Option<&'static str>,
    /// Null stands for all devices.
    device: Option<String>,
    /// Labels that all packets here have, with their values.
    labels: BTreeMap<&'static str, String>,
    /// Labels that were counted together with these: others that may be asked for.
    counted_together: Vec<&'static str>,
}

/// What is counted.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Unit {
    packets: &'static str,
    /// Null where bytes are not counted.
    bytes: Option<&'static str>,
}

/// Counts, and how fast they rose in the last fold or in the window.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Counts {
    packets: u64,
    /// Null where bytes are not counted.
    bytes: Option<u64>,
    /// Over the time from the fold before to this one, or over the window; null where that is not known.
    packets_per_second: Option<f64>,
    /// Likewise; null where bytes are not counted.
    bytes_per_second: Option<f64>,
}

/// One row.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Item {
    /// One value for each label of `by`.
    labels: BTreeMap<&'static str, String>,
    counts: Counts,
    /// When the oldest of these counts began.
    since: Option<String>,
}

/// Rows that are on other pages.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Rest {
    pub(super) rows: u64,
    pub(super) counts: Counts,
}

/// What was counted while its key had no name.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Other {
    pub(super) counts: Counts,
    /// Packets by the reason; null where a label narrows them, as reasons are counted without, and where
    /// `metrics.exclude` leaves them out.
    pub(super) reasons: Option<Reasons>,
    /// New keys are being sampled now, because there are too many.
    pub(super) sampled: bool,
}

/// Why keys had no name, in packets.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Reasons {
    /// Turned away while new keys were sampled.
    pub(super) guard: u64,
    /// Forgotten by the second table.
    pub(super) evicted: u64,
    /// Known by key, but busier keys had the names.
    pub(super) unnamed: u64,
}

impl Counts {
    pub(super) fn of(row: &Row<'_>, elapsed: Option<Duration>, has_bytes: bool) -> Self {
        let seconds = elapsed.map(|it| it.as_secs_f64()).filter(|seconds| *seconds > 0.0);
        #[expect(clippy::cast_precision_loss, reason = "rates are no counts")]
        let per_second = |added: u64| seconds.map(|seconds| added as f64 / seconds);

        Self {
            packets: row.count.packets,
            bytes: has_bytes.then_some(row.count.bytes),
            packets_per_second: row.added.and_then(|added| per_second(added.packets)),
            bytes_per_second: row.added.filter(|_| has_bytes).and_then(|it| per_second(it.bytes)),
        }
    }
}

impl Unit {
    pub(super) fn of(has_bytes: bool) -> Self {
        Self {
            packets: "packets, a merged frame as its segments",
            bytes: has_bytes.then_some("bytes from the Ethernet header on, without the FCS"),
        }
    }
}

impl Item {
    pub(super) fn of(row: &Row<'_>, selection: &Selection<'_>, counts: Counts) -> Self {
        let labels = selection.by.iter().zip(&row.key);

        Self {
            labels: labels.map(|(label, part)| (label.name(), part.to_string())).collect(),
            counts,
            since: row.since.map(rfc3339),
        }
    }
}

impl Selected {
    pub(super) fn of(selection: &Selection<'_>) -> Self {
        let labels = &selection.filters;

        Self {
            by: selection.by.iter().map(|label| label.name()).collect(),
            direction: selection.direction.map(Direction::label),
            device: selection.device.map(Into::into),
            labels: labels.iter().map(|(label, part)| (label.name(), part.to_string())).collect(),
            counted_together: selection.counted.names(),
        }
    }
}
