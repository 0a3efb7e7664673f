//! Alerts, as Prometheus and Alertmanager have them.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use anyhow::{Context, Result};
use serde_json::Value;

use super::monitoring::Monitoring;
use super::scrape;

/// How far an alert has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// The condition holds, but not for long enough.
    Pending,
    Firing,
    /// Alertmanager has it, and tells somebody.
    Told,
}

/// What is known of an alert.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) stage: Stage,
    severity: String,
    summary: String,
    description: String,
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Told => "firing, and Alertmanager tells of it:",
        })
    }
}

impl Alert {
    /// Returns what somebody is told, without the query.
    pub(crate) fn message(&self) -> String {
        let Self { severity, summary, description, .. } = self;
        let lines = description.lines().filter(|line| !line.starts_with("Query: "));
        let indented: Vec<_> = lines.map(|line| format!("             {line}")).collect();

        format!("           {severity}: {summary}\n{}", indented.join("\n"))
    }
}

/// Reads every alert that is pending or firing, by name.
pub(crate) fn read(monitoring: &Monitoring<'_>) -> Result<BTreeMap<String, Alert>> {
    let answer = scrape::get(monitoring.prometheus, "/api/v1/alerts")?;
    let answer: Value = serde_json::from_str(&answer).context("Prometheus answers no JSON")?;
    let told = match monitoring.alertmanager {
        Some(address) => scrape::get(address, "/api/v2/alerts?active=true")?,
        None => "[]".to_owned(),
    };
    let told: Value = serde_json::from_str(&told).context("Alertmanager answers no JSON")?;

    Ok(of(&answer, &told))
}

/// Puts together what both answer. Of alerts with the same name the one counts that has come the
/// farthest.
fn of(prometheus: &Value, alertmanager: &Value) -> BTreeMap<String, Alert> {
    let active = prometheus["data"]["alerts"].as_array().into_iter().flatten();
    let told: Vec<&Value> = alertmanager.as_array().into_iter().flatten().collect();
    let mut alerts = BTreeMap::new();

    for alert in active {
        let stage = match alert["state"].as_str() {
            Some("firing") if told.iter().any(|it| it["labels"] == alert["labels"]) => Stage::Told,
            Some("firing") => Stage::Firing,
            _ => Stage::Pending,
        };
        let label = |name: &str| text(&alert["labels"][name]);
        let note = |name: &str| text(&alert["annotations"][name]);
        let new = Alert {
            stage,
            severity: label("severity"),
            summary: note("summary"),
            description: note("description"),
        };
        let name = label("alertname");
        let is_behind = |old: &Alert| (old.stage as u8) < new.stage as u8;
        if alerts.get(&name).is_none_or(is_behind) {
            alerts.insert(name, new);
        }
    }

    alerts
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(state: &str, port: &str) -> Value {
        json!({
            "state": state,
            "labels": {"alertname": "A", "port": port, "severity": "info"},
            "annotations": {"summary": "It is.", "description": "Much.\nQuery: up"},
        })
    }

    fn stage(alerts: &[&Value], told: &[&Value]) -> Option<Stage> {
        of(&json!({"data": {"alerts": alerts}}), &json!(told)).get("A").map(|it| it.stage)
    }

    #[test]
    fn an_alert_is_told_once_alertmanager_has_one_with_the_same_labels() {
        let pending = alert("pending", "1");
        let firing = alert("firing", "1");
        let other = alert("firing", "2");

        assert_eq!(stage(&[], &[]), None);
        assert_eq!(stage(&[&pending], &[]), Some(Stage::Pending));
        assert_eq!(stage(&[&firing], &[]), Some(Stage::Firing));
        assert_eq!(stage(&[&firing], &[&other]), Some(Stage::Firing));
        assert_eq!(stage(&[&firing, &pending], &[&firing]), Some(Stage::Told));
        assert_eq!(stage(&[&other, &firing], &[&firing]), Some(Stage::Told));
    }

    #[test]
    fn a_message_leaves_the_query_out() {
        let answer = json!({"data": {"alerts": [alert("firing", "1")]}});

        let message = of(&answer, &Value::Null)["A"].message();

        assert_eq!(message, "           info: It is.\n             Much.");
    }
}
