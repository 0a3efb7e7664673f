//! `cargo xtask setup`: finds out what is missing, and installs it where it can.

mod apt;
mod archive;
mod dashboards;
mod faketime;
mod golang;
mod kept;
mod kernels;
mod linker;
mod need;
mod needs;
mod prometheus;
mod python;
mod receivers;
mod systemd;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::suites::Suites;
use crate::toolchain;
pub(crate) use dashboards::{browsing, components, contract, reader};
pub(crate) use faketime::faketime;
pub(crate) use golang::{collector, oasdiff, otlp_prometheus};
pub(crate) use kernels::kernels;
use need::Need;
pub(crate) use need::Purpose;
use needs::NEEDS;
pub(crate) use prometheus::{alertmanager, amtool, prometheus, promtool};
pub(crate) use python::{contract_python, python};
pub(crate) use receivers::{rotel, victoria_metrics};
pub(crate) use systemd::system;

/// Installs what building, running and testing need, and what `suite` needs beyond that.
pub(crate) fn command(suite: Option<&str>) -> Result<ExitCode> {
    let suites = Suites::of_project()?;
    let purpose = match suite.map(|name| (name, suites.find(name))) {
        None => Purpose::Meet,
        Some((_, Some(suite))) => Purpose::Suite(suite.name),
        Some((name, None)) => bail!("there is no suite `{name}`; the suites are:\n{suites}"),
    };

    for need in NEEDS {
        if let Some(place) = need.place() {
            println!("{:<11} {} ({place})", "present", need.name);
        } else if let Purpose::Suite(suite) = need.purpose
            && !purpose.includes(need.purpose)
        {
            println!("{:<11} {} (by `cargo xtask test --suite {suite}`)", "later", need.name);
        }
    }
    accept(&provide(purpose)?, Purpose::Test)?;

    Ok(ExitCode::SUCCESS)
}

/// Returns whether everything for `purpose` is there.
pub(crate) fn is_ready(purpose: Purpose) -> bool {
    missing(purpose).is_empty()
}

/// Sees to it that everything for `purpose` is there.
pub(crate) fn require(purpose: Purpose) -> Result<()> {
    accept(&provide(purpose)?, purpose)
}

/// Sees to it that tests can be built, those of the default run or of a suite; prints which programs
/// they have to do without.
pub(crate) fn require_for_tests(suite: Option<&'static str>) -> Result<()> {
    accept(&provide(suite.map_or(Purpose::Meet, Purpose::Suite))?, Purpose::Run)
}

/// Accepts that something is missing, unless it is for `purpose`.
fn accept(missing: &[&Need], purpose: Purpose) -> Result<()> {
    let fatal: Vec<_> = missing.iter().copied().filter(|it| purpose.includes(it.purpose)).collect();
    if !fatal.is_empty() {
        bail!("missing: {}; the lines above say why", names(&fatal));
    }
    if !missing.is_empty() {
        println!("missing: {}; the tests that need it will be skipped", names(missing));
    }

    Ok(())
}

/// Installs what is missing for `purpose`; returns what could not be had, and prints the reasons.
fn provide(purpose: Purpose) -> Result<Vec<&'static Need>> {
    if missing(purpose).is_empty() {
        return Ok(Vec::new());
    }
    let _one_at_a_time = lock()?;
    // Another setup may have installed it meanwhile.
    let wanted = missing(purpose);

    let mut reasons = apt::install(&wanted);
    for need in &wanted {
        if let Some(Err(error)) = need.make.map(|make| make()) {
            let reason = match reasons.remove(need.name) {
                Some(before) => format!("{before}; {error:#}"),
                None => format!("{error:#}"),
            };
            reasons.insert(need.name, reason);
        }
        if let Some(place) = need.place() {
            println!("{:<11} {} ({place})", "installed", need.name);
        }
    }

    let missing = missing(purpose);
    advise(&missing, &reasons);
    Ok(missing)
}

fn missing(purpose: Purpose) -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| purpose.includes(need.purpose) && need.place().is_none()).collect()
}

fn advise(missing: &[&'static Need], reasons: &BTreeMap<&str, String>) {
    for need in missing {
        let reason = reasons.get(need.name).map_or("it was installed, but does not work", |it| it);
        println!("{:<11} {}: {reason}", "missing", need.name);
    }
    // Where the packages are there, it was the making that failed, and its words say what of.
    let by_hand: Vec<_> = missing.iter().filter(|need| apt::cannot_serve(need)).collect();
    if by_hand.is_empty() {
        return;
    }

    println!("\nTo do by hand, and then this command again:");
    println!("  on Debian 12 or 13, with its security archive, as root:");
    println!("    apt-get update");
    let packages = apt::packages(by_hand.iter().copied().copied());
    println!("    apt-get install --no-install-recommends {}", packages.join(" "));
    println!("  elsewhere:");
    for need in by_hand {
        println!("    {}: {}", need.name, need.elsewhere);
    }
    println!();
}

/// Held while something is installed; the kernel gives it back however this process ends.
fn lock() -> Result<File> {
    let tools = tools_dir()?;
    fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
    let path = tools.join("lock");
    let lock = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;

    if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
        println!("another setup is running; waiting for it to end");
    }
    lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;

    Ok(lock)
}

fn tools_dir() -> Result<PathBuf> {
    toolchain::tools_dir().context("neither HOME nor XDG_CACHE_HOME is set; set one of them")
}

fn names(needs: &[&Need]) -> String {
    let names: Vec<_> = needs.iter().map(|need| need.name).collect();

    names.join(", ")
}
