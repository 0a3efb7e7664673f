//! `GET /history/signals`: signals over time, as series for charts.

use schemars::JsonSchema;
use serde::Serialize;

use super::Facts;
use super::fold::Fold;
use super::kind::Kind;
use super::parameter::Given;
use super::points::{Points, pieces};
use super::problem::{Problem, shown};
use super::signals::{OfFlow, Signals};
use super::window::{self, WINDOW, Window, asked};
use crate::catalog::Readings;
use crate::history::{self, Of};

/// Signals over time. Each value is that at the end of its point.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SignalHistory {
    /// The fold up to which everything here was counted.
    fold: Fold,
    window: Window,
    points: Points,
    /// One for each signal of each direction of each device.
    series: Vec<SignalSeries>,
}

/// One signal of one direction of one device over time.
#[derive(Debug, Serialize, JsonSchema)]
struct SignalSeries {
    device: String,
    direction: &'static str,
    /// Name of the signal, as `/signals` has it.
    signal: &'static str,
    /// The family or the protocol that it is of; null where it is of all.
    of: Option<&'static str>,
    /// The value of each point; null where it is not known.
    values: Vec<Option<f64>>,
}

/// Makes the answer for parameters that passed all checks.
pub(super) fn signal_history(given: &Given, facts: &Facts) -> Result<SignalHistory, Problem> {
    let asked = asked(given).unwrap_or(WINDOW);
    let window = window::window(asked, facts.history.as_deref())?;
    let is_asked = |name, own: &str| given.text(name).is_none_or(|asked| asked == own);
    let sum = |window: &history::Window| {
        window.sum(Of::All, |device, direction| {
            is_asked("device", device) && is_asked("direction", direction.label())
        })
    };
    let found = sum(&window);
    if let Some(device) = given.text("device").filter(|_| found.flows.is_empty()) {
        let detail = format!("`{}` was not counted in the window", shown(device));
        return Err(Problem::new(Kind::UnknownDevice, detail));
    }

    let (length, pieces) = pieces(&window, given);
    let mut series: Vec<SignalSeries> = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let found = sum(piece);
        let snapshot = window::snapshot(piece, &found).into();
        let readings = Readings { snapshot, ..facts.readings.clone() };
        for flow in Signals::flows(&readings) {
            add(&mut series, &flow, place);
        }
    }
    let all = pieces.len();
    for series in &mut series {
        series.values.resize(all, None);
    }

    Ok(SignalHistory {
        fold: Fold::of(&window::snapshot(&window, &found))?,
        window: Window::of(asked, &window, &found, None),
        points: Points::of(length, &pieces),
        series,
    })
}

/// Adds the values of a flow at one point to its series.
fn add(all: &mut Vec<SignalSeries>, flow: &OfFlow, place: usize) {
    for (signal, of, value) in flow.values() {
        let is_it = |series: &SignalSeries| {
            (series.signal, series.of, series.direction) == (signal, of, flow.direction)
                && series.device == flow.device
        };
        let known = all.iter().position(is_it);
        let number = known.unwrap_or_else(|| {
            let (device, direction) = (flow.device.clone(), flow.direction);
            all.push(SignalSeries { device, direction, signal, of, values: Vec::new() });
            all.len() - 1
        });
        let series = &mut all[number];
        series.values.resize(place, None);
        series.values.push(value);
    }
}
