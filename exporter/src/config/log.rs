//! `[log]`: what is logged and how.

use serde::{Deserialize, Serialize};

/// What is logged, to standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The least important messages to log: error, warn, info or debug.
    pub level: Level,
    /// How a message is written: logfmt or json.
    /// Needs a restart.
    pub format: Format,
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Logfmt,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: Level::Info, format: Format::Logfmt }
    }
}

impl Log {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self {
            level: Level::Error | Level::Warn | Level::Info | Level::Debug,
            format: Format::Logfmt | Format::Json,
        } = self;

        Vec::new()
    }
}
