//! What is wrong with the configuration, for whoever has to change it.

use std::fmt;

use figment::error::Kind;
use figment::value::Value;

use super::keys;
use super::setting::{Origin, Setting, shown_for};

/// One key that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub key: String,
    pub origin: Origin,
    pub reason: Reason,
}

/// Why a key is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing reads it; there may be a key that is spelled like it.
    Unknown { nearest: Option<String> },
    /// It is the name of a section, and has a value.
    Section,
    /// It has to be `allowed`, and is `value`; there may be more to say about that.
    NotAllowed { allowed: String, value: String, detail: Option<String> },
}

impl Refusal {
    pub(super) fn unknown(setting: &Setting) -> Self {
        let Setting { key, value: _, origin } = setting;
        let reason = match keys::nearest(key) {
            Some(section) if section == *key => Reason::Section,
            nearest => Reason::Unknown { nearest },
        };

        Self { key: key.clone(), origin: origin.clone(), reason }
    }

    pub(super) fn not_allowed(key: &str, allowed: &str, value: &Value, origin: Origin) -> Self {
        let (allowed, value) = (allowed.to_owned(), shown_for(key, value));
        let reason = Reason::NotAllowed { allowed, value, detail: None };

        Self { key: key.into(), origin, reason }
    }

    /// Adds what the type of the value has to say about it.
    pub(super) fn with_detail(mut self, error: &figment::Error) -> Self {
        if let (Reason::NotAllowed { detail, .. }, Kind::Message(text)) =
            (&mut self.reason, &error.kind)
        {
            *detail = Some(text.clone());
        }

        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, origin, reason } = self;

        write!(f, "`{key}` ({origin}): {reason}")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { nearest: None } => f.write_str("there is no such key"),
            Self::Unknown { nearest: Some(nearest) } => {
                write!(f, "there is no such key; did you mean `{nearest}`?")
            }
            Self::Section => f.write_str("is a section, and keys are set within it"),
            Self::NotAllowed { allowed, value, detail: None } => {
                write!(f, "must be {allowed}, is {value}")
            }
            Self::NotAllowed { allowed, value, detail: Some(detail) } => {
                write!(f, "must be {allowed}, is {value}: {detail}")
            }
        }
    }
}
