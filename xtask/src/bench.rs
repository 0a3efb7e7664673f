//! `cargo xtask bench`: what packets, folds and scrapes cost, as ratios within one run.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::process;
use crate::run;
use crate::setup::{self, Purpose};

pub(crate) fn command(arguments: &[&str]) -> Result<ExitCode> {
    if arguments.contains(&"--json") && !setup::is_ready(Purpose::Run) {
        bail!(
            "something is missing, and the output of setup would be mixed into the JSON; run `cargo xtask setup` first"
        );
    }
    setup::require(Purpose::Run)?;
    // The service too is measured, as users get it.
    let service = run::build()?;

    let mut cargo = process::cargo();
    cargo.args(["run", "--release", "--package", "tests", "--bin", "bench", "--"]);
    let error = cargo.args(arguments).env("PACKET_EXPORTER_BIN", service).exec();

    Err(error.into())
}
