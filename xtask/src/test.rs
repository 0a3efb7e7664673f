//! `cargo xtask test`: every check and every test, one stage after the other, or a suite of tests.

mod arguments;
mod optional;
mod report;
mod selection;
mod slowest;
mod tally;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;
use crate::setup;
use crate::suites::{Filters, Part, Suite, Suites, UNIT_TESTS};
use arguments::Arguments;
use optional::Optional;
use report::Report;
use selection::{Build, Selection};

/// The default run takes no longer, from an empty cache, on two cores.
const LONGEST: Duration = Duration::from_mins(35);
const LONGEST_SUITE: Duration = Duration::from_mins(30);
/// The suite against the release build. The default run has it too.
const RELEASE: &str = "release";

/// Runs everything, or what the arguments name.
pub(crate) fn command(words: &[&str]) -> Result<ExitCode> {
    let begun = Instant::now();
    let suites = Suites::of_project()?;
    let arguments = match Arguments::read(words) {
        Ok(arguments) => arguments,
        Err(refusal) => return Ok(refuse(&refusal, &suites)),
    };

    let mut report = Report::default();
    let longest = match arguments.suite.as_deref() {
        Some("list") => {
            print!("{suites}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(name) => {
            let Some(suite) = suites.find(name) else {
                return Ok(refuse(&format!("there is no suite `{name}`"), &suites));
            };
            setup::require_for_tests(Some(suite.name))?;
            run_suite(&mut report, suite, &suites, &arguments.filters)?;
            LONGEST_SUITE
        }
        None => {
            setup::require_for_tests(None)?;
            run_default(&mut report, &suites, &arguments.filters)?;
            LONGEST
        }
    };

    conclude(report, &arguments, begun.elapsed(), longest)
}

fn refuse(reason: &str, suites: &Suites) -> ExitCode {
    eprint!("xtask: {reason}; `cargo xtask help` lists the options\n\nsuites:\n{suites}");

    ExitCode::from(2)
}

/// Runs all checks and tests that belong to no suite alone.
fn run_default(report: &mut Report, suites: &Suites, filters: &Filters) -> Result<()> {
    if filters.is_empty() {
        report.lints()?;
    }
    // What is asked for by name runs, also if only a suite has it.
    let mut left_out = suites.only_elsewhere(None);
    left_out.retain(|test| !filters.ask_for(test));
    let mut selection = Selection {
        targets: targets(filters.files()),
        names: filters.names(),
        left_out,
        ..Selection::default()
    };
    if !report.build(&selection)? {
        return Ok(());
    }

    report.unprivileged("tests that need no privileges", &selection)?;
    // Nearly all of its tests need root: nothing else waits for that build.
    let release = suites.find(RELEASE).filter(|_| filters.is_empty() && process::is_root());
    if filters.files().is_empty() {
        selection.targets = privileged_targets(release)?;
    }
    report.privileged("tests in the kernel and of the service", &selection)?;
    if let Some(release) = release {
        run_dev_part(report, release)?;
        // What is linked has run above, in the dev build.
        let parts = release.parts(filters).into_iter().filter(|part| !part.is_linked);
        run_parts(report, release, suites, &parts.collect::<Vec<_>>())?;
    }
    if filters.is_empty() {
        note_suites(report, suites);
    }

    Ok(())
}

/// Runs a suite, or what `filters` choose of it.
fn run_suite(report: &mut Report, suite: &Suite, suites: &Suites, filters: &Filters) -> Result<()> {
    let (linked, other): (Vec<_>, Vec<_>) =
        suite.parts(filters).into_iter().partition(|part| part.is_linked);

    run_parts(report, suite, suites, &other)?;
    run_parts(report, suite, suites, &linked)
}

/// Runs parts of a suite, file by file. One build has all of them: they are linked, or none is.
fn run_parts(report: &mut Report, suite: &Suite, suites: &Suites, parts: &[Part]) -> Result<()> {
    let Some(Part { is_linked, .. }) = parts.first() else { return Ok(()) };
    let service = if suite.name == RELEASE { Build::Release } else { Build::Dev };
    let tests = if *is_linked { Build::Release } else { Build::Dev };
    let left_out: Vec<_> =
        suites.only_elsewhere(Some(suite)).into_iter().chain(suite.dev()).collect();
    let files: Vec<_> = parts.iter().map(|part| part.file).collect();
    let all = Selection { service, tests, targets: targets(&files), ..Selection::default() };
    if !report.build(&all)? {
        return Ok(());
    }

    for Part { file, names, .. } in parts {
        let selection =
            Selection { targets: targets(&[file]), names, left_out: left_out.clone(), ..all };
        report.all(&format!("suite {}: {file}", suite.name), &selection)?;
    }

    Ok(())
}

/// Runs what the suite against the release build leaves out, against the dev build.
fn run_dev_part(report: &mut Report, release: &Suite) -> Result<()> {
    let names: Vec<_> = release.dev().map(str::to_owned).collect();
    let files: Vec<_> = (&release.dev_files() - &release.linked_files()).into_iter().collect();
    if files.is_empty() {
        return Ok(());
    }
    let selection = Selection { targets: targets(&files), names: &names, ..Selection::default() };

    report.privileged("tests that need the assertions of the dev build", &selection)
}

/// Returns cargo's arguments for files of tests.
fn targets(files: &[impl Display]) -> Vec<String> {
    let target = |file: String| match file.as_str() {
        UNIT_TESTS => "--lib".to_owned(),
        file => format!("--test={file}"),
    };

    files.iter().map(|file| target(file.to_string())).collect()
}

/// Returns cargo's arguments for all targets, but the files that run against the release build.
fn privileged_targets(release: Option<&Suite>) -> Result<Vec<String>> {
    let elsewhere = release.map(|it| &it.whole_files() - &it.linked_files()).unwrap_or_default();
    let folder = process::workspace().join("tests/tests");
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let files: BTreeSet<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|file| !elsewhere.contains(file.as_str()))
        .collect();
    let files: Vec<_> = files.into_iter().collect();

    Ok([vec!["--lib".to_owned(), "--bins".to_owned()], targets(&files)].concat())
}

/// Reports which tests the default run has left to suites.
fn note_suites(report: &mut Report, suites: &Suites) {
    for suite in suites.iter() {
        let name = suite.name;
        let count = suite.only().count();
        if count > 0 {
            let tests = if count == 1 { "test runs" } else { "tests run" };
            report.note(format!(
                "suite    {name}: {count} {tests} only with `cargo xtask test --suite {name}`"
            ));
        }
    }
}

/// Prints what the run came to.
fn conclude(
    mut report: Report,
    arguments: &Arguments,
    took: Duration,
    longest: Duration,
) -> Result<ExitCode> {
    let Arguments { is_strict, filters, .. } = arguments;

    if report.tally.tests() == 0 && !filters.is_empty() {
        report.tally.check(&format!("no test fits {}", filters.shown()), false);
    }
    if *is_strict {
        report.tally.refuse_skips(&Optional::of_project());
    }
    if filters.is_empty() {
        report.time(took, longest);
    }

    print!("{report}");
    io::stdout().flush()?;
    Ok(if report.tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
