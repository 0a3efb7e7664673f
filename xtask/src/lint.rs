//! `cargo xtask lint`: formatting and lints; a warning is an error.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::process;
use crate::setup::{self, Purpose};

/// The name of a check, and what cargo is asked.
const CHECKS: [(&str, &str); 4] = [
    ("format", "fmt --all --check"),
    ("clippy", "clippy --workspace --exclude exporter-ebpf --all-targets -- -D warnings"),
    ("clippy, parser", "clippy -p exporter-ebpf --lib --tests -- -D warnings"),
    // In the kernel's profile a panic aborts; without that the program does not check on a host.
    (
        "clippy, kernel program",
        "clippy -p exporter-ebpf --bins --features kernel --profile kernel -- -D warnings",
    ),
];

pub(crate) fn command() -> Result<ExitCode> {
    setup::require(Purpose::Run)?;
    for (name, mut command) in checks() {
        println!("== {name}");
        match missing(&command) {
            Some(reason) => println!("SKIPPED {name}: {reason}"),
            None => process::succeed(&mut command)?,
        }
    }

    Ok(ExitCode::SUCCESS)
}

/// Returns why a check cannot run: a cargo that is not rustup's may come without these tools.
pub(crate) fn missing(check: &Command) -> Option<String> {
    let tool = check.get_args().next()?.to_str()?;
    if process::output(process::cargo().args([tool, "--version"])).is_some() {
        return None;
    }

    Some(format!("there is no `cargo {tool}`; `rustup component add rustfmt clippy` installs it"))
}

pub(crate) fn checks() -> impl Iterator<Item = (&'static str, Command)> {
    CHECKS.into_iter().map(|(name, arguments)| {
        let mut command = process::cargo();
        command.args(arguments.split(' '));
        if arguments.contains("--features kernel") {
            // The programs for the kernel are written for the compiler that builds them.
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        (name, command)
    })
}
