//! What the test runners report, added up.

use std::fmt::{self, Display, Formatter};

/// How a test says that it cannot run here: `SKIPPED name: reason`, and then it returns.
const SKIPPED: &str = "SKIPPED ";
/// Most lines of a failed test's output that are said again.
const SAID: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// As the runners have it, who take a skipped test for a passed one.
    passed: usize,
    failed: usize,
    failures: Vec<Failure>,
    /// Whose output is being read, as a place among the failures.
    speaker: Option<usize>,
    skipped: Vec<String>,
    not_run: Vec<String>,
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
            self.skipped.push(skipped.to_owned());
        } else if let Some(test) = failed_test(line) {
            self.failures.push(Failure::of(test));
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
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
        self.not_run.push(format!("{test}: {reason}"));
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0
    }
}

/// The last line stands alone, for whoever reads the output by program.
impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, failures, skipped, not_run, .. } = self;

        // Once more at the end, where whoever has only the end finds it.
        for Failure { said, .. } in failures {
            let first = said.len().saturating_sub(SAID);
            said[first..].iter().try_for_each(|line| writeln!(f, "{line}"))?;
        }
        writeln!(f, "\n== summary")?;
        for Failure { name, .. } in failures {
            writeln!(f, "failed   {name}")?;
        }
        for test in skipped.iter().chain(not_run) {
            writeln!(f, "skipped  {test}")?;
        }
        let passed = passed.saturating_sub(skipped.len());
        let skipped = skipped.len() + not_run.len();
        writeln!(f, "{passed} passed, {failed} failed, {skipped} skipped")
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

/// Says whether what a test said ends before this line.
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
mod tests {
    use super::*;

    #[test]
    fn the_last_line_sums_what_the_runners_said() {
        let mut tally = Tally::default();

        for line in [
            "running 4 tests",
            "test parse::a_frame_is_counted ... ok",
            "test parse::a_tag_is_skipped ... FAILED",
            "SKIPPED scrape: no promtool",
            "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; 0.00s",
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; 1.20s",
        ] {
            tally.read(line);
        }
        tally.check("clippy", true);
        tally.not_run("kernel", "needs root");

        assert_eq!(
            tally.to_string(),
            "
== summary
failed   parse::a_tag_is_skipped
skipped  scrape: no promtool
skipped  kernel: needs root
10 passed, 1 failed, 2 skipped
"
        );
    }

    #[test]
    fn what_a_failed_test_said_is_said_again_at_the_end() {
        let mut tally = Tally::default();

        for line in [
            "test a_tag_is_skipped ... FAILED",
            "test b ... ok",
            "successes:",
            "---- b stdout ----",
            "of no interest",
            "failures:",
            "---- a_tag_is_skipped stdout ----",
            "thread 'a_tag_is_skipped' panicked at tests/parse.rs:7:5:",
            "3 tags",
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
            "failures:",
            "    a_tag_is_skipped",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; 0.00s",
        ] {
            tally.read(line);
        }

        assert_eq!(
            tally.to_string(),
            "\
---- a_tag_is_skipped stdout ----
thread 'a_tag_is_skipped' panicked at tests/parse.rs:7:5:
3 tags

== summary
failed   a_tag_is_skipped
1 passed, 1 failed, 0 skipped
"
        );
    }

    #[test]
    fn a_skip_is_seen_behind_the_words_of_the_runner() {
        let mut tally = Tally::default();

        tally.read("test otlp ... SKIPPED otlp: no receiver");
        tally.read("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");

        assert!(tally.to_string().ends_with("\n0 passed, 0 failed, 1 skipped\n"), "{tally}");
    }
}
