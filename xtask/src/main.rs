//! The project's commands.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the commands talk to a person")]

mod bench;
mod demo;
mod lint;
mod namespace;
mod process;
mod run;
mod setup;
mod test;
#[path = "../../exporter/build/toolchain.rs"]
mod toolchain;

use std::env;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  setup               installs what building, running and testing need; repeats nothing
  run [-- ARGS]       builds packet-exporter and runs it, with ARGS
  test [--strict] [FILTER...]
                      runs all checks and tests; or those of the files tests/tests/FILTER.rs,
                      or with names that contain a FILTER; with --strict a skipped test fails,
                      unless tests/optional.txt has it
  demo [--seconds N]  shows the exporter at work on traffic between private namespaces
  bench [--json]      measures what packets, folds and scrapes cost, against floors
                      [--quick] [--rounds N]
  lint                checks formatting and lints, a part of test
  help                prints this
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let outcome = match *arguments.as_slice() {
        ["setup"] => setup::command(),
        ["run", "--", ref arguments @ ..] | ["run", ref arguments @ ..] => run::command(arguments),
        ["test", "--strict", ref filters @ ..] => test::command(true, filters),
        ["test", ref filters @ ..] => test::command(false, filters),
        ["demo", ref arguments @ ..] => demo::command(arguments),
        ["bench", ref arguments @ ..] => bench::command(arguments),
        ["lint"] => lint::command(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("xtask: no such command: {}\n\n{HELP}", arguments.join(" "));
            Ok(ExitCode::from(2))
        }
    };

    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
