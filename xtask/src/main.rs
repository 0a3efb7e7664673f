//! The project's commands.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the commands talk to a person")]

mod bench;
mod demo;
mod lint;
mod namespace;
mod process;
mod run;
mod setup;
mod suites;
mod test;
#[path = "../../exporter/build/toolchain.rs"]
mod toolchain;

use std::env;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  setup [--suite NAME]
                      installs what building, running and testing need, and what a suite needs
                      beyond that; does nothing twice
  run [-- ARGS]       builds packet-exporter and runs it with ARGS
  test [--strict] [--suite NAME] [FILTER...]
                      runs all checks and tests, or only those that match a FILTER: the name of
                      a file in tests/tests, or a part of a test's name
                      --suite NAME  runs a suite of tests against real programs or kernels;
                                    `--suite list` lists them
                      --strict      fails if a test is skipped that tests/optional.txt does not
                                    list, or if the run takes too long
  demo [--seconds N]  shows the exporter on a private network with mixed traffic
                      --attack NAME  shows an attack and the alerts that it raises; `all` shows
                                     each of them, and an unknown name lists them
  bench [--json] [--quick] [--rounds N]
                      measures the cost of packets, folds and scrapes, as ratios to a floor
                      --live  what the exporter takes of the throughput of a veth, a bridge and a
                              tun; --device NAME measures only one of them
                      --many  what 200 and 1,000 devices take, or as many as --devices N;
                              --seconds N is how long they idle
  lint                checks formatting and lints, as `test` does
  help                prints this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let outcome = match *arguments.as_slice() {
        ["setup"] => setup::command(None),
        ["setup", "--suite", suite] => setup::command(Some(suite)),
        ["run", "--", ref arguments @ ..] | ["run", ref arguments @ ..] => run::command(arguments),
        ["test", ref arguments @ ..] => test::command(arguments),
        ["demo", ref arguments @ ..] => demo::command(arguments),
        ["bench", ref arguments @ ..] => bench::command(arguments),
        ["lint"] => lint::command(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("xtask: there is no command `{}`\n\n{HELP}", arguments.join(" "));
            Ok(ExitCode::from(2))
        }
    };

    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
