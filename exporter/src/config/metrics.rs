//! `[metrics]`: which metrics are exposed.

use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use super::text::one_or_many;

/// Which metrics are exposed, in scrapes and in pushes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Metrics that are left out, by their names with or without "_total": a regular expression for
    /// the whole name, or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub exclude: Vec<Pattern>,
}

impl Metrics {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { exclude } = self;

        // An empty one would match nothing, where everything may be meant. No metric has a quote or
        // a blank in its name: who writes one means a list, as in the file.
        let is_for_names =
            |pattern: &Pattern| !pattern.is_empty() && !pattern.to_string().contains(['"', ' ']);

        super::refused([("exclude", exclude.iter().all(is_for_names))])
    }
}
