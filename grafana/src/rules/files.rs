//! Rules as files of Prometheus, and as objects of its operator.

use super::rule::{Alert, Group, Record};
use super::settings::{Setting, Settings};
use super::time::Scale;
use super::yaml::Yaml;
use super::{INTERVAL, MADE_BY};

/// Returns a file of rules.
pub(super) fn prometheus(group: &Group, settings: &Settings, scale: Scale) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, MADE_BY);
    Writer { settings, scale, yaml: &mut yaml, indent: 0 }.group(group);

    yaml.into_text()
}

/// Returns a `PrometheusRule`.
pub(super) fn operator(group: &Group, settings: &Settings, scale: Scale) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, MADE_BY);
    yaml.line(0, "apiVersion: monitoring.coreos.com/v1");
    yaml.line(0, "kind: PrometheusRule");
    yaml.line(0, "metadata:");
    yaml.line(2, &format!("name: {}", group.name));
    yaml.line(2, "labels:");
    yaml.line(4, "app.kubernetes.io/name: packet-exporter");
    yaml.line(0, "spec:");
    Writer { settings, scale, yaml: &mut yaml, indent: 2 }.group(group);

    yaml.into_text()
}

struct Writer<'a> {
    settings: &'a Settings,
    scale: Scale,
    yaml: &'a mut Yaml,
    indent: usize,
}

impl Writer<'_> {
    fn group(&mut self, group: &Group) {
        let interval = self.scale.duration(INTERVAL);
        self.line(0, "groups:");
        self.line(0, &format!("- name: {}", group.name));
        self.line(2, &format!("interval: {interval}"));
        self.line(2, "rules:");
        for record in group.records() {
            self.record(record);
        }
        for alert in group.alerts() {
            self.alert(alert);
        }
    }

    fn record(&mut self, Record { name, expr }: &Record) {
        self.line(2, &format!("- record: {name}"));
        self.text(4, "expr", &expr.text(name));
    }

    fn alert(&mut self, alert: &Alert) {
        let Alert { name, severity, hold, expr, summary, .. } = alert;
        let hold = self.scale.duration(hold);
        self.line(2, &format!("- alert: {name}"));
        self.text(4, "expr", expr);
        self.line(4, &format!("for: {hold}"));
        self.line(4, "labels:");
        self.line(6, &format!("severity: {}", severity.label()));
        self.line(4, "annotations:");
        self.text(6, "summary", summary);
        self.text(6, "description", &alert.text());
        self.text(6, "runbook_url", &alert.runbook());
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.yaml.line(self.indent + indent, text);
    }

    fn text(&mut self, indent: usize, key: &str, text: &str) {
        let filled = self.settings.fill(text, Setting::plain);
        self.yaml.text(self.indent + indent, key, &self.scale.query(&filled));
    }
}
