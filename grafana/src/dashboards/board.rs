//! A whole dashboard: its rows one below the other, and what all dashboards share.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::link::{self, Board, TAG};
use super::panel::{Panel, Place};
use super::{alerts, variable};
use crate::Made;
use crate::rules::Settings;

/// The schema of Grafana 11; newer ones bring a dashboard up to theirs when they load it.
const SCHEMA: u32 = 39;

/// Columns that Grafana divides a dashboard into.
const COLUMNS: u32 = 24;

#[derive(Clone, Debug)]
pub(crate) struct Dashboard {
    pub(crate) board: Board,
    pub(crate) description: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// Panels under a title.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) panels: Vec<Panel>,
}

/// Hands out places from left to right, and a new line where the next panel has no room.
#[derive(Default)]
struct Layout {
    x: u32,
    y: u32,
    line: u32,
}

impl Dashboard {
    pub(crate) fn made(&self, settings: &Settings) -> Made {
        let file = format!("{}.json", self.board.uid());

        Made {
            path: PathBuf::from("dashboards").join(file),
            text: format!("{:#}\n", self.json(settings)),
        }
    }

    pub(crate) fn json(&self, settings: &Settings) -> Value {
        json!({
            "annotations": { "list": [alerts::annotation()] },
            "description": self.description,
            "editable": false,
            "fiscalYearStartMonth": 0,
            // The cursor shows in all panels at once.
            "graphTooltip": 1,
            "links": [link::to_others()],
            "panels": self.panels(),
            "refresh": "30s",
            "schemaVersion": SCHEMA,
            "tags": [TAG],
            "templating": { "list": variable::all(settings) },
            "time": { "from": "now-1h", "to": "now" },
            "timepicker": {},
            "timezone": "browser",
            "title": self.board.title(),
            "uid": self.board.uid(),
            "version": 1,
        })
    }

    fn panels(&self) -> Vec<Value> {
        let mut layout = Layout::default();
        let mut panels = Vec::new();
        let mut ids = 1..;
        let mut next_id = || ids.next().unwrap_or_default();

        for Row { title, panels: own } in &self.rows {
            let place = layout.place((COLUMNS, 1));
            panels.push(json!({
                "collapsed": false,
                "gridPos": place.json(),
                "id": next_id(),
                "panels": [],
                "title": title,
                "type": "row",
            }));
            panels
                .extend(own.iter().map(|panel| panel.json(next_id(), layout.place(panel.size()))));
        }

        panels
    }
}

impl Layout {
    fn place(&mut self, (width, height): (u32, u32)) -> Place {
        if self.x + width > COLUMNS {
            self.x = 0;
            self.y += self.line;
            self.line = 0;
        }
        let place = Place { x: self.x, y: self.y, width, height };
        self.x += width;
        self.line = self.line.max(height);

        place
    }
}
