//! Alerts, as Prometheus keeps them in series of its own.

use serde_json::{Value, json};

use super::kind::Order;
use super::link::{Board, runbook_of_value};
use super::panel::Panel;
use super::query::{datasource, with_matchers};
use super::table::Table;
use super::unit::Unit;

/// Alerts that fire now, of the chosen hosts. Those about a whole host have no device.
pub(crate) const FIRING: &str = r#"ALERTS{alertname=~"Packet.+",alertstate="firing",<map>}"#;

/// Marks in every panel when alerts fired.
pub(crate) fn annotation() -> Value {
    let expr = with_matchers(FIRING);

    json!({
        "datasource": datasource(),
        "enable": true,
        "expr": expr,
        "hide": false,
        "iconColor": "red",
        "name": "Alerts",
        "step": "30s",
        "tagKeys": "severity",
        // Grafana before 12 reads `expr`, newer ones the target.
        "target": { "expr": expr, "interval": "30s", "refId": "Anno" },
        "textFormat": "{{instance}} {{device}}",
        "titleFormat": "{{alertname}}",
        "useValueForTime": false,
    })
}

/// A table of all that fire.
pub(crate) fn table() -> Panel {
    // The value is when the alert became active.
    let active = r#"ALERTS_FOR_STATE{alertname=~"Packet.+",<map>}"#;
    let firing = format!("{active} and ignoring (alertstate) {FIRING}");

    Table::new(
        "Alerts that fire",
        "Each alert of packet-exporter that fires for the chosen hosts, and since when its condition \
         has held. The name leads to the runbook.",
        Order::Largest("Active since"),
    )
    .key("alertname", "Alert")
    .key("severity", "Severity")
    .key("instance", "Host")
    .key("device", "Device")
    .hidden("job")
    .linked("Alert", runbook_of_value())
    .linked("Host", Board::Device.of_row("Devices of this host", false))
    .column(
        "Active since",
        Unit::Moment,
        format!("max by (alertname, severity, job, instance, device) ({firing}) * 1000"),
    )
    .panel()
}
