//! How the configuration is doing; plain data.

use std::collections::BTreeMap;
use std::time::SystemTime;

/// What had the configuration read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReloadSource {
    /// The file changed.
    File,
    /// SIGHUP.
    Signal,
    /// A request over HTTP.
    Api,
}

/// How reading the configuration again ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReloadOutcome {
    /// Keys have other values; of these, live ones are in force.
    Applied,
    /// No key has another value.
    Unchanged,
    /// It is not valid, and everything stays as it was.
    Refused,
}

/// How the configuration is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The last attempt to read it succeeded.
    pub is_current: bool,
    /// When it was last read with success.
    pub read: Option<SystemTime>,
    /// How often it was read again.
    pub reloads: BTreeMap<(ReloadSource, ReloadOutcome), u64>,
    /// Keys of the file that the environment or the command line overrides.
    pub overridden: u64,
    /// Keys whose new value needs a restart.
    pub waiting: u64,
}

impl ReloadSource {
    /// Every source, in the order of the catalogue.
    pub const ALL: [Self; 3] = [Self::File, Self::Signal, Self::Api];

    pub const fn label(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Signal => "signal",
            Self::Api => "api",
        }
    }
}

impl ReloadOutcome {
    /// Every outcome, in the order of the catalogue.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Unchanged, Self::Refused];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}
