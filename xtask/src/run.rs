//! `cargo xtask run`: builds the service and becomes it.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;
use crate::setup::{self, Purpose};

pub(crate) fn command(arguments: &[&str]) -> Result<ExitCode> {
    setup::require(Purpose::Run)?;
    let program = build()?;

    // In the place of this process, so that signals and the exit code are the service's own.
    let error = Command::new(&program).args(arguments).exec();

    Err(error).with_context(|| format!("cannot run `{}`", program.display()))
}

/// Builds the service as users get it.
pub(crate) fn build() -> Result<PathBuf> {
    process::succeed(process::cargo().args(["build", "--release", "--package", "exporter"]))?;

    Ok(process::target_dir()?.join("release/packet-exporter"))
}
