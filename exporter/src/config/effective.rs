//! The settings in force, for people and programs that ask.

use std::collections::BTreeMap;

use figment::value::{Dict, Value};
use serde::{Serialize, Serializer};

use super::endpoint::without_secrets;
use super::secrets::ENDPOINTS;
use super::setting::Origin;
use super::{Config, Loaded, defaults, keys, owned};

/// The settings in force.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    pub settings: Vec<Effect>,
    /// Another one for other settings, also after a restart; without the quotes of an ETag.
    pub tag: String,
}

/// A setting in force.
#[derive(Clone, Debug)]
pub struct Effect {
    pub section: String,
    pub name: String,
    pub value: Shown,
    pub origin: Origin,
    /// A change takes effect without a restart.
    pub is_live: bool,
    /// The API cannot change it.
    pub is_by_file: bool,
}

/// A value without what may be secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown(Value);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Effective {
    /// The defaults.
    pub fn of_defaults() -> Self {
        let config = Config::default();
        let (problems, settings, of_file) = (Vec::new(), BTreeMap::new(), BTreeMap::new());

        Loaded { config, problems, settings, of_file }.effective_as("0".into())
    }
}

impl Loaded {
    /// Returns the settings in force, with the tag that they have.
    pub fn effective_as(&self, tag: String) -> Effective {
        let values = Value::serialize(&self.config).unwrap_or_else(|_| defaults());
        let effect = |key: keys::Key| {
            let (section, name) = key.name.split_once('.')?;
            let value = values.find_ref(&key.name)?;
            let origin = self.settings.get(&key.name).map(|setting| setting.origin.clone());
            Some(Effect {
                section: section.into(),
                name: name.into(),
                value: Shown(masked(&key.name, value)),
                origin: origin.unwrap_or(Origin::Default),
                is_live: key.is_live(),
                is_by_file: owned::is_by_file(&key.name),
            })
        };

        Effective { settings: keys::all().into_iter().filter_map(effect).collect(), tag }
    }
}

/// Headers write themselves without their values; endpoints do not.
fn masked(key: &str, value: &Value) -> Value {
    match value {
        Value::String(_, text) if ENDPOINTS.contains(&key) => Value::from(without_secrets(text)),
        Value::Array(_, values) => {
            Value::from(values.iter().map(|value| masked(key, value)).collect::<Vec<_>>())
        }
        Value::Dict(_, values) => {
            let entry = |(name, value): (&String, &Value)| (name.clone(), masked(key, value));
            Value::from(values.iter().map(entry).collect::<Dict>())
        }
        Value::String(..)
        | Value::Char(..)
        | Value::Bool(..)
        | Value::Num(..)
        | Value::Empty(..) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Command;

    #[test]
    fn settings_are_shown_with_their_origins_and_without_secrets() {
        let arguments = ["packet-exporter", "--config.file=config.toml", "--log.level=warn"];
        let Ok(Command::Run(inputs)) = Command::parse(arguments.map(Into::into)) else {
            panic!("not a command line")
        };
        let text =
            "[otlp]\nendpoints = ['http://host:4318/v1?key=secret']\nheaders = ['a=secret']\n";
        let loaded = Config::of(&inputs, Some(text)).unwrap();

        let effective = loaded.effective_as("7".into());

        let find = |section: &str, name: &str| {
            let is_it = |it: &&Effect| it.section == section && it.name == name;
            let found = effective.settings.iter().find(is_it).unwrap();
            (serde_json::to_string(&found.value).unwrap(), found.origin.to_string())
        };
        let value = |text: &str, origin: &str| (text.to_owned(), origin.to_owned());
        assert_eq!(effective.settings.len(), keys::all().len());
        assert_eq!(find("log", "level"), value("\"warn\"", "command line"));
        assert_eq!(find("sources", "limit"), value("100", "default"));
        assert_eq!(find("otlp", "headers"), value("[\"a=<secret>\"]", "config.toml:3"));
        let (endpoints, _) = find("otlp", "endpoints");
        assert!(endpoints.contains("host:4318") && !endpoints.contains("secret"), "{endpoints}");
    }
}
