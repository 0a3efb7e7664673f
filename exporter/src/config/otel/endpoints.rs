//! Who is pushed to.

use figment::value::Value;

use super::{Others, RULES, Translation, log, value};
use crate::config::endpoint::{Endpoint, Scheme};
use crate::config::same::SAME;
use crate::config::setting::Setting;

const GENERIC: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OF_METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
const OF_LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
/// Those that name endpoints.
pub(super) const VARIABLES: [&str; 3] = [GENERIC, OF_METRICS, OF_LOGS];

/// Those that say whether there are any.
pub(super) const EXPORTERS: [&str; 2] = [METRICS_EXPORTER, LOGS_EXPORTER];
const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
const LOGS_EXPORTER: &str = "OTEL_LOGS_EXPORTER";
/// Where the specification expects a Collector, and the port of its gRPC.
const COLLECTOR: &str = "http://localhost";
const GRPC_PORT: u16 = 4317;
const HTTP_PORT: u16 = 4318;

pub(super) const ENDPOINTS: &str = "otlp.endpoints";
pub(super) const PROTOCOL: &str = "otlp.protocol";
pub(super) const LOGS: &str = "otlp.logs";
const LOGS_ENDPOINT: &str = "otlp.logs_endpoint";
const LOGS_PROTOCOL: &str = "otlp.logs_protocol";

/// An endpoint, and the variable that asks for it.
#[derive(Clone)]
struct Asked {
    endpoint: Endpoint,
    variable: &'static str,
}

/// Sets the endpoints of metrics and logs, and their protocols where nothing else does.
pub(super) fn apply(translation: &mut Translation<'_>, others: &Others<'_>) {
    let metrics_wanted = metrics_wanted(translation);
    let logs_wanted = logs_wanted(translation);
    let [generic, of_metrics, of_logs] = VARIABLES.map(|variable| asked(translation, variable));
    log::apply(translation, others);
    let logs_are_pushed = logs_wanted.unwrap_or_else(|| others.wants_logs());
    if logs_are_pushed {
        let has_receiver = generic.is_some() || of_logs.is_some() || others.set(LOGS_ENDPOINT);
        log::set_apart(translation, others, has_receiver);
    }

    // A protocol that only a variable of metrics sets is none of the log's.
    let shared = said(translation, others, PROTOCOL);
    let of_log =
        said(translation, others, LOGS_PROTOCOL).or(shared.filter(|_| !is_of_metrics(translation)));
    let named = of_metrics.as_ref().or(generic.as_ref());
    let is_http = shared.unwrap_or_else(|| !named.is_some_and(is_grpc));
    let metrics = of_metrics.map(|it| it.of_one_signal(is_http)).or_else(|| {
        let is_alone = metrics_wanted == Some(true) && others.receivers().is_empty();
        let default = || collector(is_http, METRICS_EXPORTER);
        let base = generic.clone().or_else(|| is_alone.then(default)?);
        base.map(|base| base.join(is_http, "/v1/metrics"))
    });
    let metrics = metrics.filter(|_| !is_set(others.stronger, ENDPOINTS));
    if let (Some(Asked { variable, .. }), None) = (&metrics, shared) {
        translation.set(PROTOCOL, protocol(is_http), variable);
    }

    let named = of_logs.as_ref().or(generic.as_ref());
    let is_http = of_log.unwrap_or_else(|| !named.is_some_and(is_grpc));
    let logs = of_logs.map(|it| it.of_one_signal(is_http)).or_else(|| {
        let has_no_receiver = metrics.is_none() && others.receivers().is_empty();
        let is_alone = logs_wanted == Some(true) && has_no_receiver;
        let default = || collector(is_http, LOGS_EXPORTER);
        let base = generic.or_else(|| is_alone.then(default)?);
        base.map(|base| base.join(is_http, "/v1/logs"))
    });
    let logs = logs.filter(|_| !is_set(others.stronger, LOGS_ENDPOINT));
    let is_as_metrics = said(translation, others, PROTOCOL).unwrap_or(false) == is_http;
    if let (Some(Asked { variable, .. }), None, false) = (&logs, of_log, is_as_metrics) {
        translation.set(LOGS_PROTOCOL, protocol(is_http), variable);
    }

    if metrics_wanted == Some(false) {
        // The log goes to the first receiver of the metrics, whether these do or not.
        let first = others.receivers().first().filter(|_| !others.set(LOGS_ENDPOINT)).copied();
        if let (Some(first), None, true) = (first, &logs, logs_are_pushed) {
            translation.set(LOGS_ENDPOINT, first.into(), METRICS_EXPORTER);
        }
        translation.set(ENDPOINTS, Value::from(Vec::<String>::new()), METRICS_EXPORTER);
    } else if let Some(Asked { endpoint, variable }) = metrics {
        translation.set(ENDPOINTS, Value::from(vec![endpoint.to_string()]), variable);
    }
    if let Some(Asked { endpoint, variable }) = logs {
        let endpoint = log::with_scheme(endpoint, translation, others);
        translation.set(LOGS_ENDPOINT, endpoint.to_string().into(), variable);
    }
}

/// Returns where the specification expects a receiver if none is named.
fn collector(is_http: bool, variable: &'static str) -> Option<Asked> {
    let port = if is_http { HTTP_PORT } else { GRPC_PORT };

    format!("{COLLECTOR}:{port}").parse().ok().map(|endpoint| Asked { endpoint, variable })
}

fn protocol(is_http: bool) -> Value {
    if is_http { "http/protobuf" } else { "grpc" }.into()
}

/// Returns whether metrics are to be pushed; `None` if no variable decides.
fn metrics_wanted(translation: &mut Translation<'_>) -> Option<bool> {
    const KNOWN: [&str; 3] = ["otlp", "prometheus", "none"];

    let items = value::items(translation.value(METRICS_EXPORTER)?);
    if items.iter().any(|item| !KNOWN.contains(item)) {
        translation.leave(METRICS_EXPORTER, "otlp, prometheus, both, or none");
    }

    items.iter().any(|item| KNOWN.contains(item)).then(|| items.contains(&"otlp"))
}

/// Decides whether the log is pushed, and sets that.
fn logs_wanted(translation: &mut Translation<'_>) -> Option<bool> {
    let items = value::items(translation.value(LOGS_EXPORTER)?);
    let wanted = items.contains(&"otlp");
    if !wanted && items != ["none"] {
        translation.leave(LOGS_EXPORTER, "otlp or none");
        return None;
    }
    translation.set(LOGS, wanted.into(), LOGS_EXPORTER);

    Some(wanted)
}

fn asked(translation: &mut Translation<'_>, variable: &'static str) -> Option<Asked> {
    let parsed = translation.value(variable)?.parse();
    if parsed.is_err() {
        translation.leave(variable, "\"http://host:port\" or \"https://host:port\"");
    }

    parsed.ok().map(|endpoint| Asked { endpoint, variable })
}

/// Returns whether the protocol is HTTP; `None` if none is set.
fn said(translation: &Translation<'_>, others: &Others<'_>, key: &str) -> Option<bool> {
    let last = |settings: &[Setting]| {
        let setting = settings.iter().rev().find(|setting| setting.key == key)?;
        let protocol = setting.value.as_str().filter(|protocol| *protocol != SAME)?;
        Some(protocol.starts_with("http"))
    };

    last(others.stronger).or_else(|| last(&translation.settings)).or_else(|| last(others.weaker))
}

fn is_of_metrics(translation: &Translation<'_>) -> bool {
    RULES.iter().any(|rule| rule.key == PROTOCOL && translation.is_of_metrics(rule))
}

/// Where no protocol is set the specification wants HTTP, but a receiver behind the port of gRPC,
/// or without a scheme, cannot mean that.
fn is_grpc(Asked { endpoint, .. }: &Asked) -> bool {
    endpoint.scheme() == Scheme::Unsaid || endpoint.port() == Some(GRPC_PORT)
}

fn is_set(settings: &[Setting], key: &str) -> bool {
    settings.iter().any(|setting| setting.key == key)
}

impl Asked {
    /// Over HTTP, an endpoint of one signal says its path itself.
    fn of_one_signal(self, is_http: bool) -> Self {
        if is_http { self.map(Endpoint::with_path) } else { self }
    }

    fn join(self, is_http: bool, path: &str) -> Self {
        if is_http { self.map(|it| it.join(path)) } else { self }
    }

    fn map(self, change: impl FnOnce(Endpoint) -> Endpoint) -> Self {
        Self { endpoint: change(self.endpoint), variable: self.variable }
    }
}
