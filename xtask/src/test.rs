//! `cargo xtask test`: every check and every test, one stage after the other.

mod tally;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::lint;
use crate::process;
use crate::setup;
use tally::Tally;

pub(crate) fn command(filters: &[&str]) -> Result<ExitCode> {
    setup::require_for_tests()?;
    let mut tally = Tally::default();

    if filters.is_empty() {
        for (name, mut command) in lint::checks() {
            match lint::missing(&command) {
                Some(reason) => tally.not_run(name, &reason),
                None => {
                    check(&mut tally, name, &mut command)?;
                }
            }
        }
    }
    // The service that the tests start, as the dev profile builds it: with its assertions.
    let built = check(
        &mut tally,
        "the service",
        process::cargo().args(["build", "--package", "exporter", "--bins"]),
    )?;
    stage(&mut tally, "tests that need no privileges", tests(&[], filters)?.arg("--show-output"))?;
    if built {
        privileged(&mut tally, filters)?;
    }

    print!("{tally}");
    io::stdout().flush()?;
    Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The tests that load programs into the kernel and start the service.
fn privileged(tally: &mut Tally, filters: &[&str]) -> Result<()> {
    const NAME: &str = "tests in the kernel and of the service";
    let kinds = ["--lib", "--bins", "--tests"];

    if process::is_root() {
        let mut tests = tests(&kinds, filters)?;
        return stage(tally, NAME, tests.args(["--ignored", "--test-threads=1", "--show-output"]));
    }

    println!("\n== {NAME}: they need root");
    let mut list = tests(&kinds, filters)?;
    let listed = process::output(list.args(["--ignored", "--list", "--format=terse"]));
    for test in listed.iter().flat_map(|list| list.lines()) {
        if let Some(name) = test.strip_suffix(": test") {
            tally.not_run(name, "needs root");
        }
    }

    Ok(())
}

/// A run of the workspace's tests, open for arguments of the test programs.
fn tests(kinds: &[&str], filters: &[&str]) -> Result<Command> {
    let service = process::target_dir()?.join("debug/packet-exporter");
    let tools = [
        ("PACKET_EXPORTER_PROMETHEUS", setup::prometheus()),
        ("PACKET_EXPORTER_PROMTOOL", setup::promtool()),
        ("PACKET_EXPORTER_PYTHON", setup::python()),
        ("PACKET_EXPORTER_COLLECTOR", setup::collector()),
        ("PACKET_EXPORTER_OTLP_PROMETHEUS", setup::otlp_prometheus()),
        ("PACKET_EXPORTER_VICTORIA_METRICS", setup::victoria_metrics()),
        ("PACKET_EXPORTER_ROTEL", setup::rotel()),
        ("PACKET_EXPORTER_FAKETIME", setup::faketime()),
        ("PACKET_EXPORTER_KERNELS", setup::kernels()),
    ];

    // A word that names a file of tests stands for all tests in it.
    let (files, names): (Vec<&str>, Vec<&str>) = filters.iter().partition(|word| is_file(word));
    let mut cargo = process::cargo();
    cargo.args(["test", "--no-fail-fast"]);
    if files.is_empty() {
        cargo.arg("--workspace").args(kinds);
    } else {
        cargo.args(["--package", "tests"]);
        cargo.args(files.iter().flat_map(|file| ["--test", file]));
    }
    cargo.arg("--").args(names);
    cargo.env("PACKET_EXPORTER_BIN", service);
    // A variable that is not set tells a test that the tool is missing.
    cargo.envs(tools.into_iter().filter_map(|(name, tool)| Some((name, tool?))));

    Ok(cargo)
}

fn is_file(word: &str) -> bool {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tests");

    tests.join(word).with_extension("rs").is_file()
}

/// A check passes or fails as a whole.
fn check(tally: &mut Tally, name: &str, command: &mut Command) -> Result<bool> {
    println!("\n== {name}");
    let passed = process::succeed(command).is_ok();
    tally.check(name, passed);
    io::stdout().flush()?;

    Ok(passed)
}

/// Shows what the tests say while it is counted.
fn stage(tally: &mut Tally, name: &str, command: &mut Command) -> Result<()> {
    println!("\n== {name}");
    let begun = Instant::now();
    let failed_before = tally.failed();

    let (mut child, lines) = process::spawn(command)?;
    for line in lines {
        println!("{line}");
        tally.read(&line);
    }
    let status = child.wait()?;
    // A test program that crashed, or did not compile, has counted nothing.
    if !status.success() && tally.failed() == failed_before {
        tally.check(&format!("{name} did not finish ({status})"), false);
    }
    println!("== {name}: {} s", begun.elapsed().as_secs());

    Ok(())
}
