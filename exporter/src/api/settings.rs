//! The settings in force, and what becomes of a change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::config::{Changed, Effect, Effective, Origin, Patched};

/// The settings in force.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Settings {
    /// Values by section and name, as in the configuration file; a patch is one of this object.
    values: BTreeMap<String, BTreeMap<String, Value>>,
    /// What is known of each key, in the order of the example file.
    keys: Vec<Setting>,
}

/// What is known of a key of the configuration.
#[derive(Debug, Serialize, JsonSchema)]
struct Setting {
    /// Section and name.
    key: String,
    /// What has set it: `default`, `file`, `environment`, `flag` or `api`.
    origin: &'static str,
    /// The line of the file, or the variable; null for others.
    place: Option<String>,
    /// When a change takes effect: `live` for at once, or after a `restart`.
    effect: &'static str,
    /// Where it can be changed: by the `api`, or by `file` alone.
    change: &'static str,
}

/// What became of a change.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Outcome {
    /// Nothing was changed: this is what would become of it.
    dry_run: bool,
    /// Keys whose new values take effect at once.
    live: Vec<Change>,
    /// Keys whose new values take effect after a restart.
    restart: Vec<Change>,
    /// Parts that have not applied it within 20 seconds; they go on trying.
    late: Vec<&'static str>,
    /// Whether what the API has set survives a restart: `api.state_file` is set.
    kept: bool,
}

/// A key that has another value.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// Section and name.
    key: String,
    /// The value before, as the file would have it.
    before: String,
    /// The value after it, as the file would have it.
    after: String,
    /// What sets it now: `default`, `file`, `environment`, `flag` or `api`.
    origin: &'static str,
}

impl Settings {
    pub(super) fn of(effective: &Effective) -> Self {
        let mut values: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for Effect { section, name, value, .. } in &effective.settings {
            // Names are texts, and nothing else fails to be written.
            let value = serde_json::to_value(value).unwrap_or_default();
            values.entry(section.clone()).or_default().insert(name.clone(), value);
        }

        Self { values, keys: effective.settings.iter().map(Setting::of).collect() }
    }
}

impl Setting {
    fn of(effect: &Effect) -> Self {
        let Effect { section, name, value: _, origin, is_live, is_by_file } = effect;
        let place = match origin {
            Origin::File { .. } => Some(origin.to_string()),
            Origin::Variable(name) => Some(name.clone()),
            Origin::Default | Origin::CommandLine | Origin::Api => None,
        };

        Self {
            key: format!("{section}.{name}"),
            origin: origin.label(),
            place,
            effect: if *is_live { "live" } else { "restart" },
            change: if *is_by_file { "file" } else { "api" },
        }
    }
}

impl Outcome {
    pub(super) fn of(patched: &Patched, dry_run: bool) -> Self {
        let Patched { live, waiting, late, tag: _, is_kept } = patched;
        let all = |changes: &[Changed]| changes.iter().map(Change::of).collect();

        Self { dry_run, live: all(live), restart: all(waiting), late: late.clone(), kept: *is_kept }
    }
}

impl Change {
    fn of(changed: &Changed) -> Self {
        let Changed { key, value, was, origin } = changed;

        Self { key: key.clone(), before: was.clone(), after: value.clone(), origin: origin.label() }
    }
}
