//! Rules as a mixin in Jsonnet, whose settings are `_config`.

use std::fmt::Write;

use super::rule::{Alert, Group, Record};
use super::settings::{Setting, Settings, Value};
use super::{GROUPS, INTERVAL};
use crate::Made;

/// Source: https://monitoring.mixins.dev, section "Guidelines for alert names, labels, and annotations"
/// for the names of the fields.
const MIXIN: &str = "\
// Made by `cargo run -p grafana`. Do not edit it; override `_config`.
(import 'config.libsonnet') +
(import 'alerts.libsonnet')
";

/// Returns the files of the mixin.
pub(super) fn files(settings: &Settings) -> Vec<Made> {
    let file = |name: &str, text: String| Made { path: format!("mixin/{name}").into(), text };

    vec![
        file("mixin.libsonnet", MIXIN.to_owned()),
        file("config.libsonnet", config(settings)),
        file("alerts.libsonnet", alerts(settings)),
    ]
}

fn config(settings: &Settings) -> String {
    let mut text = "// Made by `cargo run -p grafana`.\n{\n  _config+:: {\n".to_owned();
    for Setting { name, value, meaning } in settings.iter() {
        let value = match value {
            Value::Number(number) | Value::Share(number) => number.to_string(),
            Value::Text(text) | Value::Ports(text) => quoted(text),
        };
        let _ = write!(text, "    // {meaning}\n    {name}: {value},\n");
    }
    text.push_str("  },\n}\n");

    text
}

/// Records and alerts are in one group, so that alerts see what was recorded in the same evaluation.
fn alerts(settings: &Settings) -> String {
    let mut text =
        "// Made by `cargo run -p grafana`.\n{\n  prometheusAlerts+:: {\n    groups+: [\n"
            .to_owned();
    for group in &GROUPS {
        group_of(&mut text, group, settings);
    }
    text.push_str("    ],\n  },\n}\n");

    text
}

fn group_of(text: &mut String, group: &Group, settings: &Settings) {
    let _ = write!(
        text,
        "      {{\n        name: '{}',\n        interval: '{INTERVAL}',\n        rules: [\n",
        group.name
    );
    for Record { name, expr } in group.records() {
        let expr = written(&expr.text(name), settings, 12);
        let _ = write!(
            text,
            "          {{\n            record: '{name}',\n            expr: {expr},\n          }},\n"
        );
    }
    for alert in group.alerts() {
        alert_of(text, alert, settings);
    }
    text.push_str("        ],\n      },\n");
}

fn alert_of(text: &mut String, alert: &Alert, settings: &Settings) {
    let Alert { name, severity, hold, expr, summary, .. } = alert;
    let expr = written(expr, settings, 12);
    let [summary, description, runbook] =
        [*summary, &alert.text(), &alert.runbook()].map(|text| written(text, settings, 14));
    let _ = write!(
        text,
        "          {{
            alert: '{name}',
            expr: {expr},
            'for': '{hold}',
            labels: {{
              severity: '{}',
            }},
            annotations: {{
              summary: {summary},
              description: {description},
              runbook_url: {runbook},
            }},
          }},
",
        severity.label()
    );
}

/// Returns an expression of Jsonnet for a text with settings: a format if there are some.
fn written(text: &str, settings: &Settings, indent: usize) -> String {
    let escaped = text.replace('%', "%%");
    let filled = settings.fill(&escaped, format_of);
    let (text, format) =
        if filled == escaped { (text, "") } else { (filled.as_str(), " % $._config") };
    if !text.contains('\n') {
        return format!("{}{format}", quoted(text));
    }

    let indent = " ".repeat(indent);
    let lines: Vec<_> = text.lines().map(|line| format!("{indent}  {},\n", quoted(line))).collect();
    let lines = lines.concat();

    format!("std.join('\\n', [\n{lines}{indent}]){format}")
}

/// Returns how Jsonnet writes the setting. As `s` it would write 0.005 with seventeen digits.
fn format_of(Setting { name, value, .. }: &Setting) -> String {
    match value {
        Value::Number(number) | Value::Share(number) if number.fract() != 0.0 => {
            format!("%({name})g")
        }
        Value::Number(_) | Value::Share(_) | Value::Text(_) | Value::Ports(_) => {
            format!("%({name})s")
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
