//! Grafana's types for Go read the dashboards, and refuse what is wrong with one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tests::dashboards::{all, files};
use tests::tools::tool;

const READER: &str = "PACKET_EXPORTER_DASHBOARD_READER";
/// What each of these changes is, the place, the JSON that is there then, and a word of the refusal.
const WRONG: [[&str; 4]; 5] = [
    ["a field of a dashboard that is not there", "/panls", "[]", "panls"],
    ["an option that is not there", "/panels/1/options/colourMode", r#""value""#, "colourMode"],
    [
        "a field of lines that is not there",
        "/panels/8/fieldConfig/defaults/custom/linewidth",
        "1",
        "linewidth",
    ],
    ["a text for a number", "/panels/1/gridPos/w", r#""4""#, "gridPos"],
    ["a number for a query", "/panels/1/targets/0/expr", "1", "expr"],
];

#[test]
fn grafana_knows_every_field() {
    let Some(reader) = tool("grafana_knows_every_field", READER) else { return };
    let files = files();
    let folder = TempDir::with_prefix("packet-exporter-").unwrap();
    let device = all().into_iter().find(|it| it.name == "packet-exporter-devices").unwrap();

    let all = Command::new(&reader).args(&files).output().unwrap();
    let refused = WRONG.map(|[what, place, wrong, word]| {
        let mut json = device.json.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap()[name] = serde_json::from_str(wrong).unwrap();
        (what, word, read(&reader, &folder.path().join("wrong.json"), &json))
    });

    assert_eq!(files.len(), 5);
    assert!(all.status.success(), "{}", said(&all));
    for (what, word, output) in refused {
        assert!(!output.status.success(), "{what} is read");
        assert!(said(&output).contains(word), "{what}: {}", said(&output));
    }
}

fn read(reader: &Path, path: &Path, json: &Value) -> Output {
    fs::write(path, json.to_string()).unwrap();

    Command::new(reader).arg(path).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}
