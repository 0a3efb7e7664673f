//! `cargo xtask bench`: what the programs cost in the kernel, as ratios within one run.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use tests::bench::many::{self, Many};
use tests::bench::{Effort, json, run, traffic};

const USAGE: &str = "\
usage: bench [--json] [--rounds N] [--quick]
       bench --live [--json] [--rounds N] [--device veth|bridge|tun]...
       bench --many [--json] [--seconds N] [--devices N]...
needs root";

/// The options of the command line.
struct Options {
    effort: Effort,
    as_json: bool,
    /// Goes before `is_many` where both are asked for.
    is_live: bool,
    is_many: bool,
    idle: Duration,
    numbers: Vec<usize>,
    devices: Vec<String>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            effort: Effort { rounds: 11, quick: false },
            as_json: false,
            is_live: false,
            is_many: false,
            idle: Duration::from_mins(1),
            numbers: Vec::new(),
            devices: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.as_json = true,
                "--live" => options.is_live = true,
                "--many" => options.is_many = true,
                "--devices" => options.numbers.push(above_0(&argument, arguments.next())?),
                "--seconds" => {
                    let seconds = above_0(&argument, arguments.next())?;
                    options.idle = Duration::from_secs(seconds as u64);
                }
                "--device" => options.devices.extend(arguments.next()),
                "--quick" => {
                    options.effort = Effort { rounds: options.effort.rounds.min(5), quick: true };
                }
                "--rounds" => options.effort.rounds = above_0(&argument, arguments.next())?,
                other => return Err(format!("`{other}` is not known")),
            }
        }

        Ok(options)
    }
}

fn above_0(option: &str, number: Option<String>) -> Result<usize, String> {
    let number = number.and_then(|number| number.parse().ok()).filter(|number| *number > 0);

    number.ok_or_else(|| format!("{option} wants a number above 0"))
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => return refuse(&reason),
    };
    let Options { effort, as_json, is_live, is_many, idle, numbers, devices } = options;

    if is_live {
        let (figures, report) = traffic::run(effort.rounds, &devices);
        show(&report, as_json.then(|| traffic::json(&figures)).as_ref());
        return if figures.is_exact() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if is_many {
        let numbers = if numbers.is_empty() { vec![200, 1000] } else { numbers };
        let Many { figures, report, is_met } = many::run(&numbers, idle);
        show(&report, as_json.then_some(&figures));
        return if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE };
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
