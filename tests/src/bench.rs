//! What the programs cost, as ratios within one run.

mod bed;
mod cell;
mod columns;
mod drain;
mod figures;
mod fold;
mod inspect;
mod json;
mod live;
pub mod many;
mod memory;
mod misses;
mod otlp;
mod parallel;
mod samples;
mod scrape;
mod table;
mod targets;
mod tcx;
pub mod traffic;

use crate::cable::Namespace;
use crate::load::pin;

pub use figures::Figures;
pub use json::json;

/// How long the measurements may take.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Samples of each cell, taken in turn with those of all the others.
    pub rounds: usize,
    /// Only the tables of nanoseconds a frame.
    pub quick: bool,
}

/// Measures everything on CPU 0, and returns the figures with the report for people.
pub fn run(effort: Effort) -> (Figures, String) {
    let namespace = Namespace::make("bench");
    namespace.enter();
    pin(0);

    let figures = table::measure(effort.rounds);
    let mut report = table::print(&figures);
    let mut checks = targets::of_columns(&figures);
    for section in [tcx::measure, samples::measure] {
        let (text, more) = section(effort.rounds);
        report.push_str(&text);
        checks.extend(more);
    }
    if !effort.quick {
        for section in [
            parallel::measure,
            misses::measure,
            drain::measure,
            fold::measure,
            scrape::measure,
            otlp::measure,
            memory::measure,
            inspect::measure,
            live::measure,
        ] {
            let (text, more) = section(effort.rounds);
            report.push_str(&text);
            checks.extend(more);
        }
    }
    report.push_str(&targets::print(&checks));

    (figures, report)
}
