//! What is wrong with a setting without being refused.

use std::fmt;

/// A variable of the environment that does not do what its value says, or a key with an old name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable or the key.
    pub setting: String,
    /// What is wrong, and what is ignored. Values that may be secret are not in it.
    pub text: String,
}

impl Problem {
    pub(super) fn new(setting: &str, text: impl Into<String>) -> Self {
        Self { setting: setting.into(), text: text.into() }
    }

    /// The variable would have to be `expected`.
    pub(super) fn expected(variable: &str, expected: &str) -> Self {
        Self::new(variable, format!("it is ignored: it must be {expected}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, text } = self;

        write!(f, "{setting}: {text}")
    }
}
