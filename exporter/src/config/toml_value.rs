//! Values as TOML writes them.

use figment::value::{Dict, Value};
use toml::de::DeValue;

/// Reads a table, or a list of tables, as TOML writes them in one line; a text that is neither stays one, and
/// an empty one is no table.
pub(super) fn tables(text: &str) -> Vec<Value> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let value = DeValue::parse(text).ok().map(|value| plain(value.get_ref()));
    match value {
        Some(Value::Array(_, tables)) => tables,
        Some(table @ Value::Dict(..)) => vec![table],
        Some(_) | None => vec![Value::from(text)],
    }
}

/// Returns a value without its place in the text.
pub(super) fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::from(number.as_str()), Value::from),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .map_or_else(|_| Value::from(number.as_str()), Value::from),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(values) => {
            Value::from(values.iter().map(|value| plain(value.get_ref())).collect::<Vec<_>>())
        }
        DeValue::Table(table) => {
            let entry = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                (name.to_string(), plain(value.get_ref()))
            };
            Value::from(table.iter().map(entry).collect::<Dict>())
        }
    }
}
