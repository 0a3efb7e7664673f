//! The configuration: defaults, then the file, then the environment, then the command line.

mod api;
mod auto;
mod blame;
mod change;
mod client_name;
mod command;
mod condition;
mod datapath;
mod devices;
mod dscp;
mod effective;
mod endpoint;
mod file;
mod following;
mod header;
mod inputs;
mod keys;
mod layer;
mod listen_address;
mod log;
mod metrics;
mod mode;
mod naming;
mod network;
mod once;
mod otel;
mod otlp;
mod overrides;
mod owned;
mod parser;
mod patch;
mod pattern;
mod ports;
mod problem;
mod refusal;
mod renamed;
mod same;
mod samples;
mod secrets;
mod setting;
mod signals;
mod sources;
mod text;
mod tokens;
mod toml_value;
mod user;
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

pub use self::api::Api;
pub use self::auto::{Auto, Bytes, BytesError};
pub use self::change::{Change, Changed, Overridden};
pub use self::client_name::{AlternativeName, ClientName, ClientNameError};
pub use self::command::{
    Bundle, By, Command, Doctor, DocumentFormat, Expiry, Gateway, Inspect, NewToken, Output,
    Parser, Top, UsageError, WantedDocument,
};
pub use self::condition::{Condition, ConditionError};
pub use self::datapath::{Datapath, Transmit};
pub use self::devices::Devices;
pub use self::dscp::Dscp;
pub use self::effective::{Effect, Effective, Shown};
pub use self::endpoint::{Endpoint, Scheme, split_query};
pub use self::file::ConfigFile;
pub use self::following::Following;
pub use self::header::{Header, HeaderError};
pub use self::inputs::Inputs;
pub use self::layer::Layer;
pub use self::listen_address::{Host, ListenAddress, ListenAddressError};
pub use self::log::{Format, Level, Log};
pub use self::metrics::Metrics;
pub use self::mode::Mode;
pub use self::naming::Naming;
pub use self::network::{Network, NetworkError};
pub use self::otel::{attributes, unquoted};
pub use self::otlp::{Buckets, Compression, MetricNames, Otlp, Protocol, Temporality};
pub use self::overrides::{Class, Override};
pub use self::parser::Parsing;
pub use self::patch::{Fault, Patch, Patched, Unpatched, Wanted};
pub use self::pattern::{Pattern, PatternError};
pub use self::ports::{Ephemeral, PortRange, PortRangeError, Ports};
pub use self::problem::Problem;
pub use self::refusal::{Reason, Refusal};
pub use self::samples::Samples;
pub use self::secrets::secrets;
pub use self::setting::Origin;
pub use self::signals::Signals;
pub use self::sources::Sources;
pub use self::tokens::{Token, TokensError};
pub use self::user::{User, UserError};
pub use self::vlans::Vlans;
pub use self::web::Web;

use self::keys::Key;
use self::setting::{Setting, shown_for};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub devices: Devices,
    pub datapath: Datapath,
    pub parser: Parsing,
    pub sources: Sources,
    pub ports: Ports,
    pub vlans: Vlans,
    pub dscp: Dscp,
    pub signals: Signals,
    pub samples: Samples,
    pub metrics: Metrics,
    pub otlp: Otlp,
    pub web: Web,
    pub api: Api,
    pub log: Log,
    pub config: Following,
}

/// A configuration and where its values come from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// What is wrong with settings that are not refused.
    pub problems: Vec<Problem>,
    /// What is not a default, by key.
    settings: BTreeMap<String, Setting>,
    /// What the file sets, by key.
    of_file: BTreeMap<String, Setting>,
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
        Self::of(inputs, inputs.read_file()?.as_deref())
    }

    /// Takes `inputs` together, with the text of their file, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn of(inputs: &Inputs, text: Option<&str>) -> Result<Loaded, ConfigError> {
        let defaults = defaults();
        let of_file = inputs.of_file(text, &defaults)?;
        let attempt =
            |inputs: &Inputs| Attempt::new(inputs.settings(&of_file, &defaults), &defaults);
        let mut inputs = inputs.clone();
        let mut left_out = Vec::new();

        loop {
            let Attempt { config, settings, problems, refusals } = attempt(&inputs);
            if refusals.is_empty() {
                let problems = left_out.into_iter().chain(problems).collect();
                let (of_file, _) = renamed::translated(&of_file);
                return Ok(Loaded { config, problems, settings, of_file: by_key(of_file) });
            }
            let Some(problem) = blame::variable(&refusals, &settings, &inputs, attempt) else {
                return Err(ConfigError::Refused(refusals));
            };
            inputs.leave_out(&problem.setting);
            left_out.push(problem);
        }
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
        let Self {
            devices,
            datapath,
            parser,
            sources,
            ports,
            vlans,
            dscp,
            signals,
            samples,
            metrics,
            otlp,
            web,
            api,
            log,
            config,
        } = self;
        let sections = [
            ("devices", devices.refusals()),
            ("datapath", datapath.refusals()),
            ("parser", parser.refusals()),
            ("sources", sources.refusals()),
            ("ports", ports.refusals()),
            ("vlans", vlans.refusals()),
            ("dscp", dscp.refusals()),
            ("signals", signals.refusals()),
            ("samples", samples.refusals()),
            ("metrics", metrics.refusals()),
            ("otlp", otlp.refusals()),
            ("web", web.refusals()),
            ("api", api.refusals()),
            ("log", log.refusals()),
            ("config", config.refusals()),
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

/// What becomes of settings.
struct Attempt {
    config: Config,
    /// What is not a default, by key.
    settings: BTreeMap<String, Setting>,
    problems: Vec<Problem>,
    refusals: Vec<Refusal>,
}

impl Attempt {
    fn new((settings, problems): (Vec<Setting>, Vec<Problem>), defaults: &Value) -> Self {
        let keys: BTreeMap<_, _> = keys::all().into_iter().map(|k| (k.name.clone(), k)).collect();
        let is_known = |setting: &Setting| keys.contains_key(&setting.key);
        let (known, unknown): (Vec<_>, Vec<_>) = settings.into_iter().partition(is_known);
        let settings = by_key(known);

        let refuse = |key: &str| {
            let allowed = keys.get(key).map_or("what its section allows", Key::allowed);
            let (value, origin) = match (settings.get(key), defaults.find_ref(key)) {
                (Some(set), _) => (set.value.clone(), set.origin.clone()),
                (None, default) => (default.cloned().unwrap_or("".into()), Origin::Default),
            };
            Refusal::not_allowed(key, allowed, &value, origin)
        };
        let (config, errors) = Config::merged(settings.values());
        let unfit = errors.iter().map(|(key, error)| refuse(key).with_detail(error));
        let outside = config.refusals();
        let refusals: Vec<_> = unknown
            .iter()
            .map(Refusal::unknown)
            .chain(unfit)
            .chain(outside.iter().map(|key| refuse(key)))
            .collect();

        Self { config, settings, problems, refusals }
    }
}

/// Returns the names whose values are not allowed.
fn refused<const N: usize>(names: [(&'static str, bool); N]) -> Vec<&'static str> {
    names.into_iter().filter(|(_, is_allowed)| !is_allowed).map(|(name, _)| name).collect()
}

/// Returns settings by their key; the last one of a key wins.
fn by_key(settings: Vec<Setting>) -> BTreeMap<String, Setting> {
    settings.into_iter().map(|setting| (setting.key.clone(), setting)).collect()
}

#[expect(clippy::expect_used, reason = "there is no other value to go on with")]
fn defaults() -> Value {
    Value::serialize(Config::default()).expect("defaults are plain values, as the tests show")
}

fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().flat_map(|refusal| ["\n  ".into(), refusal.to_string()]).collect()
}

impl Loaded {
    /// Writes every key with its value and where that comes from, secrets left out.
    pub fn effective(&self) -> String {
        let defaults = defaults();
        let line = |Key { name, .. }: Key| {
            let setting = self.settings.get(&name);
            let origin = setting.map_or(&Origin::Default, |setting| &setting.origin);
            let value = setting.map(|setting| &setting.value).or(defaults.find_ref(&name));
            let value = value.map(|value| shown_for(&name, value)).unwrap_or_default();
            format!("{name} = {value} ({origin})\n")
        };
        let problems = self.problems.iter().map(|problem| format!("{problem}\n"));

        keys::all().into_iter().map(line).chain(problems).collect()
    }
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
        for problem in &self.problems {
            writeln!(f, "  {problem}")?;
        }

        Ok(())
    }
}

#[cfg(test)]
mod tests;
