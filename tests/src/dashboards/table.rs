//! Tables: each cell that there is to see, against the query of its column.

use std::collections::BTreeMap;

use serde_json::Value;

use super::panel::{Answer, Panel, strings, text};
use super::shown::shows;

/// A column of a table.
struct Column<'a> {
    title: String,
    /// What it shows: a label, or `Value` with the letter of a query.
    field: String,
    /// Its own properties, by name.
    properties: BTreeMap<&'a str, &'a Value>,
}

pub(super) fn strays(panel: &Panel<'_>, answers: &[Answer]) -> Vec<String> {
    let columns = columns(panel);
    let rows: Vec<_> = panel.seen["rows"].as_array().into_iter().flatten().map(strings).collect();
    let largest = answers.iter().map(|it| it.series.len()).max().unwrap_or_default();

    // Rows below the edge of the panel are not drawn.
    let mut strays = Vec::new();
    if rows.len() < largest.min(3) {
        strays.push(format!("{} rows are shown, there are {largest}", rows.len()));
    }
    for cells in &rows {
        if cells.len() == columns.len() {
            strays.extend(strays_of_row(&columns, cells, answers));
        } else {
            strays.push(format!("{cells:?} are not below {:?}", panel.seen["columns"]));
        }
    }

    strays
}

fn columns<'a>(panel: &Panel<'a>) -> Vec<Column<'a>> {
    let transformations = panel.json["transformations"].as_array().into_iter().flatten();
    let mut organized = transformations.filter(|it| it["id"] == "organize");
    let names = organized.next().and_then(|it| it["options"]["renameByName"].as_object());
    let names = names.expect("a table names its columns");

    strings(&panel.seen["columns"])
        .into_iter()
        .map(|title| Column {
            field: names
                .iter()
                .find(|(_, name)| text(name) == title)
                .map_or_else(String::new, |(field, _)| field.clone()),
            properties: properties(panel.json, &title),
            title,
        })
        .collect()
}

fn properties<'a>(panel: &'a Value, title: &str) -> BTreeMap<&'a str, &'a Value> {
    let overrides = panel["fieldConfig"]["overrides"].as_array().into_iter().flatten();
    let own = overrides.filter(|it| it["matcher"]["options"] == title);

    own.flat_map(|it| it["properties"].as_array().into_iter().flatten())
        .map(|it| (text(&it["id"]), &it["value"]))
        .collect()
}

fn strays_of_row(columns: &[Column<'_>], cells: &[String], answers: &[Answer]) -> Vec<String> {
    let is_value = |column: &Column<'_>| column.field.starts_with("Value");
    let keys: Vec<_> = columns.iter().zip(cells).filter(|(column, _)| !is_value(column)).collect();
    let is_of_row = |labels: &BTreeMap<String, String>| {
        keys.iter().all(|(column, cell)| labels.get(&column.field).map_or("", |it| it) == **cell)
    };

    let mut strays = Vec::new();
    if !answers.iter().any(|it| it.series.iter().any(|(labels, _)| is_of_row(labels))) {
        strays.push(format!("no series is that of the row {cells:?}"));
    }
    for (column, cell) in columns.iter().zip(cells).filter(|(column, _)| is_value(column)) {
        let letter = column.field.strip_prefix("Value #").unwrap_or("A");
        let own = answers.iter().filter(|it| it.letter == letter);
        let values: Vec<_> = own
            .flat_map(|it| &it.series)
            .filter(|(labels, _)| is_of_row(labels))
            .map(|(_, value)| *value)
            .collect();
        let fits = match values[..] {
            [] => cell.is_empty(),
            [value] => column.shows(cell, value),
            _ => false,
        };
        if !fits {
            strays.push(format!("{} is {cell:?} in {cells:?}, not {values:?}", column.title));
        }
    }

    strays
}

impl Column<'_> {
    fn shows(&self, cell: &str, value: f64) -> bool {
        let Self { properties, .. } = self;
        if let Some(mappings) = properties.get("mappings") {
            return mappings[0]["options"][value.to_string()]["text"] == cell;
        }

        shows(cell, properties.get("unit").map_or("short", |it| text(it)), value)
    }
}
