//! What the test runners report, added up.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use super::optional::Optional;

/// How a test says that it cannot run here: `SKIPPED name: reason`, and then it returns.
const SKIPPED: &str = "SKIPPED ";
/// Most lines of a failed test's output that are said again.
const SAID: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// As the runners have it, which take a skipped test for a passed one.
    passed: usize,
    failed: usize,
    /// Of the above, what is a test of a runner and no check of ours.
    tests: usize,
    failures: Vec<Failure>,
    /// The test whose output is being read, as a place among the failures.
    speaker: Option<usize>,
    skipped: Vec<Skip>,
    not_run: Vec<Skip>,
}

/// A test that could not run here.
#[derive(Debug)]
struct Skip {
    test: String,
    reason: String,
}

impl Skip {
    /// Reads `NAME: reason`.
    fn of(line: &str) -> Self {
        let (test, reason) = line.split_once(": ").unwrap_or((line, "no reason was printed"));

        Self { test: test.to_owned(), reason: reason.to_owned() }
    }
}

#[derive(Debug)]
struct Failure {
    name: String,
    /// What the test said, up to the backtrace.
    said: Vec<String>,
}

impl Failure {
    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), said: Vec::new() }
    }
}

impl Tally {
    /// Takes in one line of a test runner's output.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(test) = heading(line) {
            self.speaker = self.failures.iter().rposition(|failure| failure.name == test);
        } else if ends_output(line) {
            self.speaker = None;
        }
        if let Some(Failure { said, .. }) = self.speaker.and_then(|at| self.failures.get_mut(at)) {
            said.push(line.to_owned());
        }

        // With --nocapture the runner's own words may stand before it.
        if let Some((_, skipped)) = line.split_once(SKIPPED) {
            self.skipped.push(Skip::of(skipped));
        } else if let Some(test) = failed_test(line) {
            self.failures.push(Failure::of(test));
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            let [passed, failed] = ["passed", "failed"].map(|word| count(counts, word));
            self.passed += passed;
            self.failed += failed;
            self.tests += passed + failed;
        }
    }

    /// Counts something that passes or fails as a whole.
    pub(crate) fn check(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(Failure::of(name));
        }
    }

    /// Counts a test that was not even started.
    pub(crate) fn not_run(&mut self, test: &str, reason: &str) {
        self.not_run.push(Skip { test: test.to_owned(), reason: reason.to_owned() });
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// Returns how many tests the runners ran.
    pub(crate) fn tests(&self) -> usize {
        self.tests
    }

    /// Returns whether nothing failed, and some test ran to its end.
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0 && self.tests > self.skipped_tests()
    }

    /// Fails for every skipped test that is not `optional`.
    pub(crate) fn refuse_skips(&mut self, optional: &Optional) {
        let refused: BTreeSet<String> = (self.skipped.iter().chain(&self.not_run))
            .map(|skip| skip.test.clone())
            .filter(|test| !optional.has(test))
            .collect();

        for test in refused {
            self.check(&format!("{test} was skipped, and is not in {}", Optional::PATH), false);
        }
    }

    /// Writes the summary, with `notes` before its last line. That one stands alone, for programs
    /// that read the output.
    pub(crate) fn write(&self, f: &mut Formatter<'_>, notes: &[String]) -> fmt::Result {
        let Self { passed, failed, failures, skipped, not_run, .. } = self;

        // Once more at the end, where a reader who has only the end finds it.
        for Failure { said, .. } in failures {
            let first = said.len().saturating_sub(SAID);
            said[first..].iter().try_for_each(|line| writeln!(f, "{line}"))?;
        }
        writeln!(f, "\n== summary")?;
        for Failure { name, .. } in failures {
            writeln!(f, "failed   {name}")?;
        }
        for Skip { test, reason } in skipped.iter().chain(not_run) {
            writeln!(f, "skipped  {test}: {reason}")?;
        }
        for note in notes {
            writeln!(f, "{note}")?;
        }
        let passed = passed.saturating_sub(self.skipped_tests());
        let skipped = self.skipped_tests() + not_run.len();
        writeln!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }

    /// Returns how many tests said that they cannot run; one may say it for several parts.
    fn skipped_tests(&self) -> usize {
        self.skipped.iter().map(|skip| &skip.test).collect::<BTreeSet<_>>().len()
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, &[])
    }
}

/// The name in `test NAME ... FAILED`.
fn failed_test(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("test ")?.strip_suffix("FAILED")?.split_once(" ... ")?;

    Some(name)
}

/// The name in `---- NAME stdout ----`.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// Returns whether the output of a test ends before this line.
fn ends_output(line: &str) -> bool {
    ["stack backtrace:", "failures:", "successes:", "test result: "]
        .iter()
        .any(|word| line.starts_with(word))
}

/// The number in `ok. 5 passed; 0 failed; ..` before `word`.
fn count(counts: &str, word: &str) -> usize {
    let mut words = counts.split([' ', ';']).filter(|word| !word.is_empty());
    let mut before = "";

    words
        .find_map(|it| {
            if it == word {
                before.parse().ok()
            } else {
                before = it;
                None
            }
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
