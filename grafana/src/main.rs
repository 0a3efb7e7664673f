//! Writes the dashboards and rules: where they are committed, or elsewhere with other settings.

mod options;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use grafana::write;
use options::Options;

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
    let options = Options::read(arguments)?;
    let committed = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = options.into.as_deref().unwrap_or(committed);

    write(folder, &options.files())
        .map_err(|error| format!("cannot write below {}: {error}", folder.display()))
}

#[expect(clippy::print_stderr, reason = "the command reports its error there")]
fn eprintln(error: &str) {
    eprintln!("{error}");
}
