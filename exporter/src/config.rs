//! The configuration: defaults, then the file, then the environment, then the command line.

mod command;
mod datapath;
mod devices;
mod endpoint;
mod file;
mod header;
mod inputs;
mod keys;
mod listen_address;
mod log;
mod naming;
mod otel;
mod otlp;
mod pattern;
mod ports;
mod refusal;
mod same;
mod setting;
mod signals;
mod sources;
mod text;
mod vlans;
mod web;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use figment::Figment;
use figment::providers::Serialized;
use figment::value::Value;
use serde::{Deserialize, Serialize};

pub use self::command::{Command, Doctor, Inspect, Output, Parser, UsageError};
pub use self::datapath::{Datapath, Mode, Transmit};
pub use self::devices::Devices;
pub use self::endpoint::{Endpoint, Scheme, split_query};
pub use self::file::ConfigFile;
pub use self::header::{Header, HeaderError};
pub use self::inputs::Inputs;
pub use self::listen_address::{Host, ListenAddress, ListenAddressError};
pub use self::log::{Format, Level, Log};
pub use self::naming::Naming;
pub use self::otel::{Unheeded, percent_decoded};
pub use self::otlp::{Buckets, Compression, Names, Otlp, Protocol, Temporality};
pub use self::pattern::{Pattern, PatternError};
pub use self::ports::{Ephemeral, PortRange, PortRangeError, Ports};
pub use self::refusal::{Reason, Refusal};
pub use self::setting::Origin;
pub use self::signals::Signals;
pub use self::sources::Sources;
pub use self::vlans::Vlans;
pub use self::web::Web;

use self::setting::{Setting, shown_for};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub devices: Devices,
    pub datapath: Datapath,
    pub sources: Sources,
    pub ports: Ports,
    pub vlans: Vlans,
    pub signals: Signals,
    pub otlp: Otlp,
    pub web: Web,
    pub log: Log,
}

/// A configuration and where its values come from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// Variables that are not heeded.
    pub unheeded: Vec<Unheeded>,
    /// What is not a default, by key.
    settings: BTreeMap<String, Setting>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file `{}`", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("`{}` is not TOML: line {line}, column {column}: {}", .path.display(), .reason.message())]
    Syntax { path: PathBuf, line: usize, column: usize, reason: Box<toml::de::Error> },

    #[error("the configuration is refused:{}", lines(.0))]
    Refused(Vec<Refusal>),
}

impl Config {
    /// Reads `inputs`.
    ///
    /// # Errors
    ///
    /// All refusals are reported together, each with its key and its origin.
    pub fn load(inputs: &Inputs) -> Result<Loaded, ConfigError> {
        let keys: BTreeMap<_, _> = keys::all().into_iter().map(|k| (k.name.clone(), k)).collect();
        let defaults = defaults();
        let is_known = |setting: &Setting| keys.contains_key(&setting.key);
        let (settings, unheeded) = inputs.settings(&defaults)?;
        let (known, unknown): (Vec<_>, Vec<_>) = settings.into_iter().partition(is_known);
        // The last one wins.
        let settings: BTreeMap<_, _> = known.into_iter().map(|s| (s.key.clone(), s)).collect();

        let refuse = |key: &str| match (settings.get(key), defaults.find_ref(key)) {
            (Some(set), _) => Refusal::not_allowed(&keys[key], &set.value, set.origin.clone()),
            (None, Some(value)) => Refusal::not_allowed(&keys[key], value, Origin::Default),
            (None, None) => Refusal::not_allowed(&keys[key], &"".into(), Origin::Default),
        };
        let (config, errors) = Self::merged(settings.values());
        let unfit = errors.iter().map(|(key, error)| refuse(key).with_detail(error));
        let outside = config.refusals();
        let refusals: Vec<_> = unknown
            .iter()
            .map(Refusal::unknown)
            .chain(unfit)
            .chain(outside.iter().map(|key| refuse(key)))
            .collect();

        if !refusals.is_empty() {
            return Err(ConfigError::Refused(refusals));
        }

        Ok(Loaded { config, unheeded, settings })
    }

    /// Merges one setting after the other, because figment reports only the first that does not
    /// fit; those that do not are left out.
    fn merged<'a>(
        settings: impl Iterator<Item = &'a Setting>,
    ) -> (Self, Vec<(&'a str, figment::Error)>) {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        let mut config = Self::default();
        let mut errors = Vec::new();

        for setting in settings {
            let with = figment.clone().merge(setting);
            match with.extract() {
                Ok(extracted) => (config, figment) = (extracted, with),
                Err(error) => errors.push((setting.key.as_str(), error)),
            }
        }

        (config, errors)
    }

    /// Names the keys whose values are not allowed.
    fn refusals(&self) -> Vec<String> {
        let Self { devices, datapath, sources, ports, vlans, signals, otlp, web, log } = self;
        let sections = [
            ("devices", devices.refusals()),
            ("datapath", datapath.refusals()),
            ("sources", sources.refusals()),
            ("ports", ports.refusals()),
            ("vlans", vlans.refusals()),
            ("signals", signals.refusals()),
            ("otlp", otlp.refusals()),
            ("web", web.refusals()),
            ("log", log.refusals()),
        ];

        let mut refused: Vec<_> = sections
            .into_iter()
            .flat_map(|(section, names)| names.into_iter().map(move |n| format!("{section}.{n}")))
            .collect();
        // A window of less than an interval would be one of an interval, and not say so.
        let is_allowed = |key: &str| refused.iter().all(|it| it != key);
        if signals.window < datapath.interval
            && is_allowed("signals.window")
            && is_allowed("datapath.interval")
        {
            refused.push("signals.window".to_owned());
        }

        refused
    }
}

/// Gives the names whose values are not allowed.
fn refused<const N: usize>(names: [(&'static str, bool); N]) -> Vec<&'static str> {
    names.into_iter().filter(|(_, is_allowed)| !is_allowed).map(|(name, _)| name).collect()
}

#[expect(clippy::expect_used, reason = "there is no other value to go on with")]
fn defaults() -> Value {
    Value::serialize(Config::default()).expect("defaults are plain values, as the tests show")
}

fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().flat_map(|refusal| ["\n  ".into(), refusal.to_string()]).collect()
}

/// Writes what `--config.check` prints.
impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "config is valid")?;
        if self.settings.is_empty() {
            writeln!(f, "  every key has its default")?;
        }
        for Setting { key, value, origin } in self.settings.values() {
            writeln!(f, "  {key} = {} ({origin})", shown_for(key, value))?;
        }
        for unheeded in &self.unheeded {
            writeln!(f, "  {unheeded}")?;
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests;
