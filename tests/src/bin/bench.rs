//! `cargo xtask bench`: what the programs cost in the kernel, as ratios within one run.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use tests::bench::{Effort, json, many, run, traffic};

const USAGE: &str = "\
usage: bench [--json] [--rounds N] [--quick]
       bench --live [--json] [--rounds N] [--device veth|bridge|tun]...
       bench --many [--json] [--seconds N] [--devices N]...
needs root";

fn main() -> ExitCode {
    let mut effort = Effort { rounds: 11, quick: false };
    let mut as_json = false;
    let mut is_live = false;
    let mut is_many = false;
    let mut idle = Duration::from_mins(1);
    let mut numbers = Vec::new();
    let mut devices = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--live" => is_live = true,
            "--many" => is_many = true,
            "--devices" => match arguments.next().and_then(|number| number.parse().ok()) {
                Some(number @ 1..) => numbers.push(number),
                _ => return refuse("--devices wants a number above 0"),
            },
            "--seconds" => match arguments.next().and_then(|seconds| seconds.parse().ok()) {
                Some(seconds @ 1..) => idle = Duration::from_secs(seconds),
                _ => return refuse("--seconds wants a number above 0"),
            },
            "--device" => devices.extend(arguments.next()),
            "--quick" => effort = Effort { rounds: effort.rounds.min(5), quick: true },
            "--rounds" => match arguments.next().and_then(|rounds| rounds.parse().ok()) {
                Some(rounds @ 1..) => effort.rounds = rounds,
                _ => return refuse("--rounds wants a number above 0"),
            },
            other => return refuse(&format!("`{other}` is not known")),
        }
    }

    if is_live {
        let (figures, report) = traffic::run(effort.rounds, &devices);
        show(&report, as_json.then(|| traffic::json(&figures)).as_ref());
        return if figures.is_exact() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if is_many {
        let numbers = if numbers.is_empty() { vec![200, 1000] } else { numbers };
        let (figures, report) = many::run(&numbers, idle);
        show(&report, as_json.then_some(&figures));
        return ExitCode::SUCCESS;
    }
    let (figures, report) = run(effort);
    show(&report, as_json.then(|| json(&figures)).as_ref());

    ExitCode::SUCCESS
}

/// Prints the report, and figures for machines alone on the standard output.
fn show(report: &str, figures: Option<&Value>) {
    match figures {
        Some(figures) => {
            eprint!("{report}");
            println!("{figures}");
        }
        None => print!("{report}"),
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}\n{USAGE}");

    ExitCode::from(2)
}
