//! What every dashboard has to keep to.

mod links;
mod places;
mod promql;
mod queries;
mod schema;
mod tables;
mod variables;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;

/// A dashboard as it is written.
struct Written {
    board: Board,
    json: Value,
}

impl Written {
    /// Panels that show something.
    fn panels(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["panels"]).iter().filter(|panel| panel["type"] != "row")
    }
}

fn written() -> Vec<Written> {
    let settings = Settings::default();
    let one = |board| Written { board, json: boards::dashboard(board).json(&settings) };

    Board::ALL.map(one).into()
}

/// Every panel, with words that say which it is.
fn each_panel(mut check: impl FnMut(&str, &Value)) {
    for written in written() {
        for panel in written.panels() {
            check(&format!("{:?}: {}", written.board, text(&panel["title"])), panel);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Names of the fields of an object.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// Every text below a value.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn the_committed_dashboards_are_those_that_are_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = all(&Settings::default());

    for Made { path, text } in &made {
        let committed = fs::read_to_string(folder.join(path)).unwrap_or_default();
        assert!(committed == *text, "{} is old: `cargo run -p grafana` writes it", path.display());
    }
    let committed = fs::read_dir(folder.join("dashboards")).unwrap().count();
    assert_eq!(committed, made.len(), "a dashboard that nothing makes");
}

#[test]
fn every_panel_says_what_it_shows() {
    each_panel(|name, panel| {
        let description = text(&panel["description"]);

        assert!(!text(&panel["title"]).is_empty(), "{name}");
        assert!(description.len() >= 20, "{name}: {description}");
        assert!(description.ends_with('.') && !description.contains("  "), "{name}: {description}");
        assert!(!list(&panel["targets"]).is_empty(), "{name} asks for nothing");
    });
    for written in written() {
        assert!(!text(&written.json["description"]).is_empty(), "{:?}", written.board);
    }
}

#[test]
fn dashboards_are_found_by_a_name_and_an_id_of_their_own() {
    let written = written();

    let of = |field: &str| -> BTreeSet<String> {
        written.iter().map(|written| text(&written.json[field]).to_owned()).collect()
    };

    assert_eq!(of("uid").len(), Board::ALL.len());
    assert_eq!(of("title").len(), Board::ALL.len());
    // Longer ones are refused.
    assert!(of("uid").iter().all(|uid| uid.len() <= 40));
}
