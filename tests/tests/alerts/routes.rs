//! The example for Alertmanager sends each alert to whom its severity is for.

use std::fs;
use std::path::Path;
use std::process::Command;

use grafana::rules::{Severity, alerts};
use tests::sources::root;
use tests::tools::tool;

const EXAMPLE: &str = "grafana/alertmanager/alertmanager.yml";

#[test]
fn amtool_has_nothing_against_the_example() {
    let test = "amtool_has_nothing_against_the_example";
    let Some(amtool) = tool(test, "PACKET_EXPORTER_AMTOOL") else { return };

    let said = run(&amtool, &["check-config", &example()]);

    assert!(said.contains("SUCCESS") && said.contains("3 receivers"), "{said}");
}

#[test]
fn each_alert_goes_to_whom_its_severity_is_for() {
    let test = "each_alert_goes_to_whom_its_severity_is_for";
    let Some(amtool) = tool(test, "PACKET_EXPORTER_AMTOOL") else { return };
    let example = format!("--config.file={}", example());
    let receiver = |labels: &[&str]| {
        let said = run(&amtool, &[&["config", "routes", "test", &example], labels].concat());
        said.trim().to_owned()
    };

    for alert in alerts() {
        let name = format!("alertname={}", alert.name);
        let severity = format!("severity={}", alert.severity.label());
        let expected = match alert.severity {
            Severity::Critical => "on-call",
            Severity::Warning => "team",
            Severity::Info => "review",
        };
        assert_eq!(receiver(&[&name, &severity, "device=eth0"]), expected, "{}", alert.name);
    }
    // An alert of others, which knows no such severities.
    assert_eq!(receiver(&["alertname=Other"]), "team");
}

#[test]
fn the_example_names_alerts_that_are_there() {
    let text = fs::read_to_string(root().join(EXAMPLE)).unwrap();

    let named: Vec<_> = text
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|word| word.starts_with("Packet"))
        .collect();

    assert!(!named.is_empty());
    for name in named {
        assert!(alerts().any(|alert| alert.name == name), "there is no alert {name}");
    }
}

fn example() -> String {
    root().join(EXAMPLE).to_str().expect("a path in UTF-8").to_owned()
}

fn run(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("amtool can be run");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");

    String::from_utf8_lossy(&output.stdout).into_owned()
}
