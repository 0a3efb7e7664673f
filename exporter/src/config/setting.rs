//! One key as one place sets it.

use std::fmt;
use std::path::PathBuf;

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};

use super::endpoint::without_secrets;
use super::toml_value::tables;

/// The key whose value is a list of tables.
pub(super) const TABLES: &str = "datapath.override";

/// One key as one place sets it.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File {
        path: PathBuf,
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    CommandLine,
    /// A change through the API.
    Api,
}

impl Origin {
    /// Returns what kind of place it is.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File { .. } => "file",
            Self::Variable(_) => "environment",
            Self::CommandLine => "flag",
            Self::Api => "api",
        }
    }
}

impl Provider for Setting {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let nested = figment::util::nest(&self.key, self.value.clone());

        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}

impl Setting {
    /// Makes a setting of the texts that a variable or the command line holds.
    ///
    /// They become what `default` is, if they can: `5` is a number where numbers are asked for,
    /// and a text where texts are. What cannot stays a text, and is refused as one. Tables are written
    /// as in TOML.
    pub(super) fn from_texts(
        key: String,
        texts: Vec<String>,
        origin: Origin,
        default: &Value,
    ) -> Self {
        let value = if key == TABLES {
            Value::from(texts.iter().flat_map(|text| tables(text)).collect::<Vec<_>>())
        } else if let Some(defaults) = default.as_array() {
            let like = defaults.first().cloned().unwrap_or("".into());
            Value::from(texts.into_iter().map(|text| typed(text, &like)).collect::<Vec<_>>())
        } else {
            typed(texts.into_iter().next_back().unwrap_or_default(), default)
        };

        Self { key, value, origin }
    }
}

fn typed(text: String, default: &Value) -> Value {
    let typed = match default {
        Value::Bool(..) => text.parse::<bool>().map(Value::from).ok(),
        Value::Num(..) => text.parse::<i64>().map(Value::from).ok(),
        Value::String(..)
        | Value::Char(..)
        | Value::Empty(..)
        | Value::Dict(..)
        | Value::Array(..) => None,
    };

    typed.unwrap_or_else(|| Value::from(text))
}

/// Writes a value as people may see it: headers hold secrets, and so may endpoints.
pub(super) fn shown_for(key: &str, value: &Value) -> String {
    match (key, value) {
        ("otlp.headers" | "otlp.logs_headers", Value::Array(_, headers)) => {
            format!("[{} not shown]", headers.len())
        }
        ("otlp.headers" | "otlp.logs_headers", _) => "not shown".into(),
        ("otlp.endpoints" | "otlp.logs_endpoint", Value::String(_, text)) => {
            format!("{:?}", without_secrets(text))
        }
        ("otlp.endpoints" | "otlp.logs_endpoint", Value::Array(_, endpoints)) => {
            let endpoints: Vec<_> = endpoints.iter().map(|it| shown_for(key, it)).collect();
            format!("[{}]", endpoints.join(", "))
        }
        _ => shown(value),
    }
}

/// Writes a value as a refusal quotes it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Char(_, text) => format!("{text:?}"),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, number) => {
            let signed = number.to_i128().map(|number| number.to_string());
            let unsigned = || number.to_u128().map(|number| number.to_string());
            let float = || number.to_f64().map(|number| number.to_string());

            signed.or_else(unsigned).or_else(float).unwrap_or_default()
        }
        Value::Array(_, values) => {
            let values: Vec<_> = values.iter().map(element).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Dict(..) => "a section".into(),
        Value::Empty(..) => "nothing".into(),
    }
}

/// Writes what is in a list, also a table.
fn element(value: &Value) -> String {
    let Value::Dict(_, entries) = value else { return shown(value) };
    let set = entries.iter().filter(|(_, value)| !matches!(value, Value::Empty(..)));
    let entries: Vec<_> = set.map(|(key, value)| format!("{key} = {}", shown(value))).collect();

    format!("{{{}}}", entries.join(", "))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
            Self::Api => f.write_str("API"),
        }
    }
}
