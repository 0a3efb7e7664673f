//! What of a configuration nobody may see, also where it is refused.

use figment::value::Value;

use super::inputs::Inputs;

/// Sections and names of keys that are secret as a whole, or in their query.
const HEADERS: [&str; 2] = ["otlp.headers", "otlp.logs_headers"];
pub(super) const ENDPOINTS: [&str; 2] = ["otlp.endpoints", "otlp.logs_endpoint"];

/// Returns texts that are secret: values of headers, and passwords and keys in URLs.
pub fn secrets(inputs: &Inputs) -> Vec<String> {
    let defaults = super::defaults();
    // What is not TOML is quoted nowhere.
    let text = inputs.read_file().ok().flatten();
    let of_file = inputs.of_file(text.as_deref(), &defaults).unwrap_or_default();
    let (settings, _) = inputs.settings(&of_file, &defaults);

    let mut secrets = Vec::new();
    for setting in &settings {
        let texts = texts(&setting.value);
        if HEADERS.iter().any(|key| setting.key.starts_with(key)) {
            secrets.extend(texts.iter().map(|text| header_value(text)));
        }
        if ENDPOINTS.iter().any(|key| setting.key.starts_with(key)) {
            secrets.extend(texts.iter().flat_map(|text| in_url(text)));
        }
    }
    // As they are written, which may be otherwise than they are meant.
    for (name, text) in inputs.variables() {
        if name.contains("HEADERS") {
            secrets.extend(text.split(',').map(header_value));
        }
        if name.contains("ENDPOINT") {
            secrets.extend(text.split(',').chain([text]).flat_map(in_url));
        }
    }

    secrets
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(_, text) => vec![text.clone()],
        Value::Array(_, values) => values.iter().flat_map(texts).collect(),
        Value::Dict(_, values) => values.values().flat_map(texts).collect(),
        Value::Char(..) | Value::Bool(..) | Value::Num(..) | Value::Empty(..) => Vec::new(),
    }
}

fn header_value(text: &str) -> String {
    text.split_once('=').map_or(text, |(_, value)| value).trim().to_owned()
}

/// Returns user and password, the password alone, the query, and each of its values.
fn in_url(text: &str) -> Vec<String> {
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (before_query, query) = after_scheme.split_once('?').unwrap_or((after_scheme, ""));
    // A password may hold any character.
    let login = after_scheme.rsplit_once('@').map_or("", |(login, _)| login);
    let password = login.split_once(':').map_or("", |(_, password)| password);
    let values = query.split('&').filter_map(|it| it.split_once('=')).map(|(_, value)| value);
    let of_login = before_query.rsplit_once('@').map_or("", |(login, _)| login);

    [login, password, of_login, query]
        .into_iter()
        .chain(values)
        .filter(|it| !it.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigFile;

    #[test]
    fn secrets_are_found_wherever_they_are_set() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("config.toml");
        let text =
            "[otlp]\nheaders = [\"a=of-file\", 5]\nendpoints = \"http://u:p@ss@h?key=of-query\"";
        std::fs::write(&path, text).unwrap();
        let flags = vec![("otlp.logs_headers".to_owned(), vec!["b=of-flag".to_owned()])];
        let variables = [
            ("OTEL_EXPORTER_OTLP_HEADERS", "c=of-otel,d=Basic%20of-percent"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:with/slash?and-mark@host:4318"),
            ("PACKET_EXPORTER_OTLP__LOGS_ENDPOINT", "https://user:of-variable@host"),
        ];
        let inputs = Inputs::new(ConfigFile::Named(path), flags)
            .with_variables(variables.map(|(name, value)| (name.into(), value.into())));

        let secrets = secrets(&inputs);

        for secret in [
            "of-file",
            "p@ss",
            "of-query",
            "key=of-query",
            "of-flag",
            "of-otel",
            "of-variable",
            "with/slash?and-mark",
            "Basic%20of-percent",
        ] {
            assert!(secrets.iter().any(|it| it == secret), "{secret} is not in {secrets:?}");
        }
    }
}
