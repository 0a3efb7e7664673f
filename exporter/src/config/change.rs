//! What changes where one configuration follows another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use figment::value::Value;

use super::keys::{self, Key};
use super::setting::{Origin, Setting, shown_for};
use super::{Attempt, Config, ConfigError, Loaded, defaults};

/// What changes where one configuration follows another.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is in force then: keys that need a restart keep their values.
    pub next: Loaded,
    /// Keys with another value, which takes effect at once.
    pub live: Vec<Changed>,
    /// Keys whose value takes effect after a restart.
    pub waiting: Vec<Changed>,
    /// Keys that are changed in the file to no effect, because a stronger place sets them.
    pub shadowed: Vec<Overridden>,
}

/// A key and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub key: String,
    /// Without what may be secret, and so is the one before.
    pub value: String,
    pub was: String,
    pub origin: Origin,
}

/// A key of the file that a stronger place sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overridden {
    pub key: String,
    /// Its place in the file.
    pub origin: Origin,
    /// What sets it.
    pub by: Origin,
}

impl Loaded {
    /// Returns what changes where `new` follows this configuration, which is in force.
    ///
    /// # Errors
    ///
    /// When the live keys of the one do not go together with the other keys of the other.
    pub fn followed_by(&self, new: &Self) -> Result<Change, ConfigError> {
        let defaults = defaults();
        let keys = keys::all();
        let differing = differing(&self.config, &new.config);
        let changed =
            |key: &Key| differing.contains(&key.name).then(|| self.changed(new, key, &defaults));

        let next = self.next(new, &keys, &defaults)?;
        let (live, waiting): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.is_live());
        Ok(Change {
            next,
            live: live.into_iter().filter_map(changed).collect(),
            waiting: waiting.into_iter().filter_map(changed).collect(),
            shadowed: self.shadowed_in(new),
        })
    }

    /// Returns the keys of the file that a stronger place sets.
    pub fn overridden(&self) -> Vec<Overridden> {
        let overridden = |of_file: &Setting| {
            let by = &self.settings.get(&of_file.key)?.origin;
            let (key, origin) = (of_file.key.clone(), of_file.origin.clone());
            (*by != origin).then(|| Overridden { key, origin, by: by.clone() })
        };

        self.of_file.values().filter_map(overridden).collect()
    }

    /// Returns the live keys of `new` with the other keys of this configuration.
    fn next(&self, new: &Self, keys: &[Key], defaults: &Value) -> Result<Self, ConfigError> {
        let is_live = |key: &str| keys.iter().find(|it| it.name == key).is_none_or(Key::is_live);
        let of = |settings: &BTreeMap<String, Setting>, wanted: bool| -> Vec<Setting> {
            settings.values().filter(|it| is_live(&it.key) == wanted).cloned().collect()
        };

        let settings = [of(&new.settings, true), of(&self.settings, false)].concat();
        let Attempt { config, settings, refusals, .. } =
            Attempt::new((settings, Vec::new()), defaults);
        if !refusals.is_empty() {
            return Err(ConfigError::Refused(refusals));
        }
        Ok(Self { config, settings, ..new.clone() })
    }

    fn changed(&self, new: &Self, key: &Key, defaults: &Value) -> Changed {
        let name = &key.name;
        let of = |loaded: &Self| {
            let setting = loaded.settings.get(name);
            let value = setting.map(|it| &it.value).or(defaults.find_ref(name));
            let origin = setting.map_or(Origin::Default, |it| it.origin.clone());
            (value.map(|value| shown_for(name, value)).unwrap_or_default(), origin)
        };
        let ((was, _), (value, origin)) = (of(self), of(new));

        Changed { key: name.clone(), value, was, origin }
    }

    fn shadowed_in(&self, new: &Self) -> Vec<Overridden> {
        let value = |loaded: &Self, key: &str| loaded.of_file.get(key).map(|it| it.value.clone());

        new.overridden()
            .into_iter()
            .filter(|it| value(self, &it.key) != value(new, &it.key))
            .collect()
    }
}

/// Returns the keys whose values differ.
fn differing(one: &Config, other: &Config) -> BTreeSet<String> {
    let [mut of_one, of_other] = [one, other].map(by_key);
    of_one.retain(|key, value| of_other.get(key) != Some(value));
    let mut differing: BTreeSet<String> = of_one.into_keys().collect();
    // Headers are written without their values.
    if one.otlp.headers != other.otlp.headers {
        differing.insert("otlp.headers".into());
    }
    if one.otlp.logs_headers != other.otlp.logs_headers {
        differing.insert("otlp.logs_headers".into());
    }

    differing
}

fn by_key(config: &Config) -> BTreeMap<String, Value> {
    let value = Value::serialize(config).unwrap_or_else(|_| defaults());
    let sections = value.into_dict().unwrap_or_default();

    sections
        .into_iter()
        .flat_map(|(section, keys)| {
            let keys = keys.into_dict().unwrap_or_default();
            keys.into_iter().map(move |(name, value)| (format!("{section}.{name}"), value))
        })
        .collect()
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, was: _, origin } = self;

        write!(f, "{key} = {value} ({origin})")
    }
}

impl fmt::Display for Overridden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, origin, by } = self;

        write!(f, "{key} ({origin}) is set by {by}")
    }
}

#[cfg(test)]
mod tests;
