//! The arguments of `cargo xtask test`.

use crate::suites::Filters;

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// Whether a skipped test fails.
    pub(crate) is_strict: bool,
    /// The suite to run; the default run without one.
    pub(crate) suite: Option<String>,
    pub(crate) filters: Filters,
}

impl Arguments {
    /// Reads them in any order.
    ///
    /// # Errors
    ///
    /// Names an option that does not exist or lacks its value.
    pub(crate) fn read(words: &[&str]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut filters = Vec::new();

        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            match word.split_once('=').unwrap_or((word, "")) {
                ("--strict", "") => arguments.is_strict = true,
                ("--suite", "") => {
                    let name = words.next().filter(|name| !name.starts_with('-'));
                    let name = name.ok_or("`--suite` lacks the name of a suite")?;
                    arguments.suite = Some(name.to_owned());
                }
                ("--suite", name) => arguments.suite = Some(name.to_owned()),
                _ if word.starts_with('-') => return Err(format!("there is no option `{word}`")),
                _ => filters.push(word),
            }
        }
        arguments.filters = Filters::new(&filters);

        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_filters_come_in_any_order() {
        for words in [
            ["--strict", "--suite", "otlp", "dumps", "service"],
            ["dumps", "--suite", "otlp", "service", "--strict"],
        ] {
            let Arguments { is_strict, suite, filters } = Arguments::read(&words).unwrap();

            assert!(is_strict);
            assert_eq!(suite.as_deref(), Some("otlp"));
            assert_eq!(filters.shown(), "service dumps");
        }
        let arguments = Arguments::read(&["--suite=otlp"]).unwrap();
        assert_eq!(arguments.suite.as_deref(), Some("otlp"));
        assert!(!arguments.is_strict && arguments.filters.is_empty());
    }

    #[test]
    fn an_option_that_is_wrong_is_named() {
        let refusal = |words: &[&str]| Arguments::read(words).unwrap_err();

        assert_eq!(refusal(&["--strcit"]), "there is no option `--strcit`");
        assert_eq!(refusal(&["--suite"]), "`--suite` lacks the name of a suite");
        assert_eq!(refusal(&["--suite", "--strict"]), "`--suite` lacks the name of a suite");
    }
}
