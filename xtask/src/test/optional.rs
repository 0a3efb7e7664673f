//! The tools that a machine may lack, and the tests that cannot run without them.

use std::collections::BTreeSet;

/// Tests that may be skipped, by name.
#[derive(Debug)]
pub(crate) struct Optional {
    tests: BTreeSet<String>,
}

impl Optional {
    /// Where the list is, from the root of the project.
    pub(crate) const PATH: &str = "tests/optional.txt";

    /// Returns the project's own list.
    pub(crate) fn of_project() -> Self {
        Self::read(include_str!("../../../tests/optional.txt"))
    }

    /// Reads a list: below the name of each tool its tests, indented; `#` begins a comment.
    pub(crate) fn read(text: &str) -> Self {
        let tests = text
            .lines()
            .filter(|line| line.starts_with(' '))
            .map(|line| line.trim().to_owned())
            .filter(|test| !test.is_empty())
            .collect();

        Self { tests }
    }

    /// Returns whether `test` may be skipped; a path in front of its name does not matter.
    pub(crate) fn has(&self, test: &str) -> bool {
        let name = test.rsplit("::").next().unwrap_or(test);

        self.tests.contains(name)
    }
}
