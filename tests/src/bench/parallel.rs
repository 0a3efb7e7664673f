//! Two CPUs at once compared with one: what they share shows.

use std::fmt::Write;
use std::sync::Barrier;
use std::thread;

use exporter::datapath::{Datapath, Inspector, Options};

use super::cell::median;
use super::targets::Check;
use crate::load::{Entry, Generator, Traffic, aimed, pin, timed};

const FRAMES: u32 = 300_000;

/// Measures each kind of traffic on one CPU, then on all at once, in turn.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\nall CPUs at once, as a multiple of one alone\n");
    let mut checks = Vec::new();

    for (name, traffic, budget) in [
        ("one source", Traffic::in_turn(1), 50_000),
        ("1,000 sources", Traffic::in_turn(1000), 50_000),
        ("flood with ports, guard closed", Traffic::flood_with_ports(), 1),
    ] {
        let datapath = Datapath::new(Options { budget, ..Options::default() }).expect("a datapath");
        let mut inspector = Inspector::new(&datapath).expect("a program");
        let mut generators = aimed(&mut inspector, &traffic);
        let ratio = |_| at_once(&mut generators) / at_once(&mut generators[..1]);
        let ratio = median(&(0..rounds).map(ratio).collect::<Vec<_>>());
        let _infallible = writeln!(out, "{ratio:>8.2} {name}");
        checks.push(Check::at_most(format!("all CPUs at once, {name}"), ratio, 1.05));
    }
    pin(0);

    (out, checks)
}

/// Returns nanoseconds of CPU time for each frame, on average over the CPUs.
fn at_once(generators: &mut [Generator]) -> f64 {
    let number = generators.len();
    let barrier = Barrier::new(number);
    let of_cpus: Vec<f64> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (cpu, generator) in generators.iter_mut().enumerate() {
            let barrier = &barrier;
            threads.push(scope.spawn(move || sample(cpu, generator, barrier)));
        }
        threads.into_iter().map(|thread| thread.join().expect("a sample")).collect()
    });

    of_cpus.iter().sum::<f64>() / number as f64
}

fn sample(cpu: usize, generator: &mut Generator, together: &Barrier) -> f64 {
    pin(cpu);
    generator.run(Entry::Generate, FRAMES / 10);
    together.wait();
    let (_verdict, elapsed) = timed(|| generator.run(Entry::Generate, FRAMES));

    elapsed.as_secs_f64() * 1e9 / f64::from(FRAMES)
}
