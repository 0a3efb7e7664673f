//! What holds for the log alone.

use figment::value::Value;

use super::{Others, RULES, Translation};
use crate::config::endpoint::{Endpoint, Scheme};
use crate::config::setting::Setting;

pub(super) const INSECURE: &str = "OTEL_EXPORTER_OTLP_LOGS_INSECURE";

/// Sets what variables of the log say. What the command line says of metrics and log together gives
/// way to them, as it does to the log's own keys in the file.
pub(super) fn apply(translation: &mut Translation<'_>, others: &Others<'_>) {
    for rule in &RULES {
        let Some((key, variable)) = rule.of_log else { continue };
        let own = translation.read(rule, variable);
        if let Some(value) = own.filter(|_| others.stronger.iter().all(|it| it.key != key)) {
            translation.set(key, value, variable);
        }
    }
}

/// Sets the keys of the log where they are not those of metrics, as a variable of metrics says
/// nothing about the log; unless that goes to a receiver of metrics.
pub(super) fn set_apart(
    translation: &mut Translation<'_>,
    others: &Others<'_>,
    has_receiver: bool,
) {
    for rule in &RULES {
        let Some((key, _)) = rule.of_log else { continue };
        let is_stronger = |it: &Setting| it.key == key || it.key == rule.key;
        if translation.sets(key) || others.stronger.iter().any(is_stronger) {
            continue;
        }

        let is_set = others.weaker.iter().any(|it| it.key == key);
        let is_of_metrics = translation.is_of_metrics(rule);
        match rule.variables.last().and_then(|all| Some((translation.read(rule, all)?, *all))) {
            Some((value, all)) if is_of_metrics || is_set => translation.set(key, value, all),
            None if is_of_metrics && has_receiver && !is_set => {
                let beneath = others.beneath(rule.key);
                translation.settings.extend(beneath.map(|it| Setting { key: key.into(), ..it }));
            }
            Some(_) | None => {}
        }
    }
}

/// Returns the endpoint of the log with the scheme that applies to it.
pub(super) fn with_scheme(
    endpoint: Endpoint,
    translation: &mut Translation<'_>,
    others: &Others<'_>,
) -> Endpoint {
    let Some(rule) = RULES.iter().find(|rule| rule.key == "otlp.insecure") else {
        return endpoint;
    };
    let own = translation.read(rule, INSECURE);
    if others.stronger.iter().any(|it| it.key == rule.key) {
        return endpoint;
    }

    let own = own.or_else(|| {
        if !translation.is_of_metrics(rule) {
            return None;
        }
        let all = rule.variables.last().and_then(|all| translation.read(rule, all));
        all.or_else(|| others.beneath(rule.key).map(|it| it.value))
    });
    match own.as_ref().and_then(Value::to_bool) {
        Some(true) => endpoint.with_scheme(Scheme::Http),
        Some(false) => endpoint.with_scheme(Scheme::Https),
        None => endpoint,
    }
}
