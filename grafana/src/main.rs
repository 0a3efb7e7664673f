//! Writes the dashboards and rules: where they are committed, or elsewhere with other settings.

mod options;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use grafana::write;
use options::{Asked, Options, USAGE};

fn main() -> ExitCode {
    match run(env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let Asked::Files(options) = Options::read(arguments)? else {
        return print(USAGE).map_err(|error| format!("cannot print the usage: {error}"));
    };
    let committed = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = options.into.as_deref().unwrap_or(committed);

    write(folder, &options.files()).map_err(|error| error.to_string())
}

fn print(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

#[expect(clippy::print_stderr, reason = "the command reports its error there")]
fn eprintln(error: &str) {
    eprintln!("{error}");
}
