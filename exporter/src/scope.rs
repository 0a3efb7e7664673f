//! What a client may do.

use std::fmt;
use std::str::FromStr;

/// What a client may do. Each scope includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    #[default]
    Metrics,
    Read,
    Inspect,
    Propose,
    Admin,
}

/// A text that names no scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; the scopes are metrics, read, inspect, propose and admin")]
pub struct UnknownScope(String);

impl Scope {
    /// All scopes, the lowest first.
    pub const ALL: [Self; 5] =
        [Self::Metrics, Self::Read, Self::Inspect, Self::Propose, Self::Admin];

    /// Returns its name in tokens, in the configuration and in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Read => "read",
            Self::Inspect => "inspect",
            Self::Propose => "propose",
            Self::Admin => "admin",
        }
    }

    /// Returns what it adds to the scope before it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Metrics => "Read what `/metrics` shows.",
            Self::Read => "Read history, events and the configuration without its secrets.",
            Self::Inspect => "Submit packets, and see packets with their payload.",
            Self::Propose => "Propose rules for packets.",
            Self::Admin => "Change settings.",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        /// Of a text that may be anything.
        const SHOWN: usize = 32;
        let shown = || text.chars().take(SHOWN).flat_map(char::escape_default).collect();

        let scope = Self::ALL.into_iter().find(|scope| scope.name() == text);
        scope.ok_or_else(|| UnknownScope(shown()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_by_their_names_and_include_those_before_them() {
        for scope in Scope::ALL {
            assert_eq!(scope.name().parse(), Ok(scope));
            assert!(scope.meaning().ends_with('.'), "{scope}");
        }

        assert!(Scope::ALL.is_sorted());
        let error = "Admin\n".parse::<Scope>().unwrap_err().to_string();
        assert!(error.starts_with("`Admin\\n` is no scope; the scopes are metrics,"), "{error}");
    }
}
