//! The words that choose tests.

use std::path::Path;

/// Words that choose files of tests, and tests by parts of their names.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    files: Vec<String>,
    names: Vec<String>,
}

impl Filters {
    /// Separates files from names: a word that names a file of `tests/tests` chooses that file.
    pub(crate) fn new(words: &[&str]) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tests");

        Self::told_apart(words, |word| tests.join(word).with_extension("rs").is_file())
    }

    #[cfg(test)]
    pub(crate) fn with_files(words: &[&str], files: &[&str]) -> Self {
        Self::told_apart(words, |word| files.contains(&word))
    }

    /// Returns the files that are chosen; all of them if there are none.
    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    /// Returns parts of names, one of which a test's name must contain; any name will do if there
    /// are none.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.names.is_empty()
    }

    pub(crate) fn have_file(&self, file: &str) -> bool {
        self.files.is_empty() || self.files.iter().any(|it| it == file)
    }

    pub(crate) fn have_name(&self, name: &str) -> bool {
        self.names.is_empty() || self.ask_for(name)
    }

    /// Returns whether a word names this very test, or a part of its name.
    pub(crate) fn ask_for(&self, name: &str) -> bool {
        self.names.iter().any(|it| name.contains(it))
    }

    /// Returns the words, files first.
    pub(crate) fn shown(&self) -> String {
        [&self.files[..], &self.names].concat().join(" ")
    }

    fn told_apart(words: &[&str], is_file: impl Fn(&str) -> bool) -> Self {
        let owned = words.iter().map(|word| (*word).to_owned());
        let (files, names) = owned.partition(|word| is_file(word));

        Self { files, names }
    }
}
