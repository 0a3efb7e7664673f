//! What the checks and tests of a run came to.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::num::NonZero;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::selection::Selection;
use super::slowest::Slowest;
use super::tally::Tally;
use crate::lint;
use crate::process;

/// What a run came to, so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) tally: Tally,
    slowest: Slowest,
    /// Sentences for the summary.
    notes: Vec<String>,
}

/// Which tests of a selection run in one go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Those that need no privileges, several at a time.
    Unprivileged,
    /// Those that need root, one at a time.
    Privileged,
    /// All, one at a time.
    All,
}

/// Tests at a time on each CPU: most of those that take long wait for time limits.
const ON_EACH_CPU: usize = 4;

impl Kind {
    fn arguments(self) -> Vec<String> {
        let cpus = thread::available_parallelism().map_or(1, NonZero::get);
        let (which, at_a_time) = match self {
            Self::Unprivileged => (None, cpus * ON_EACH_CPU),
            Self::Privileged => (Some("--ignored"), 1),
            Self::All => (Some("--include-ignored"), 1),
        };

        let which = which.map(str::to_owned).into_iter();
        which.chain(["--show-output".to_owned(), format!("--test-threads={at_a_time}")]).collect()
    }
}

impl Report {
    /// Checks formatting and lints.
    pub(crate) fn lints(&mut self) -> Result<()> {
        for (name, mut command) in lint::checks() {
            match lint::missing(&command) {
                Some(reason) => self.tally.not_run(name, &reason),
                None => {
                    self.check(name, &mut command)?;
                }
            }
        }

        Ok(())
    }

    /// Builds the service and the tests; returns whether that worked.
    pub(crate) fn build(&mut self, selection: &Selection<'_>) -> Result<bool> {
        for (name, mut command) in selection.builds() {
            if !self.check(name, &mut command)? {
                return Ok(false);
            }
        }

        Ok(true)
    }

    /// Runs the tests that need no privileges.
    pub(crate) fn unprivileged(&mut self, name: &str, selection: &Selection<'_>) -> Result<()> {
        self.stage(name, Kind::Unprivileged, selection)
    }

    /// Runs the tests that need root, or counts them as not run.
    pub(crate) fn privileged(&mut self, name: &str, selection: &Selection<'_>) -> Result<()> {
        if process::is_root() {
            return self.stage(name, Kind::Privileged, selection);
        }

        println!("\n== {name}: they need root");
        self.count_ignored(selection)
    }

    /// Runs all tests one at a time; those that need root only as root.
    pub(crate) fn all(&mut self, name: &str, selection: &Selection<'_>) -> Result<()> {
        if process::is_root() {
            return self.stage(name, Kind::All, selection);
        }

        self.stage(name, Kind::Unprivileged, selection)?;
        self.count_ignored(selection)
    }

    /// Adds a line to the summary.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds how long the run took. More than `limit` is shown and no failure: a busy machine is slow.
    pub(crate) fn time(&mut self, took: Duration, limit: Duration) {
        let shown = format!("{} of at most {}", minutes(took), minutes(limit));
        let over = if took > limit { ", TOO LONG" } else { "" };

        self.note(format!("time     {shown}{over}"));
    }

    fn count_ignored(&mut self, selection: &Selection<'_>) -> Result<()> {
        let mut list = selection.command()?;
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
    fn stage(&mut self, name: &str, kind: Kind, selection: &Selection<'_>) -> Result<()> {
        println!("\n== {name}");
        let begun = Instant::now();
        let failed_before = self.tally.failed();

        let mut command = selection.command()?;
        let (mut child, lines) = process::spawn(command.args(kind.arguments()))?;
        for line in lines {
            println!("{line}");
            self.tally.read(&line);
            self.slowest.read(&line, begun.elapsed(), kind != Kind::Unprivileged);
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

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { tally, slowest, notes } = self;

        write!(f, "{slowest}")?;
        tally.write(f, notes)
    }
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();

    match seconds % 60 {
        0 => format!("{} min", seconds / 60),
        rest => format!("{} min {rest} s", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stand_before_the_last_line() {
        let mut report = Report::default();
        report.tally.check("format", true);

        report.note("suite    otlp: 7 tests".to_owned());
        report.time(Duration::from_secs(61), Duration::from_mins(35));

        let end = "\n== summary
suite    otlp: 7 tests
time     1 min 1 s of at most 35 min
1 passed, 0 failed, 0 skipped
";
        assert!(report.to_string().ends_with(end), "{report}");
    }

    #[test]
    fn a_run_that_takes_too_long_is_shown_as_such() {
        let mut report = Report::default();

        report.time(Duration::from_mins(36), Duration::from_mins(35));

        let shown = report.to_string();
        assert!(shown.contains("time     36 min of at most 35 min, TOO LONG\n"), "{shown}");
    }
}
