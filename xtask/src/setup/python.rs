//! A Python environment with what the tests check our output with.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::tools_dir;
use crate::process;

/// `prometheus-client` has the strict parser of OpenMetrics, `opentelemetry-proto` the messages of
/// OTLP as their publisher generates them, and `grpcio` a server of its own for them.
const PACKAGES: &[&str] =
    &["prometheus-client==0.26.0", "opentelemetry-proto==1.45.2", "grpcio==1.85.1"];
/// Written last, so that an environment that is half made does not count.
const COMPLETE: &str = "complete";

/// The interpreter that has the packages.
pub(crate) fn python() -> Option<PathBuf> {
    let environment = environment().ok()?;
    let installed = fs::read_to_string(environment.join(COMPLETE)).ok()?;
    // A link: the interpreter behind it may have gone.
    let python = environment.join("bin/python");

    (installed == PACKAGES.join("\n") && python.is_file()).then_some(python)
}

pub(crate) fn make() -> Result<()> {
    let environment = environment()?;

    process::step(
        "making a Python environment",
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment),
    )?;
    process::step(
        "installing Python packages",
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
            .args(PACKAGES),
    )?;

    fs::write(environment.join(COMPLETE), PACKAGES.join("\n"))
        .with_context(|| format!("cannot write to {}", environment.display()))
}

/// Named for its packages: clones that want others do not take it from each other.
fn environment() -> Result<PathBuf> {
    Ok(tools_dir()?.join(format!("python-{}", PACKAGES.join("-").replace("==", "-"))))
}
