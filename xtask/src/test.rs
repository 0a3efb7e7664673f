//! `cargo xtask test`: every check and every test, one stage after the other.

mod optional;
mod slowest;
mod tally;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::lint;
use crate::process;
use crate::setup;
use optional::Optional;
use slowest::Slowest;
use tally::Tally;

/// Runs everything, or what `filters` name. A `strict` run fails for each test that is skipped,
/// unless the tool that it needs is one that a machine may lack.
pub(crate) fn command(is_strict: bool, filters: &[&str]) -> Result<ExitCode> {
    setup::require_for_tests()?;
    let mut report = Report::default();

    if filters.is_empty() {
        for (name, mut command) in lint::checks() {
            match lint::missing(&command) {
                Some(reason) => report.tally.not_run(name, &reason),
                None => {
                    report.check(name, &mut command)?;
                }
            }
        }
    }
    // The service that the tests start, as the dev profile builds it: with its assertions.
    let built = report.check(
        "the service",
        process::cargo().args(["build", "--package", "exporter", "--bins"]),
    )?;
    let unprivileged = Stage { name: "tests that need no privileges", one_at_a_time: false };
    report.stage(unprivileged, tests(&[], filters)?.arg("--show-output"))?;
    if built {
        report.privileged(filters)?;
    }
    if !filters.is_empty() && report.tally.tests() == 0 {
        report.tally.check(&format!("no test fits {}", filters.join(" ")), false);
    }
    if is_strict {
        report.tally.refuse_skips(&Optional::of_project());
    }

    let Report { tally, slowest } = report;
    print!("{slowest}{tally}");
    io::stdout().flush()?;
    Ok(if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the checks and tests of a run came to.
#[derive(Default)]
struct Report {
    tally: Tally,
    slowest: Slowest,
}

/// A run of cargo's tests.
#[derive(Clone, Copy)]
struct Stage {
    name: &'static str,
    one_at_a_time: bool,
}

impl Report {
    /// Runs the tests that load programs into the kernel and start the service.
    fn privileged(&mut self, filters: &[&str]) -> Result<()> {
        const STAGE: Stage =
            Stage { name: "tests in the kernel and of the service", one_at_a_time: true };
        let kinds = ["--lib", "--bins", "--tests"];

        if process::is_root() {
            let mut tests = tests(&kinds, filters)?;
            let tests = tests.args(["--ignored", "--test-threads=1", "--show-output"]);
            return self.stage(STAGE, tests);
        }

        println!("\n== {}: they need root", STAGE.name);
        let mut list = tests(&kinds, filters)?;
        let listed = process::output(list.args(["--ignored", "--list", "--format=terse"]));
        for test in listed.iter().flat_map(|list| list.lines()) {
            if let Some(name) = test.strip_suffix(": test") {
                self.tally.not_run(name, "needs root");
            }
        }

        Ok(())
    }

    /// Runs a check, which passes or fails as a whole; returns whether it passed.
    fn check(&mut self, name: &str, command: &mut Command) -> Result<bool> {
        println!("\n== {name}");
        let begun = Instant::now();
        let passed = process::succeed(command).is_ok();
        self.tally.check(name, passed);
        println!("== {name}: {} s", begun.elapsed().as_secs());
        io::stdout().flush()?;

        Ok(passed)
    }

    /// Prints what the tests print, and counts and times them.
    fn stage(&mut self, Stage { name, one_at_a_time }: Stage, command: &mut Command) -> Result<()> {
        println!("\n== {name}");
        let begun = Instant::now();
        let failed_before = self.tally.failed();

        let (mut child, lines) = process::spawn(command)?;
        for line in lines {
            println!("{line}");
            self.tally.read(&line);
            self.slowest.read(&line, begun.elapsed(), one_at_a_time);
        }
        let status = child.wait()?;
        // A test program that crashed, or did not compile, has counted nothing.
        if !status.success() && self.tally.failed() == failed_before {
            self.tally.check(&format!("{name} did not finish ({status})"), false);
        }
        println!("== {name}: {} s", begun.elapsed().as_secs());

        Ok(())
    }
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
