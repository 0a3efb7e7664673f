//! What a drain costs, step by step.

use std::fmt::Write;
use std::time::Instant;

use exporter::datapath::{Datapath, Inspector, Options};

use super::cell::median;
use super::targets::Check;
use crate::load::{Traffic, aimed, pin, run_each, timed};

/// Frames of each CPU between two drains.
const FRAMES: u32 = 200_000;

/// Drains what every CPU counted, once for each round.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\ndrain of one device, ms: cut, grace period, read and clear\n");
    let mut checks = Vec::new();

    for (name, traffic, budget, limit) in [
        ("1,000 sources", Traffic::in_turn(1000), 50_000, 1.0),
        ("level 2 full", Traffic::flood(), 2_000_000_000, 60.0),
    ] {
        let datapath = Datapath::new(Options { budget, ..Options::default() }).expect("a datapath");
        let mut inspector = Inspector::new(&datapath).expect("a program");
        let mut generators = aimed(&mut inspector, &traffic);
        let mut steps = Vec::new();
        for _ in 0..rounds {
            run_each(&mut generators, FRAMES);
            steps.push(drain(&mut inspector));
        }

        let step = |part: fn(&Steps) -> f64| median(&steps.iter().map(part).collect::<Vec<_>>());
        let [cut, grace, read] = [step(|at| at.cut), step(|at| at.grace), step(|at| at.read)];
        let keys = step(|at| at.keys as f64);
        let _infallible =
            writeln!(out, "{cut:>8.2}{grace:>8.2}{read:>8.2}  {name}, {keys:.0} keys");
        checks.push(Check::at_most(
            format!("drain, {name}, cut, read and clear, ms"),
            cut + read,
            limit,
        ));
    }
    pin(0);

    (out, checks)
}

/// How long each step took, in milliseconds; the grace period is waited for, the rest is work.
struct Steps {
    cut: f64,
    grace: f64,
    read: f64,
    keys: usize,
}

fn drain(inspector: &mut Inspector) -> Steps {
    let ((), cut) = timed(|| inspector.cut());

    let begun = Instant::now();
    inspector.wait().expect("a grace period");
    let grace = begun.elapsed();

    let (interval, read) = timed(|| inspector.read().expect("an interval"));

    assert_eq!(interval.imbalance(), None);
    let [cut, grace, read] = [cut, grace, read].map(|time| time.as_secs_f64() * 1e3);
    Steps { cut, grace, read, keys: interval.sources.keys.len() + interval.ports.keys.len() }
}
