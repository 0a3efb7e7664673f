//! What a person chooses at the top of a dashboard.

use serde_json::{Value, json};

use super::query::datasource;
use crate::rules::{Setting, Settings};

/// Returns every variable, each narrowed by those before it.
pub(crate) fn all(settings: &Settings) -> Vec<Value> {
    vec![
        datasources(),
        labels("job", "Job", "packet_exporter_build_info"),
        labels("instance", "Instance", r#"packet_exporter_build_info{job=~"$job"}"#),
        labels(
            "device",
            "Device",
            r#"packet_exporter_program_attached{job=~"$job",instance=~"$instance"}"#,
        ),
        runbooks(settings),
    ]
}

fn datasources() -> Value {
    json!({
        "hide": 0,
        "includeAll": false,
        "label": "Data source",
        "multi": false,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": false,
        "type": "datasource",
    })
}

/// The values of a label, of which one, some or all are chosen.
fn labels(name: &str, label: &str, selector: &str) -> Value {
    let query = format!("label_values({selector}, {name})");

    json!({
        "allValue": ".+",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
        "datasource": datasource(),
        "definition": query,
        "hide": 0,
        "includeAll": true,
        "label": label,
        "multi": true,
        "name": name,
        "options": [],
        "query": { "query": query, "refId": name },
        // With the time range, so that hosts that are gone can be chosen where they were.
        "refresh": 2,
        "regex": "",
        "skipUrlSync": false,
        "sort": 1,
        "type": "query",
    })
}

/// Where the runbooks are: as in the rules, until somebody writes another address into it.
fn runbooks(settings: &Settings) -> Value {
    let address = settings.fill("${runbooks}", Setting::plain);
    let chosen = json!({ "selected": true, "text": address, "value": address });

    json!({
        "current": chosen,
        "description": "Where the folder docs/runbooks is served; links from alerts lead there.",
        "hide": 0,
        "label": "Runbooks",
        "name": "runbooks",
        "options": [chosen],
        "query": address,
        "skipUrlSync": false,
        "type": "textbox",
    })
}
