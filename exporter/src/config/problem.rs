//! What is wrong with a variable of the environment without being refused.

use std::fmt;

/// A variable of the environment that does not do what its value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub variable: String,
    /// What is wrong, and what is ignored. Values that may be secret are not in it.
    pub text: String,
}

impl Problem {
    pub(super) fn new(variable: &str, text: impl Into<String>) -> Self {
        Self { variable: variable.into(), text: text.into() }
    }

    /// The variable would have to be `expected`.
    pub(super) fn expected(variable: &str, expected: &str) -> Self {
        Self::new(variable, format!("it is ignored: it must be {expected}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, text } = self;

        write!(f, "{variable}: {text}")
    }
}
