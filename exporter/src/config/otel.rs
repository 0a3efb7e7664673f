//! The variables that every program with OpenTelemetry reads.
//!
//! Source: OpenTelemetry specification, "Environment Variable Specification" and "OTLP Exporter".

mod endpoints;
mod log;
#[cfg(test)]
mod tests;
mod value;

use figment::value::Value;

pub use value::{attributes, unquoted};

use super::otlp::{INTERVAL, TIMEOUT};
use super::problem::Problem;
use super::setting::{Origin, Setting};
use value::Items;

const PREFIX: &str = "OTEL_";
const EXPORTER: &str = "OTEL_EXPORTER_OTLP_";
const HEADERS: &str = "otlp.headers";
/// What the resource is made of, by `export::otlp`.
const RESOURCE: [&str; 2] = ["OTEL_SERVICE_NAME", RESOURCE_ATTRIBUTES];
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// A key of ours that variables set as they stand: the first that is valid counts.
struct Rule {
    key: &'static str,
    /// The key and the variable of the log alone.
    of_log: Option<(&'static str, &'static str)>,
    /// The one of metrics first.
    variables: &'static [&'static str],
    /// Returns the value for the key.
    read: fn(&str) -> Option<Vec<String>>,
    expected: &'static str,
}

const RULES: [Rule; 13] = [
    Rule {
        key: "otlp.enabled",
        of_log: None,
        variables: &["OTEL_SDK_DISABLED"],
        read: value::negated,
        expected: "true or false",
    },
    Rule {
        key: "otlp.protocol",
        of_log: Some(("otlp.logs_protocol", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        read: |text| value::one_of(text, &["grpc", "http/protobuf", "http/json"]),
        expected: "grpc, http/protobuf or http/json",
    },
    Rule {
        key: "otlp.interval",
        of_log: None,
        variables: &["OTEL_METRIC_EXPORT_INTERVAL"],
        read: |text| value::milliseconds(text, &INTERVAL),
        expected: "milliseconds, 100 to 86400000",
    },
    Rule {
        key: "otlp.timeout",
        of_log: Some(("otlp.logs_timeout", "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        read: |text| value::milliseconds(text, &TIMEOUT),
        expected: "milliseconds, 10 to 600000",
    },
    Rule {
        key: "otlp.push_timeout",
        of_log: None,
        variables: &["OTEL_METRIC_EXPORT_TIMEOUT"],
        read: |text| value::milliseconds(text, &TIMEOUT),
        expected: "milliseconds, 10 to 600000",
    },
    Rule {
        key: "otlp.compression",
        of_log: Some(("otlp.logs_compression", "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        read: |text| value::one_of(text, &["none", "gzip", "zstd"]),
        expected: "none, gzip or zstd",
    },
    Rule {
        key: HEADERS,
        of_log: Some(("otlp.logs_headers", "OTEL_EXPORTER_OTLP_LOGS_HEADERS")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
        read: |text| Some(value::headers(text).valid).filter(|headers| !headers.is_empty()),
        expected: "name=value, separated by commas, with % before what is not plain",
    },
    Rule {
        key: "otlp.temporality",
        of_log: None,
        variables: &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
        read: |text| value::one_of(text, &["cumulative", "delta"]),
        expected: "cumulative or delta",
    },
    Rule {
        key: "otlp.histogram",
        of_log: None,
        variables: &["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"],
        read: value::histogram,
        expected: "explicit_bucket_histogram or base2_exponential_bucket_histogram",
    },
    Rule {
        key: "otlp.ca_file",
        of_log: Some(("otlp.logs_ca_file", "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
        read: value::path,
        expected: "a path",
    },
    Rule {
        key: "otlp.cert_file",
        of_log: Some(("otlp.logs_cert_file", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE")),
        variables: &[
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        ],
        read: value::path,
        expected: "a path",
    },
    Rule {
        key: "otlp.key_file",
        of_log: Some(("otlp.logs_key_file", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY")),
        variables: &["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
        read: value::path,
        expected: "a path",
    },
    Rule {
        key: "otlp.insecure",
        of_log: None,
        variables: &["OTEL_EXPORTER_OTLP_METRICS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"],
        read: value::yes_or_no,
        expected: "true or false",
    },
];

/// The variables as they are, and what they set.
struct Translation<'a> {
    variables: &'a [(String, String)],
    settings: Vec<Setting>,
    problems: Vec<Problem>,
}

/// What the other places set.
struct Others<'a> {
    weaker: &'a [Setting],
    stronger: &'a [Setting],
    defaults: &'a Value,
}

/// Returns whether the variable may be one of these.
pub(super) fn is_otel(variable: &str) -> bool {
    variable.starts_with(PREFIX)
}

/// Returns what the variables set. `weaker` and `stronger` are what the other places set.
pub(super) fn settings(
    variables: &[(String, String)],
    weaker: &[Setting],
    stronger: &[Setting],
    defaults: &Value,
) -> (Vec<Setting>, Vec<Problem>) {
    let mut translation = Translation { variables, settings: Vec::new(), problems: Vec::new() };

    for rule in &RULES {
        translation.apply(rule);
    }
    endpoints::apply(&mut translation, &Others { weaker, stronger, defaults });
    translation.attributes();
    translation.quoted();
    translation.unknown();

    (translation.settings, translation.problems)
}

impl<'a> Translation<'a> {
    /// Returns the value of a variable; an empty one counts as not set.
    fn value(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.variables.iter().find(|(it, _)| it == name)?;

        Some(unquoted(value)).filter(|value| !value.is_empty())
    }

    /// Returns whether a variable of metrics alone sets the key of a rule.
    fn is_of_metrics(&self, rule: &Rule) -> bool {
        let [of_metrics, _] = rule.variables else { return false };
        let origin = Origin::Variable((*of_metrics).into());

        self.settings.iter().any(|it| it.key == rule.key && it.origin == origin)
    }

    fn sets(&self, key: &str) -> bool {
        self.settings.iter().any(|setting| setting.key == key)
    }

    fn set(&mut self, key: &str, value: Value, variable: &str) {
        let origin = Origin::Variable(variable.into());

        self.settings.push(Setting { key: key.into(), value, origin });
    }

    fn leave(&mut self, variable: &str, expected: &'static str) {
        self.tell(Problem::expected(variable, expected));
    }

    fn tell(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reports the items that are left out, by their positions.
    fn leave_items<T>(&mut self, variable: &str, items: &Items<T>) {
        for (place, error) in &items.broken {
            self.tell(Problem::new(variable, format!("item {place} is ignored: {error}")));
        }
    }

    fn apply(&mut self, rule: &Rule) {
        for variable in rule.variables {
            if let Some(value) = self.read(rule, variable) {
                self.set(rule.key, value, variable);
                return;
            }
        }
    }

    /// Returns the value a variable has for a rule, and reports one that cannot be used.
    fn read(&mut self, rule: &Rule, variable: &str) -> Option<Value> {
        let text = self.value(variable)?;
        if rule.key == HEADERS {
            self.leave_items(variable, &value::headers(text));
        }
        let Some(mut texts) = (rule.read)(text) else {
            if rule.key != HEADERS {
                self.leave(variable, rule.expected);
            }
            // Whatever is not true means false; and who does not say it clearly gets TLS.
            return (rule.key == "otlp.insecure").then(|| false.into());
        };

        Some(match (rule.key, texts.pop()) {
            (HEADERS, last) => texts.into_iter().chain(last).collect::<Vec<_>>().into(),
            ("otlp.enabled" | "otlp.insecure", last) => (last.as_deref() == Some("true")).into(),
            (_, last) => last.unwrap_or_default().into(),
        })
    }

    /// Reports the attributes of the resource that are left out.
    fn attributes(&mut self) {
        if let Some(text) = self.value(RESOURCE_ATTRIBUTES) {
            self.leave_items(RESOURCE_ATTRIBUTES, &attributes(text));
        }
    }

    /// Reports variables whose whole value is in quotes.
    fn quoted(&mut self) {
        let known = known();
        let is_quoted =
            |name: &str, value: &str| known.contains(&name) && unquoted(value) != value.trim();

        for (name, _) in self.variables.iter().filter(|(name, value)| is_quoted(name, value)) {
            self.tell(Problem::new(name, "the quotes around its value are ignored; remove them"));
        }
    }

    /// Reports variables that look as if they had an effect here, and have none.
    fn unknown(&mut self) {
        let known = known();

        for (name, value) in self.variables {
            let of_others = ["TRACES_", "PROFILES_"];
            let Some(rest) = name.strip_prefix(EXPORTER) else { continue };
            let is_ours = !of_others.iter().any(|other| rest.starts_with(other));
            if is_ours && !value.is_empty() && !known.contains(&name.as_str()) {
                self.leave(name, "one of those that docs/otlp.md lists");
            }
        }
    }
}

impl Others<'_> {
    /// Returns the strongest setting of a key.
    fn last(&self, key: &str) -> Option<&Setting> {
        self.weaker.iter().chain(self.stronger).rfind(|setting| setting.key == key)
    }

    fn set(&self, key: &str) -> bool {
        self.last(key).is_some()
    }

    /// Returns the receivers that they name for metrics; none if a list is empty.
    fn receivers(&self) -> Vec<&str> {
        let endpoints = self.last(endpoints::ENDPOINTS);

        endpoints.map(|setting| texts(&setting.value)).unwrap_or_default()
    }

    fn wants_logs(&self) -> bool {
        self.last(endpoints::LOGS).is_some_and(|setting| setting.value.to_bool() == Some(true))
    }

    /// Returns what would hold without the variables; no protocol, which follows from the endpoint.
    fn beneath(&self, key: &str) -> Option<Setting> {
        let default = || {
            let value = self.defaults.find_ref(key).filter(|_| key != endpoints::PROTOCOL)?.clone();
            Some(Setting { key: key.into(), value, origin: Origin::Default })
        };

        self.weaker.iter().rfind(|setting| setting.key == key).cloned().or_else(default)
    }
}

/// Returns the names of all variables that are read.
fn known() -> Vec<&'static str> {
    let mut known: Vec<_> = RULES.iter().flat_map(|rule| rule.variables).copied().collect();
    known.extend(RULES.iter().filter_map(|rule| rule.of_log).map(|(_, variable)| variable));
    known.extend(endpoints::VARIABLES);
    known.extend(endpoints::EXPORTERS);
    known.extend(RESOURCE);
    known.push(log::INSECURE);

    known
}

/// Returns the texts of a list, which may be a single one.
fn texts(value: &Value) -> Vec<&str> {
    let alone = value.as_str().filter(|text| !text.is_empty());
    let list = value.as_array().unwrap_or_default();

    list.iter().filter_map(Value::as_str).chain(alone).collect()
}
