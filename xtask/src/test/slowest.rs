//! Which tests take longest, from when the lines of a test runner come.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// How many are shown.
const SHOWN: usize = 10;

/// Times of tests that run one at a time, and of whole test programs.
#[derive(Debug, Default)]
pub(crate) struct Slowest {
    times: Vec<(Duration, String)>,
    /// The test program that runs, as cargo names it.
    program: String,
    /// When the line before came.
    before: Duration,
}

impl Slowest {
    /// Takes in one line of a runner that runs `one_at_a_time` or many tests at once, and when it
    /// came, counted from the same moment for all lines.
    pub(crate) fn read(&mut self, line: &str, at: Duration, one_at_a_time: bool) {
        let took = at.saturating_sub(self.before);

        if let Some((program, _)) =
            line.trim().strip_prefix("Running ").and_then(|it| it.split_once(" ("))
        {
            program.clone_into(&mut self.program);
        } else if one_at_a_time && let Some(name) = ended_test(line) {
            self.times.push((took, name.to_owned()));
        } else if !one_at_a_time && let Some(took) = finished_in(line) {
            self.times.push((took, format!("all of {}", self.program)));
        } else {
            return;
        }
        self.before = at;
    }
}

impl Display for Slowest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut times: Vec<_> = self.times.iter().collect();
        times.sort_by_key(|(took, _)| std::cmp::Reverse(*took));

        writeln!(f, "\n== slowest")?;
        for (took, name) in times.into_iter().take(SHOWN) {
            writeln!(f, "{:>7.1} s  {name}", took.as_secs_f64())?;
        }

        Ok(())
    }
}

/// The name in `test NAME ... ok`, whatever was printed between.
fn ended_test(line: &str) -> Option<&str> {
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;

    (!result.starts_with("ignored")).then_some(name)
}

/// The time in `test result: ok. 5 passed; ..; finished in 1.20s`.
fn finished_in(line: &str) -> Option<Duration> {
    let (_, time) = line.strip_prefix("test result: ")?.split_once("finished in ")?;
    let seconds: f64 = time.trim().strip_suffix('s')?.parse().ok()?;

    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_come_first() {
        let mut slowest = Slowest::default();
        let lines = [
            (1000, "     Running tests/live.rs (target/debug/deps/live-1)"),
            (1010, "running 3 tests"),
            (1500, "test quick ... ok"),
            (4500, "test slow ... FAILED"),
            (4600, "test not_asked_for ... ignored, needs root"),
            (4700, "test result: FAILED. 1 passed; 1 failed; finished in 3.70s"),
        ];

        for (at, line) in lines {
            slowest.read(line, Duration::from_millis(at), true);
        }

        assert_eq!(slowest.to_string(), "\n== slowest\n    3.0 s  slow\n    0.5 s  quick\n");
    }

    #[test]
    fn of_tests_that_run_at_once_the_programs_are_timed() {
        let mut slowest = Slowest::default();

        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/exporter-1)",
            "test one ... ok",
            "test result: ok. 1 passed; 0 failed; finished in 12.25s",
        ] {
            slowest.read(line, Duration::from_secs(1), false);
        }

        let shown = "\n== slowest\n   12.2 s  all of unittests src/lib.rs\n";
        assert_eq!(slowest.to_string(), shown);
    }
}
