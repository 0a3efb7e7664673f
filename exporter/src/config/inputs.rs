//! Where the configuration comes from: a file, the environment, the command line.

use std::ffi::OsString;

use figment::value::{Dict, Value};

use super::ConfigError;
use super::file::ConfigFile;
use super::otel::{self, Unheeded};
use super::setting::{Origin, Setting};

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
}

impl Inputs {
    pub(super) fn new(file: ConfigFile, flags: Vec<(String, Vec<String>)>) -> Self {
        Self { file, variables: Vec::new(), flags }
    }

    /// Takes those variables that set a key.
    ///
    /// A Kubernetes service named `packet-exporter` puts `PACKET_EXPORTER_SERVICE_HOST` and the
    /// like into every environment; they have no section, and are none of ours.
    #[must_use]
    pub fn with_variables(
        mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let text = |text: OsString| text.to_string_lossy().into_owned();

        self.variables = variables
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .filter(|(name, _)| key_of(name).is_some() || otel::is_otel(name))
            .collect();
        self.variables.sort();

        self
    }

    /// Gives every setting there is, the strongest last, and what was left out.
    pub(super) fn settings(
        &self,
        defaults: &Value,
    ) -> Result<(Vec<Setting>, Vec<Unheeded>), ConfigError> {
        let sections = defaults.as_dict().cloned().unwrap_or_else(Dict::new);
        let default = |key: &str| defaults.find_ref(key).cloned().unwrap_or_else(|| "".into());

        let mut settings = self.file.settings(&sections)?;
        for (name, text) in &self.variables {
            let Some(key) = key_of(name) else { continue };
            let default = default(&key);
            let texts = if default.as_array().is_some() { list(text) } else { vec![text.clone()] };
            let origin = Origin::Variable(name.clone());
            settings.push(Setting::from_texts(key, texts, origin, &default));
        }
        let flags = self.flags.iter().map(|(key, texts)| {
            let default = default(key);
            Setting::from_texts(key.clone(), texts.clone(), Origin::CommandLine, &default)
        });
        let flags: Vec<_> = flags.collect();
        let (of_otel, unheeded) = otel::settings(&self.variables, &settings, &flags, defaults);
        settings.extend(of_otel);
        settings.extend(flags);

        Ok((settings, unheeded))
    }
}

fn key_of(variable: &str) -> Option<String> {
    let key = variable.strip_prefix(PREFIX)?;

    key.contains(SEPARATOR).then(|| key.replace(SEPARATOR, ".").to_lowercase())
}

/// Splits a list at its commas.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Into::into).collect()
}
