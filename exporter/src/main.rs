//! `packet-exporter`: arguments, then the application, then the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use exporter::app::{self, Failure};
use exporter::config::Command;
use exporter::logging;
use exporter::printable::printable;

/// It ended while running.
const FAILED: u8 = 1;
/// It was refused before it began.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => end(&error, FAILED),
        Err(Failure::Refused(error)) => end(&error, REFUSED),
    }
}

fn run() -> Result<(), Failure> {
    let command = Command::parse(std::env::args_os());
    let command = command.map_err(|error| Failure::Refused(error.into()))?;

    match command.with_variables(std::env::vars_os()) {
        Command::Run(inputs) => app::run(&inputs),
        Command::Check(inputs) => app::check(&inputs).map(|text| print(&text)),
        Command::Inspect(inspect) => app::inspect(&inspect),
        Command::Doctor(doctor) => app::doctor(&doctor),
        Command::Top(top) => app::top(&top),
        Command::NewToken(wanted) => app::new_token(&wanted).map(|text| print(&text)),
        Command::OpenApi(wanted) => {
            print(&app::openapi(&wanted));
            Ok(())
        }
        Command::Print(text) => {
            print(&text);
            Ok(())
        }
    }
}

fn print(text: &str) {
    // A reader that went away has read enough.
    let _ = writeln!(io::stdout(), "{}", text.trim_end());
}

fn end(error: &anyhow::Error, code: u8) -> ExitCode {
    let text = format!("packet-exporter: {error:#}");
    logging::write_last(&printable(&text));

    ExitCode::from(code)
}
