//! The figures of live traffic, for people and for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Live;
use super::figures::{Cell, Tally};
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
        let is_measured = [cell, floor].iter().all(|it| it.refusal.is_none());
        is_measured.then(|| cell.rates().times(&floor.rates()))
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
    if cell.cannot_count() {
        return "passed; generic XDP sees a merged frame as one";
    }

    match is_met(live, cell) {
        None => "exact",
        Some(true) => "exact, met",
        Some(false) => "exact, MISSED",
    }
}

/// Returns whether the cell reaches its targets; `None` if it has none.
fn is_met(live: &Live, cell: &Cell) -> Option<bool> {
    let targets = cell.targets()?;
    let reached = ratios(live, cell);

    Some(reached.iter().zip(targets).all(|(it, target)| it.is_some_and(|it| it >= target)))
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
        "targets": cell.targets(),
        "is_met": is_met(live, cell),
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

#[cfg(test)]
mod tests {
    use super::super::bed::Kind;
    use super::super::figures::Sample;
    use super::super::{Load, Mode};
    use super::*;

    fn cell(subject: Subject, refusal: Option<String>) -> Cell {
        let is_measured = refusal.is_none();
        let samples = if is_measured { vec![Sample { arrived: 10, seconds: 1.0 }] } else { vec![] };
        let sent = samples.len() as u64 * 10;
        let tally = Tally { sent, passed: sent, to_pass: sent, ..Tally::default() };

        Cell {
            kind: Kind::Tun,
            load: Load::Flood,
            subject,
            hook: String::new(),
            refusal,
            samples,
            tally,
        }
    }

    #[test]
    fn a_refused_cell_has_no_figures() {
        let refusal = Some("no XDP".to_owned());
        let live =
            Live(vec![cell(Subject::None, None), cell(Subject::Exporter(Mode::Native), refusal)]);

        let json = json(&live);

        assert_eq!(json["live"][0]["median_rate"], 10.0);
        assert_eq!(json["live"][1]["median_rate"], Value::Null);
        assert_eq!(json["live"][1]["x_none"], Value::Null);
        assert!(print(&live).contains("refused: no XDP"));
    }

    #[test]
    fn a_hook_that_sees_merged_frames_is_named_and_fails_nothing() {
        let mut merged = cell(Subject::Exporter(Mode::Generic), None);
        merged.tally.counted = Some(1);
        merged.load = Load::Bulk;
        let live = Live(vec![merged]);

        assert!(live.is_exact());
        assert!(print(&live).contains("generic XDP sees a merged frame as one"));
        let mut lost = live;
        lost.0[0].tally.passed -= 1;
        assert!(!lost.is_exact(), "what does not pass is lost");
    }

    #[test]
    fn a_frame_that_is_missing_fails_its_row() {
        let mut lost = cell(Subject::Exporter(Mode::Auto), None);
        lost.tally.counted = Some(9);
        let live = Live(vec![lost]);

        assert!(!live.is_exact());
        assert!(print(&live).contains("FAILED: counts differ"));
    }
}
