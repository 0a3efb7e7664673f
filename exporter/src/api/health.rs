//! `GET /health`: whether the exporter is ready, and what it lost.

use std::collections::BTreeMap;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::moment::rfc3339;
use crate::catalog::Readings;
use crate::health::{Folding, Part};
use crate::snapshot::Unattributed;

/// Whether the exporter is ready, how current its counts are, and what it lost.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// Every device that was wanted at the start was tried, and a fold was made.
    ready: bool,
    /// Why it is not ready; null when it is.
    reason: Option<String>,
    version: &'static str,
    revision: &'static str,
    folding: Folded,
    losses: Losses,
    /// Parts that the process can do without.
    parts: Vec<PartHealth>,
}

/// How folding is doing.
#[derive(Debug, Serialize, JsonSchema)]
struct Folded {
    folds: u64,
    /// Readings that failed; their counts wait in the kernel.
    failures: u64,
    /// From one fold to the next, as configured.
    interval_seconds: f64,
    /// When the counts of the last fold had been read; null before the first.
    last: Option<String>,
    /// Age of the last fold; null before the first.
    age_seconds: Option<f64>,
}

/// What was not counted under a name, not logged, or not served; since the exporter started, but
/// packets since their device is counted.
#[derive(Debug, Serialize, JsonSchema)]
struct Losses {
    /// Intervals whose parts did not add up; always 0.
    imbalanced_intervals: u64,
    /// Packets without a name of their own, by dimension and reason. They are in `other`.
    unattributed_packets: BTreeMap<&'static str, Reasons>,
    /// Attempts to attach that failed.
    attach_failures: u64,
    log_events: u64,
    /// Connections and requests that were refused, by reason.
    http_refusals: BTreeMap<&'static str, u64>,
}

/// Packets by the reason why their key had no name.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "UnattributedPackets")]
struct Reasons {
    guard: u64,
    evicted: u64,
    unnamed: u64,
}

/// A part that the process can do without.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Part")]
struct PartHealth {
    name: String,
    up: bool,
    restarts: u64,
}

impl Health {
    /// `ready` is why it is not; `now` is when it is asked.
    pub(super) fn of(readings: &Readings, ready: Result<(), String>, now: SystemTime) -> Self {
        let Folding { interval, folds, failures, last, .. } = readings.snapshot.health.folding;
        let age = last.map(|last| now.duration_since(last).unwrap_or_default());

        Self {
            ready: ready.is_ok(),
            reason: ready.err(),
            version: readings.build.version,
            revision: readings.build.revision,
            folding: Folded {
                folds,
                failures,
                interval_seconds: interval.as_secs_f64(),
                last: last.map(rfc3339),
                age_seconds: age.map(|age| age.as_secs_f64()),
            },
            losses: Losses::of(readings),
            parts: readings.parts.iter().map(PartHealth::of).collect(),
        }
    }
}

impl Losses {
    fn of(readings: &Readings) -> Self {
        let snapshot = &readings.snapshot;
        let mut unattributed: BTreeMap<_, Reasons> = BTreeMap::new();
        for (dimension, breakdown) in snapshot.flows.iter().flat_map(|it| it.breakdowns.present()) {
            let Unattributed { guard, evicted, unnamed } = breakdown.unattributed;
            let sum = unattributed.entry(dimension.label()).or_default();
            sum.guard += guard;
            sum.evicted += evicted;
            sum.unnamed += unnamed;
        }
        let failures = snapshot.health.attachments.iter().flat_map(|it| it.failures.values());
        let refusals = readings.serving.refusals.iter();

        Self {
            imbalanced_intervals: snapshot.flows.iter().flat_map(|flow| flow.imbalanced).sum(),
            unattributed_packets: unattributed,
            attach_failures: failures.sum(),
            log_events: readings.logging.lost,
            http_refusals: refusals.map(|(reason, count)| (reason.label(), *count)).collect(),
        }
    }
}

impl PartHealth {
    fn of(Part { name, is_up, restarts, since: _ }: &Part) -> Self {
        Self { name: (**name).into(), up: *is_up, restarts: *restarts }
    }
}
