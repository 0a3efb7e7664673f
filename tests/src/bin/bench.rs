//! `cargo xtask bench`: what the programs cost in the kernel, as ratios within one run.

use std::process::ExitCode;

use tests::bench::{Effort, json, run};

const USAGE: &str = "usage: bench [--json] [--rounds N] [--quick]; needs root";

fn main() -> ExitCode {
    let mut effort = Effort { rounds: 11, quick: false };
    let mut as_json = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--quick" => effort = Effort { rounds: effort.rounds.min(5), quick: true },
            "--rounds" => match arguments.next().and_then(|rounds| rounds.parse().ok()) {
                Some(rounds @ 1..) => effort.rounds = rounds,
                _ => return refuse("--rounds wants a number above 0"),
            },
            other => return refuse(&format!("`{other}` is not known")),
        }
    }

    let (figures, report) = run(effort);
    if as_json {
        eprint!("{report}");
        println!("{}", json(&figures));
    } else {
        print!("{report}");
    }

    ExitCode::SUCCESS
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}\n{USAGE}");

    ExitCode::from(2)
}
