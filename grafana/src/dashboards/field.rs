//! How values look: colours, limits, texts, and what one field has of its own.

use serde_json::{Value, json};

use super::link::Target;
use super::unit::Unit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Text,
    Green,
    Orange,
    Red,
}

/// Which colour a value has, from which value on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// The same for all values.
    Plain,
    /// Good at 0, bad above: from a thousandth on, which no count and hardly a rate is below.
    BadAboveZero,
    /// Good at 0, worth a look above.
    LookAboveZero,
    /// Good at 1, bad below.
    BadBelowOne,
    /// Good, then worth a look, then bad.
    From { look: f64, bad: f64 },
}

/// What fields get beside the defaults of their panel.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    matcher: Matcher,
    properties: Vec<Property>,
}

/// Which fields an override is for.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Name(&'static str),
    /// Every field whose name ends so.
    Ending(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) enum Property {
    Unit(Unit),
    Scale(Scale),
    /// 1 and 0 as words.
    YesNo,
    /// Below the axis.
    Mirrored,
    Cell(Cell),
    /// Of a column, in pixels: for texts that are longer than an equal share of the table.
    Width(u32),
    Link(Target),
}

/// How a table writes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// In the colour of its threshold.
    Colored,
    /// With a bar from 0 to the largest value of the column.
    Bar,
}

impl Color {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }
}

impl Scale {
    pub(crate) fn json(self) -> Value {
        let steps: &[(Option<f64>, Color)] = match self {
            Self::Plain => &[(None, Color::Text)],
            Self::BadAboveZero => &[(None, Color::Green), (Some(0.001), Color::Red)],
            Self::LookAboveZero => &[(None, Color::Green), (Some(0.001), Color::Orange)],
            Self::BadBelowOne => &[(None, Color::Red), (Some(1.0), Color::Green)],
            Self::From { look, bad } => {
                &[(None, Color::Green), (Some(look), Color::Orange), (Some(bad), Color::Red)]
            }
        };
        let steps: Vec<_> = steps
            .iter()
            .map(|(value, color)| json!({ "color": color.name(), "value": value }))
            .collect();

        json!({ "mode": "absolute", "steps": steps })
    }
}

impl Override {
    pub(crate) fn new(matcher: Matcher, properties: Vec<Property>) -> Self {
        Self { matcher, properties }
    }

    pub(crate) fn json(&self) -> Value {
        let Self { matcher, properties } = self;
        let properties: Vec<_> = properties.iter().flat_map(Property::json).collect();

        json!({ "matcher": matcher.json(), "properties": properties })
    }
}

impl Matcher {
    fn json(&self) -> Value {
        match self {
            Self::Name(name) => json!({ "id": "byName", "options": name }),
            Self::Ending(ending) => json!({ "id": "byRegexp", "options": format!("/{ending}$/") }),
        }
    }
}

impl Property {
    fn json(&self) -> Vec<Value> {
        let property = |id: &str, value: Value| json!({ "id": id, "value": value });

        match self {
            Self::Unit(unit) => vec![property("unit", json!(unit.id()))],
            Self::Scale(scale) => vec![property("thresholds", scale.json())],
            Self::YesNo => vec![property("mappings", yes_no())],
            Self::Mirrored => vec![property("custom.transform", json!("negative-Y"))],
            Self::Cell(Cell::Bar) => vec![
                property("custom.cellOptions", Cell::Bar.json()),
                property("color", json!({ "mode": "continuous-BlPu" })),
                property("min", json!(0)),
                // Up to the largest of this column, not of all: bits are more than packets.
                property("fieldMinMax", json!(true)),
            ],
            Self::Cell(cell) => vec![property("custom.cellOptions", cell.json())],
            Self::Width(width) => vec![property("custom.width", json!(width))],
            Self::Link(target) => {
                let Target { title, url } = target;
                vec![property(
                    "links",
                    json!([{ "targetBlank": false, "title": title, "url": url }]),
                )]
            }
        }
    }
}

impl Cell {
    fn json(self) -> Value {
        match self {
            Self::Colored => json!({ "type": "color-text" }),
            Self::Bar => json!({ "mode": "basic", "type": "gauge", "valueDisplayMode": "text" }),
        }
    }
}

/// Writes 1 as `yes` and 0 as `no`.
fn yes_no() -> Value {
    json!([{
        "options": { "0": { "index": 0, "text": "no" }, "1": { "index": 1, "text": "yes" } },
        "type": "value",
    }])
}
