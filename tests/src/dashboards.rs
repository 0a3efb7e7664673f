//! The dashboards of `grafana`, drawn by Grafana's components, and compared with what Prometheus answers.

mod attack;
pub mod bed;
mod drawing;
mod panel;
mod shown;
mod table;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

pub use drawing::{Artist, Drawing, Job, folder};
pub use panel::{Empty, Panel};

use crate::sources::root;

/// A dashboard as it is committed.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// That of its file, without the ending.
    pub name: String,
    pub json: Value,
}

/// Returns the files of all dashboards, in order.
pub fn files() -> Vec<PathBuf> {
    let folder = root().join("grafana/dashboards");
    let entries = fs::read_dir(&folder).expect("there is a folder of dashboards");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();

    files
}

/// Returns all dashboards.
pub fn all() -> Vec<Dashboard> {
    files().into_iter().map(|path| Dashboard::read(&path)).collect()
}

impl Dashboard {
    fn read(path: &std::path::Path) -> Self {
        let text = fs::read_to_string(path).expect("the file can be read");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();

        Self { name, json: serde_json::from_str(&text).expect("a dashboard is JSON") }
    }

    /// Returns the panels that draw something.
    pub fn panels(&self) -> impl Iterator<Item = &Value> {
        let panels = self.json["panels"].as_array().expect("it has panels");

        panels.iter().filter(|panel| panel["type"] != "row")
    }
}
