//! Python environments with what the tests check our output with.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::tools_dir;
use crate::process;

/// Packages that are installed together.
type Packages = &'static [&'static str];

/// `prometheus-client` has the strict parser of OpenMetrics, `opentelemetry-proto` the messages of
/// OTLP as their publisher generates them, and `grpcio` a server of its own for them.
const PACKAGES: Packages =
    &["prometheus-client==0.26.0", "opentelemetry-proto==1.45.2", "grpcio==1.85.1"];
/// What sends requests that are made from the document of the API, and what checks the document.
const CONTRACT: Packages = &["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"];
/// Written last, so that an environment that is half made does not count.
const COMPLETE: &str = "complete";

/// The interpreter that has the packages of the default run.
pub(crate) fn python() -> Option<PathBuf> {
    interpreter(PACKAGES)
}

/// The interpreter that has what checks the API.
pub(crate) fn contract_python() -> Option<PathBuf> {
    interpreter(CONTRACT)
}

pub(crate) fn make() -> Result<()> {
    install(PACKAGES)
}

pub(crate) fn make_contract() -> Result<()> {
    install(CONTRACT)
}

fn interpreter(packages: Packages) -> Option<PathBuf> {
    let environment = environment(packages).ok()?;
    let installed = fs::read_to_string(environment.join(COMPLETE)).ok()?;
    // A link: the interpreter behind it may have gone.
    let python = environment.join("bin/python");

    (installed == packages.join("\n") && python.is_file()).then_some(python)
}

fn install(packages: Packages) -> Result<()> {
    let environment = environment(packages)?;

    process::step(
        "making a Python environment",
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment),
    )?;
    process::step(
        "installing Python packages",
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
            .args(packages),
    )?;

    fs::write(environment.join(COMPLETE), packages.join("\n"))
        .with_context(|| format!("cannot write to {}", environment.display()))
}

/// Named for its packages: clones that want others do not take it from each other.
fn environment(packages: Packages) -> Result<PathBuf> {
    Ok(tools_dir()?.join(format!("python-{}", packages.join("-").replace("==", "-"))))
}
