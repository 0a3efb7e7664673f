//! Where the configuration comes from: a file, the environment, the command line.

use std::ffi::OsString;

use figment::value::{Dict, Value};

use super::ConfigError;
use super::file::ConfigFile;
use super::keys;
use super::layer::Layer;
use super::otel;
use super::problem::Problem;
use super::renamed;
use super::setting::{Origin, Setting, TABLES};

/// What every variable of the configuration begins with.
const PREFIX: &str = "PACKET_EXPORTER_";
/// What stands between section and name, because names hold `_`.
const SEPARATOR: &str = "__";

/// Where the configuration comes from, for the first reading and for those after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    pub file: ConfigFile,
    /// Names and values.
    variables: Vec<(String, String)>,
    /// Keys and what the command line has for them.
    flags: Vec<(String, Vec<String>)>,
    /// What the API has set since.
    layer: Layer,
}

impl Inputs {
    pub(super) fn new(file: ConfigFile, flags: Vec<(String, Vec<String>)>) -> Self {
        Self { file, variables: Vec::new(), flags, layer: Layer::default() }
    }

    /// Takes those variables that set a key, or look as if they were to.
    #[must_use]
    pub fn with_variables(
        mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let text = |text: OsString| text.to_string_lossy().into_owned();

        self.variables = variables
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .filter(|(name, _)| {
                key_of(name).is_some() || otel::is_otel(name) || misnamed(name).is_some()
            })
            .collect();
        self.variables.sort();

        self
    }

    /// Returns names and values of the variables that set a key, or look as if they were to.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the names of those variables.
    pub fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables().map(|(name, _)| name)
    }

    /// Takes a variable away.
    pub(super) fn leave_out(&mut self, variable: &str) {
        self.variables.retain(|(name, _)| name != variable);
    }

    /// Reads the text of the file; `None` where it is missing and may be. Blocks.
    pub fn read_file(&self) -> Result<Option<String>, ConfigError> {
        self.file.read()
    }

    /// Returns the same inputs with a file that must not be missing.
    #[must_use]
    pub fn with_a_file(mut self) -> Self {
        self.file = ConfigFile::Named(self.file.path().into());

        self
    }

    /// Returns what the API has set.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Returns the same inputs with what the API has set.
    #[must_use]
    pub fn with_layer(self, layer: Layer) -> Self {
        Self { layer, ..self }
    }

    /// Parses the text of the file.
    pub(super) fn of_file(
        &self,
        text: Option<&str>,
        defaults: &Value,
    ) -> Result<Vec<Setting>, ConfigError> {
        let sections = defaults.as_dict().cloned().unwrap_or_else(Dict::new);

        text.map_or(Ok(Vec::new()), |text| self.file.settings(text, &sections))
    }

    /// Returns every setting there is, the strongest last, and what is wrong with variables.
    pub(super) fn settings(
        &self,
        of_file: &[Setting],
        defaults: &Value,
    ) -> (Vec<Setting>, Vec<Problem>) {
        let default = |key: &str| {
            defaults.find_ref(renamed::current(key)).cloned().unwrap_or_else(|| "".into())
        };

        let mut settings = of_file.to_vec();
        let mut problems = Vec::new();
        for (name, text) in &self.variables {
            problems.extend(misnamed(name).map(|text| Problem::new(name, text)));
            let Some(key) = key_of(name) else { continue };
            let default = default(&key);
            let is_list = default.as_array().is_some() && key != TABLES;
            let texts = if is_list { list(text) } else { vec![text.clone()] };
            let origin = Origin::Variable(name.clone());
            settings.push(Setting::from_texts(key, texts, origin, &default));
        }
        let flags = self.flags.iter().map(|(key, texts)| {
            let default = default(key);
            Setting::from_texts(key.clone(), texts.clone(), Origin::CommandLine, &default)
        });
        let flags: Vec<_> = flags.collect();
        let (of_otel, of_problems) = otel::settings(&self.variables, &settings, &flags, defaults);
        settings.extend(of_otel);
        settings.extend(flags);
        settings.extend(self.layer.settings());
        problems.extend(of_problems);
        let (settings, renamed) = renamed::translated(&settings);
        problems.extend(renamed);

        (settings, problems)
    }
}

fn key_of(variable: &str) -> Option<String> {
    let key = variable.strip_prefix(PREFIX)?;

    key.contains(SEPARATOR).then(|| key.replace(SEPARATOR, ".").to_lowercase())
}

/// Returns what is wrong with a variable that looks as if it were to set a key, and sets none.
fn misnamed(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?;
    if name.contains(SEPARATOR) || is_of_kubernetes(name) {
        return None;
    }
    if name == "CONFIG_FILE" {
        return Some("it is ignored: the file is named by `--config.file`".into());
    }

    let key = keys::nearest_in_words(&name.to_lowercase())?;
    let right = key.replace('.', SEPARATOR).to_uppercase();
    Some(format!("it is ignored: the variable of `{key}` is {PREFIX}{right}"))
}

/// Returns whether Kubernetes sets such a variable, in every environment, for a service whose name
/// begins with `packet-exporter`: `SERVICE_HOST`, `SERVICE_PORT_METRICS`, `PORT_10199_TCP_ADDR`.
fn is_of_kubernetes(name: &str) -> bool {
    let of_port = ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| name.contains(protocol));

    ["SERVICE_HOST", "SERVICE_PORT"].iter().any(|part| name.contains(part))
        || format!("_{name}").ends_with("_PORT")
        || name.contains("PORT_") && of_port
}

/// Splits a list at its commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Into::into).collect()
}
