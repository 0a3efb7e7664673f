//! The schema of Grafana, as far as dashboards here use it: which fields an object must and may
//! have, and the values of fields that are closed sets.
//!
//! Grafana ignores what it does not know, so a typing error would show as a panel that looks
//! wrong. Source: the types of grafana-foundation-sdk 0.0.22 (`dashboard`, `common`, `stat`,
//! `timeseries`, `table`, `bargauge`, `prometheus`) and of @grafana/schema 13.2.3.

use super::*;

/// Fields of an object.
struct Fields {
    /// Those that have to be there.
    must: &'static [&'static str],
    /// Those that may be missing.
    may: &'static [&'static str],
}

const DASHBOARD: Fields = Fields {
    must: &["schemaVersion", "uid", "title", "panels", "templating", "annotations", "time"],
    may: &[
        "description",
        "tags",
        "timezone",
        "editable",
        "graphTooltip",
        "timepicker",
        "fiscalYearStartMonth",
        "refresh",
        "version",
        "links",
    ],
};
const ANNOTATION: Fields = Fields {
    must: &["name", "enable", "iconColor", "datasource", "expr", "target"],
    may: &["hide", "step", "tagKeys", "textFormat", "titleFormat", "useValueForTime"],
};
const VARIABLE: Fields = Fields {
    must: &["type", "name", "label", "query"],
    may: &[
        "current",
        "hide",
        "skipUrlSync",
        "description",
        "datasource",
        "multi",
        "options",
        "refresh",
        "sort",
        "includeAll",
        "allValue",
        "regex",
        "definition",
    ],
};
const CHOSEN: Fields = Fields { must: &["text", "value"], may: &["selected"] };
const LINK: Fields = Fields {
    must: &[
        "title",
        "type",
        "icon",
        "tooltip",
        "tags",
        "asDropdown",
        "targetBlank",
        "includeVars",
        "keepTime",
    ],
    may: &["url", "placement"],
};
const ROW: Fields =
    Fields { must: &["type", "collapsed", "id", "panels", "title", "gridPos"], may: &[] };
const PANEL: Fields = Fields {
    must: &[
        "type",
        "id",
        "title",
        "description",
        "datasource",
        "gridPos",
        "targets",
        "options",
        "fieldConfig",
    ],
    may: &["links", "transformations"],
};
const DEFAULTS: Fields =
    Fields { must: &["unit", "color", "thresholds", "mappings", "custom"], may: &["min", "max"] };
const TARGET: Fields = Fields {
    must: &["datasource", "expr", "refId", "format", "instant", "range", "legendFormat"],
    may: &["editorMode"],
};
const STAT: Fields = Fields {
    must: &[
        "graphMode",
        "colorMode",
        "justifyMode",
        "textMode",
        "wideLayout",
        "showPercentChange",
        "reduceOptions",
        "percentChangeColorMode",
        "orientation",
    ],
    may: &[],
};
const TIMESERIES: Fields = Fields { must: &["legend", "tooltip"], may: &[] };
const TABLE: Fields =
    Fields { must: &["frameIndex", "showHeader"], may: &["sortBy", "cellHeight"] };
const BARGAUGE: Fields = Fields {
    must: &[
        "displayMode",
        "valueMode",
        "namePlacement",
        "showUnfilled",
        "sizing",
        "minVizWidth",
        "minVizHeight",
        "legend",
        "reduceOptions",
        "maxVizHeight",
        "orientation",
    ],
    may: &["text"],
};
const LEGEND: Fields = Fields {
    must: &["displayMode", "placement", "showLegend", "calcs"],
    may: &["sortBy", "sortDesc"],
};
const LINES: Fields = Fields {
    must: &["drawStyle", "fillOpacity", "lineWidth", "stacking"],
    may: &[
        "axisBorderShow",
        "axisCenteredZero",
        "axisColorMode",
        "axisLabel",
        "axisPlacement",
        "axisSoftMin",
        "gradientMode",
        "hideFrom",
        "lineInterpolation",
        "pointSize",
        "scaleDistribution",
        "showPoints",
        "spanNulls",
        "thresholdsStyle",
    ],
};
const CELLS: Fields = Fields { must: &["align", "cellOptions", "inspect"], may: &[] };

/// Where fields below a panel have one of few values.
const CHOICES: &[(&str, &[&str])] = &[
    ("/type", &["stat", "timeseries", "table", "bargauge"]),
    ("/options/colorMode", &["background", "background_solid", "none", "value"]),
    ("/options/graphMode", &["area", "line", "none"]),
    ("/options/justifyMode", &["auto", "center"]),
    ("/options/textMode", &["auto", "name", "none", "value", "value_and_name"]),
    ("/options/orientation", &["auto", "horizontal", "vertical"]),
    ("/options/percentChangeColorMode", &["inverted", "same_as_value", "standard"]),
    ("/options/legend/displayMode", &["hidden", "list", "table"]),
    ("/options/legend/placement", &["bottom", "right"]),
    ("/options/tooltip/mode", &["multi", "none", "single"]),
    ("/options/tooltip/sort", &["asc", "desc", "none"]),
    ("/options/cellHeight", &["auto", "lg", "md", "sm"]),
    ("/options/displayMode", &["basic", "gradient", "lcd"]),
    ("/options/valueMode", &["color", "hidden", "text"]),
    ("/options/namePlacement", &["auto", "hidden", "left", "top"]),
    ("/options/sizing", &["auto", "manual"]),
    ("/options/reduceOptions/calcs/0", &["lastNotNull"]),
    ("/fieldConfig/defaults/color/mode", &["thresholds", "palette-classic", "continuous-BlPu"]),
    ("/fieldConfig/defaults/thresholds/mode", &["absolute", "percentage"]),
    ("/fieldConfig/defaults/custom/align", &["auto", "center", "left", "right"]),
    ("/fieldConfig/defaults/custom/axisColorMode", &["series", "text"]),
    (
        "/fieldConfig/defaults/custom/axisPlacement",
        &["auto", "bottom", "hidden", "left", "right", "top"],
    ),
    ("/fieldConfig/defaults/custom/cellOptions/type", &["auto"]),
    ("/fieldConfig/defaults/custom/drawStyle", &["bars", "line", "points"]),
    ("/fieldConfig/defaults/custom/gradientMode", &["hue", "none", "opacity", "scheme"]),
    (
        "/fieldConfig/defaults/custom/lineInterpolation",
        &["linear", "smooth", "stepAfter", "stepBefore"],
    ),
    (
        "/fieldConfig/defaults/custom/scaleDistribution/type",
        &["linear", "log", "ordinal", "symlog"],
    ),
    ("/fieldConfig/defaults/custom/showPoints", &["always", "auto", "never"]),
    ("/fieldConfig/defaults/custom/stacking/mode", &["none", "normal", "percent"]),
    (
        "/fieldConfig/defaults/custom/thresholdsStyle/mode",
        &["area", "dashed", "line", "line+area", "off", "series"],
    ),
];
const COLORS: &[&str] = &["text", "green", "orange", "red"];
const TRANSFORMATIONS: &[&str] = &["merge", "organize"];
/// What an override may set, and the only values where there are few.
const PROPERTIES: &[&str] = &[
    "color",
    "custom.cellOptions",
    "custom.transform",
    "custom.width",
    "fieldMinMax",
    "links",
    "mappings",
    "min",
    "thresholds",
    "unit",
];
const CELL_TYPES: &[&str] = &["auto", "color-text", "gauge"];

/// Checks the fields of an object.
fn check(name: &str, value: &Value, Fields { must, may }: &Fields) {
    let there = keys(value);
    let missing: Vec<_> = must.iter().filter(|field| !there.contains(*field)).collect();
    let unknown: Vec<_> =
        there.iter().filter(|field| !must.contains(field) && !may.contains(field)).collect();

    assert!(missing.is_empty(), "{name} lacks {missing:?}");
    assert!(unknown.is_empty(), "{name} has {unknown:?}");
}

#[test]
fn dashboards_have_the_fields_that_grafana_knows() {
    for Written { board, json } in written() {
        let name = format!("{board:?}");
        check(&name, &json, &DASHBOARD);
        // Of Grafana 11 to 13, as the types above are.
        assert!((39..=42).contains(&json["schemaVersion"].as_u64().unwrap()), "{name}");
        assert_eq!(json["editable"], false, "{name}");

        let lists = [
            (&json["annotations"]["list"], &ANNOTATION),
            (&json["templating"]["list"], &VARIABLE),
            (&json["links"], &LINK),
        ];
        for (values, fields) in lists {
            for value in list(values) {
                check(&name, value, fields);
            }
        }
        for row in list(&json["panels"]).iter().filter(|panel| panel["type"] == "row") {
            check(&name, row, &ROW);
        }
        for variable in list(&json["templating"]["list"]) {
            let kind = text(&variable["type"]);
            assert!(["datasource", "query", "textbox"].contains(&kind), "{name}: {kind}");
            if let Some(chosen) = variable.get("current") {
                check(&name, chosen, &CHOSEN);
            }
        }
    }
}

#[test]
fn panels_have_the_fields_that_grafana_knows() {
    each_panel(|name, panel| {
        check(name, panel, &PANEL);
        for link in list(&panel["links"]) {
            check(name, link, &LINK);
        }
        check(name, &panel["fieldConfig"]["defaults"], &DEFAULTS);
        let (options, custom) = match text(&panel["type"]) {
            "stat" => (&STAT, None),
            "timeseries" => (&TIMESERIES, Some(&LINES)),
            "table" => (&TABLE, Some(&CELLS)),
            "bargauge" => (&BARGAUGE, None),
            other => panic!("{name}: there is no panel {other}"),
        };

        check(name, &panel["options"], options);
        if let Some(legend) = panel["options"].get("legend") {
            check(name, legend, &LEGEND);
        }
        if let Some(fields) = custom {
            check(name, &panel["fieldConfig"]["defaults"]["custom"], fields);
        }
        for target in list(&panel["targets"]) {
            check(name, target, &TARGET);
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{name}");
            assert!(["time_series", "table"].contains(&text(&target["format"])), "{name}");
        }
    });
}

#[test]
fn fields_with_few_values_have_one_of_them() {
    each_panel(|name, panel| {
        for (path, values) in CHOICES {
            if let Some(value) = panel.pointer(path) {
                assert!(values.contains(&text(value)), "{name}: {path} is {value}");
            }
        }
        for transformation in list(&panel["transformations"]) {
            assert!(TRANSFORMATIONS.contains(&text(&transformation["id"])), "{name}");
            assert!(transformation["options"].is_object(), "{name}");
        }
        for step in steps(&panel["fieldConfig"]["defaults"]["thresholds"]) {
            assert!(COLORS.contains(&text(&step["color"])), "{name}: {step}");
        }
    });
}

#[test]
fn overrides_set_what_there_is() {
    let mut count = 0;

    each_panel(|name, panel| {
        for own in list(&panel["fieldConfig"]["overrides"]) {
            let matcher = text(&own["matcher"]["id"]);
            assert!(["byName", "byRegexp"].contains(&matcher), "{name}: {matcher}");
            for property in list(&own["properties"]) {
                count += 1;
                let (id, value) = (text(&property["id"]), &property["value"]);
                assert!(PROPERTIES.contains(&id), "{name}: {id}");
                match id {
                    "custom.transform" => assert_eq!(value, "negative-Y", "{name}"),
                    "custom.cellOptions" => {
                        assert!(CELL_TYPES.contains(&text(&value["type"])), "{name}: {value}");
                    }
                    "thresholds" => {
                        assert!(
                            steps(value).all(|it| COLORS.contains(&text(&it["color"]))),
                            "{name}"
                        );
                    }
                    _ => {}
                }
            }
        }
    });

    assert!(count > 0);
}

/// Source: Grafana takes the first step as the one for all lower values, whatever it says.
#[test]
fn thresholds_begin_below_everything_and_rise() {
    each_panel(|name, panel| {
        let thresholds = &panel["fieldConfig"]["defaults"]["thresholds"];
        let values: Vec<_> = steps(thresholds).map(|step| step["value"].as_f64()).collect();

        assert_eq!(values.first(), Some(&None), "{name}");
        assert!(values.is_sorted(), "{name}: {values:?}");
    });
}

fn steps(thresholds: &Value) -> impl Iterator<Item = &Value> {
    list(&thresholds["steps"]).iter()
}
