//! Kinds of panels, with the options that Grafana's plugins take.

use serde_json::{Value, json};

/// What a panel draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One number for each series, with its course behind it.
    Number,
    /// Lines over time.
    Lines,
    /// Areas over time, one on top of the other: their height is the sum.
    Areas,
    /// Rows of labels and values.
    Table(Order),
    /// A bar for each series.
    Bars,
}

/// Which row of a table comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The largest of a column.
    Largest(&'static str),
    /// The first of a column, as in a dictionary.
    ByName(&'static str),
}

impl Kind {
    /// The plugin that draws it.
    pub(crate) const fn plugin(self) -> &'static str {
        match self {
            Self::Number => "stat",
            Self::Lines | Self::Areas => "timeseries",
            Self::Table(_) => "table",
            Self::Bars => "bargauge",
        }
    }

    /// The options of the plugin, for a panel of this width.
    pub(crate) fn options(self, width: u32) -> Value {
        match self {
            Self::Number => json!({
                "colorMode": "value",
                "graphMode": "area",
                "justifyMode": "auto",
                "orientation": "auto",
                "percentChangeColorMode": "standard",
                "reduceOptions": last_value(),
                "showPercentChange": false,
                "textMode": "auto",
                "wideLayout": true,
            }),
            Self::Lines | Self::Areas => json!({
                "legend": legend(width),
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Self::Table(order) => json!({
                "cellHeight": "sm",
                "frameIndex": 0,
                "showHeader": true,
                "sortBy": [order.json()],
            }),
            Self::Bars => json!({
                "displayMode": "gradient",
                "legend": {
                    "calcs": [],
                    "displayMode": "list",
                    "placement": "bottom",
                    "showLegend": false,
                },
                "maxVizHeight": 300,
                "minVizHeight": 16,
                "minVizWidth": 8,
                "namePlacement": "auto",
                "orientation": "horizontal",
                "reduceOptions": last_value(),
                "showUnfilled": true,
                "sizing": "auto",
                // Grafana leaves room for the name with the most letters, which may not be the widest.
                "text": { "titleSize": 10 },
                "valueMode": "color",
            }),
        }
    }

    /// How the plugin draws each field.
    pub(crate) fn field(self) -> Value {
        match self {
            Self::Number | Self::Bars => json!({}),
            Self::Lines => lines(10, "none"),
            Self::Areas => lines(40, "normal"),
            Self::Table(_) => json!({
                "align": "auto",
                "cellOptions": { "type": "auto" },
                "inspect": false,
            }),
        }
    }

    /// How a series gets its colour where it has no threshold.
    pub(crate) const fn color(self) -> &'static str {
        match self {
            Self::Number | Self::Table(_) => "thresholds",
            Self::Lines | Self::Areas => "palette-classic",
            Self::Bars => "continuous-BlPu",
        }
    }
}

impl Order {
    fn json(self) -> Value {
        match self {
            Self::Largest(column) => json!({ "desc": true, "displayName": column }),
            Self::ByName(column) => json!({ "desc": false, "displayName": column }),
        }
    }
}

fn last_value() -> Value {
    json!({ "calcs": ["lastNotNull"], "fields": "", "values": false })
}

/// Where there is room, the legend is a table beside the lines.
fn legend(width: u32) -> Value {
    const ROOMY: u32 = 16;

    if width >= ROOMY {
        json!({
            "calcs": ["mean", "max"],
            "displayMode": "table",
            "placement": "right",
            "showLegend": true,
            "sortBy": "Max",
            "sortDesc": true,
        })
    } else {
        json!({
            "calcs": [],
            "displayMode": "list",
            "placement": "bottom",
            "showLegend": true,
        })
    }
}

fn lines(opacity: u32, stacking: &str) -> Value {
    json!({
        "axisBorderShow": false,
        "axisCenteredZero": false,
        "axisColorMode": "text",
        "axisLabel": "",
        "axisPlacement": "auto",
        // Half a height is half a value.
        "axisSoftMin": 0,
        "drawStyle": "line",
        "fillOpacity": opacity,
        "gradientMode": "none",
        "hideFrom": { "legend": false, "tooltip": false, "viz": false },
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "pointSize": 5,
        "scaleDistribution": { "type": "linear" },
        "showPoints": "never",
        "spanNulls": false,
        "stacking": { "group": "A", "mode": stacking },
        "thresholdsStyle": { "mode": "off" },
    })
}
