//! The figures of live traffic, for people and for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Live;
use super::figures::{Cell, Tally, has_targets, targets};
use super::lane::{Mode, Subject};

/// Returns the table as people read it.
pub(super) fn print(live: &Live) -> String {
    let mut out = String::from(
        "live traffic; rates are those of the medians of interleaved rounds, ratios are by round\n",
    );
    let _infallible = writeln!(
        out,
        "{:<7} {:<6} {:<8} {:<12} {:>10} {:>8} {:>8} {:>12} {:>8} {:>12} {:>14}  ",
        "device",
        "load",
        "mode",
        "hook",
        "a second",
        "x none",
        "x pass",
        "sent",
        "lost",
        "counted",
        "passed"
    );
    for cell in &live.0 {
        print_cell(&mut out, live, cell);
    }

    out.push_str(LEGEND);
    out
}

const LEGEND: &str = "\
a second: frames, and bytes of a bulk transfer. sent: frames, by the sender's own count; lost: those of them that \
the device in front of the hook had no room for; passed: frames that came behind the hook, and bytes of a bulk \
transfer that were read. A row is exact if everything else was counted and passed.\n";

fn print_cell(out: &mut String, live: &Live, cell: &Cell) {
    let (mode, hook) = match cell.subject {
        Subject::None => ("none", ""),
        Subject::Pass(mode) => (mode.label(), "pass"),
        Subject::Exporter(mode) => (mode.label(), cell.hook.as_str()),
    };
    let start = format!("{:<7} {:<6} {mode:<8} {hook:<12}", cell.kind.label(), cell.load.label());
    if let Some(refusal) = &cell.refusal {
        let _infallible = writeln!(out, "{start} refused: {refusal}");
        return;
    }
    let ratio = |it: Option<f64>| it.map_or_else(String::new, |it| format!("{it:.2}"));
    let [to_none, to_pass] = ratios(live, cell);
    let Tally { sent, lost, counted, passed, .. } = cell.tally;
    let counted = counted.map_or_else(String::new, |it| it.to_string());
    let _infallible = writeln!(
        out,
        "{start} {:>10} {:>8} {:>8} {sent:>12} {lost:>8} {counted:>12} {passed:>14}  {}",
        short(cell.rates().median()),
        ratio(to_none),
        ratio(to_pass),
        verdict(live, cell)
    );
}

/// Returns how many times the throughput without a program this is, and that with one which only
/// passes on the same hook.
fn ratios(live: &Live, cell: &Cell) -> [Option<f64>; 2] {
    let to = |subject: Subject| {
        let floor = live.0.iter().find(|it| it.is(cell.kind, cell.load, subject))?;
        floor.refusal.is_none().then(|| cell.rates().times(&floor.rates()))
    };

    match cell.subject {
        Subject::None => [None, None],
        Subject::Pass(_) => [to(Subject::None), None],
        Subject::Exporter(mode) => [to(Subject::None), to(Subject::Pass(mode))],
    }
}

fn verdict(live: &Live, cell: &Cell) -> &'static str {
    if !cell.is_exact() {
        return "FAILED: counts differ";
    }
    let Subject::Exporter(mode) = cell.subject else { return "exact" };
    if !has_targets(mode) {
        return "exact";
    }

    if is_met(live, cell) { "exact, met" } else { "exact, MISSED" }
}

fn is_met(live: &Live, cell: &Cell) -> bool {
    let reached = ratios(live, cell);

    reached.iter().zip(targets(cell.load)).all(|(it, target)| it.is_some_and(|it| it >= target))
}

/// Returns one row for each cell.
pub fn json(live: &Live) -> Value {
    json!({ "live": live.0.iter().map(|cell| row(live, cell)).collect::<Vec<_>>() })
}

fn row(live: &Live, cell: &Cell) -> Value {
    let (program, mode) = match cell.subject {
        Subject::None => ("none", None),
        Subject::Pass(mode) => ("pass", Some(mode)),
        Subject::Exporter(mode) => ("exporter", Some(mode)),
    };
    let [to_none, to_pass] = ratios(live, cell);
    let Tally { sent, lost, counted, passed, to_pass: due } = cell.tally;
    let of_target = mode.filter(|mode| program == "exporter" && has_targets(*mode));

    json!({
        "device": cell.kind.label(),
        "load": cell.load.label(),
        "program": program,
        "mode": mode.map(Mode::label),
        "hook": cell.hook,
        "refusal": cell.refusal,
        "median_rate": cell.refusal.is_none().then(|| cell.rates().median()),
        "x_none": to_none,
        "x_pass": to_pass,
        "targets": of_target.map(|_| targets(cell.load)),
        "is_met": of_target.map(|_| cell.refusal.is_none() && is_met(live, cell)),
        "sent": sent,
        "lost": lost,
        "counted": counted,
        "passed": passed,
        "to_pass": due,
        "is_exact": cell.is_exact(),
    })
}

fn short(rate: f64) -> String {
    match rate {
        _ if rate >= 1e9 => format!("{:.2} G", rate / 1e9),
        _ if rate >= 1e6 => format!("{:.2} M", rate / 1e6),
        _ => format!("{:.1} k", rate / 1e3),
    }
}
