//! The suites of tests, as `tests/suites.txt` lists them.

mod filters;

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use anyhow::{Context, Result, bail};

pub(crate) use filters::Filters;

/// What the list has for a file where a test is a unit test.
pub(crate) const UNIT_TESTS: &str = "lib";

/// Every suite of the project.
#[derive(Debug)]
pub(crate) struct Suites(Vec<Suite>);

/// Tests that run together.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    about: &'static str,
    members: Vec<Member>,
}

/// One line of a suite.
#[derive(Debug)]
struct Member {
    share: Share,
    /// A file of `tests/tests`, without its ending, or [`UNIT_TESTS`].
    file: &'static str,
    /// A test in it; `None` is all of them.
    test: Option<&'static str>,
}

/// Which other runs have a member of a suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Share {
    /// The default run has it too.
    Also,
    /// Only the suite has it.
    Only,
    /// The suite leaves it out, because it needs the assertions of the dev build.
    Dev,
    /// The test program has in itself what it tests. The suite builds it with `--release`, the
    /// default run does not.
    Linked,
}

/// The tests of one file that a run includes.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// The file's name in `tests/tests`, without its ending.
    pub(crate) file: &'static str,
    /// Parts of names; a test with none of them is left out, unless there are none.
    pub(crate) names: Vec<String>,
    /// The test program has in itself what it tests.
    pub(crate) is_linked: bool,
}

impl Suites {
    /// Where the list is, from the root of the project.
    const PATH: &str = "tests/suites.txt";

    /// Returns the project's own list.
    pub(crate) fn of_project() -> Result<Self> {
        Self::read(include_str!("../../tests/suites.txt"))
    }

    /// Reads a list, whose comments explain what it consists of.
    pub(crate) fn read(text: &'static str) -> Result<Self> {
        let mut suites = Vec::new();

        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            read_line(&mut suites, line)
                .with_context(|| format!("cannot read line {number} of {}", Self::PATH))?;
        }

        Ok(Self(suites))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Suite> {
        self.0.iter()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Suite> {
        self.iter().find(|suite| suite.name == name)
    }

    /// Returns the tests that only one of the suites runs, but those of `own`.
    pub(crate) fn only_elsewhere(&self, own: Option<&Suite>) -> Vec<&'static str> {
        let is_own = |suite: &&Suite| own.is_some_and(|own| own.name == suite.name);

        self.iter().filter(|suite| !is_own(suite)).flat_map(Suite::only).collect()
    }
}

impl Display for Suites {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Suite { name, about, .. } in self.iter() {
            writeln!(f, "  {name:<12}{about}")?;
        }

        Ok(())
    }
}

impl Suite {
    /// Returns the tests that no other run has.
    pub(crate) fn only(&self) -> impl Iterator<Item = &'static str> {
        self.tests(Share::Only)
    }

    /// Returns the tests of its files that need the dev build.
    pub(crate) fn dev(&self) -> impl Iterator<Item = &'static str> {
        self.tests(Share::Dev)
    }

    /// Returns the files it has whole.
    pub(crate) fn whole_files(&self) -> BTreeSet<&'static str> {
        self.members.iter().filter(|it| it.test.is_none()).map(|it| it.file).collect()
    }

    /// Returns the files with tests that need the dev build.
    pub(crate) fn dev_files(&self) -> BTreeSet<&'static str> {
        self.files(Share::Dev)
    }

    /// Returns the files whose test programs have in themselves what they test.
    pub(crate) fn linked_files(&self) -> BTreeSet<&'static str> {
        self.files(Share::Linked)
    }

    /// Returns what the suite runs of each file, where `filters` ask for it.
    pub(crate) fn parts(&self, filters: &Filters) -> Vec<Part> {
        let files: BTreeSet<&str> = self.members.iter().map(|it| it.file).collect();
        let (whole, linked) = (self.whole_files(), self.linked_files());

        let wanted = files.into_iter().filter(|file| filters.have_file(file));
        wanted
            .filter_map(|file| {
                let is_linked = linked.contains(file);
                if whole.contains(file) {
                    return Some(Part { file, names: filters.names().to_vec(), is_linked });
                }
                let of_file = self.members.iter().filter(|it| it.file == file);
                let tests = of_file.filter(|it| it.share != Share::Dev).filter_map(|it| it.test);
                let names: Vec<_> =
                    tests.filter(|name| filters.have_name(name)).map(str::to_owned).collect();
                (!names.is_empty()).then_some(Part { file, names, is_linked })
            })
            .collect()
    }

    fn files(&self, share: Share) -> BTreeSet<&'static str> {
        self.members.iter().filter(|it| it.share == share).map(|it| it.file).collect()
    }

    fn tests(&self, share: Share) -> impl Iterator<Item = &'static str> {
        self.members.iter().filter(move |it| it.share == share).filter_map(|it| it.test)
    }
}

/// Reads `NAME: ABOUT`, which begins a suite, or one of its members.
fn read_line(suites: &mut Vec<Suite>, line: &'static str) -> Result<()> {
    if !line.starts_with(' ') {
        let (name, about) = line.split_once(": ").context("it is not `NAME: WHAT IT TESTS`")?;
        if suites.iter().any(|suite| suite.name == name) {
            bail!("there are two suites `{name}`");
        }
        suites.push(Suite { name, about, members: Vec::new() });
        return Ok(());
    }

    let suite = suites.last_mut().context("it belongs to no suite")?;
    let words: Vec<_> = line.split_whitespace().collect();
    let (share, file, test) = match *words.as_slice() {
        ["also", file] => (Share::Also, file, None),
        ["also", file, test] => (Share::Also, file, Some(test)),
        ["only", file, test] => (Share::Only, file, Some(test)),
        ["dev", file, test] => (Share::Dev, file, Some(test)),
        ["linked", file] => (Share::Linked, file, None),
        _ => bail!(
            "it is not `also FILE [TEST]`, `only FILE TEST`, `dev FILE TEST` or `linked FILE`"
        ),
    };
    let file = file.strip_suffix(".rs").context("its file does not end with `.rs`")?;
    suite.members.push(Member { share, file, test });

    Ok(())
}

#[cfg(test)]
mod tests;
