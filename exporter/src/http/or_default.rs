//! Reads keys of the web configuration that have no value.

use serde::{Deserialize, Deserializer};

/// Reads a value; a key without one sets nothing, as in Go.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
