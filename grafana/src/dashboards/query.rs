//! Queries in PromQL, and the matchers that all of them share.

use serde_json::{Value, json};

/// What a selector begins with, by what the metric is about. Text in angle brackets stands for it in queries.
const MATCHERS: [(&str, &str); 3] = [
    ("<host>", r#"job=~"$job",instance=~"$instance""#),
    ("<device>", r#"job=~"$job",instance=~"$instance",device=~"$device""#),
    // Maps that devices share have no device.
    ("<map>", r#"job=~"$job",instance=~"$instance",device=~"$device|""#),
];

/// One query of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    expr: String,
    /// The name of a series, with labels as `{{label}}`.
    legend: String,
    shape: Shape,
}

/// What a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Values over the time that the dashboard shows.
    Course,
    /// The values at its end.
    Now,
    /// The values at its end, with a column for each label.
    Rows,
}

impl Query {
    pub(crate) fn course(expr: impl AsRef<str>, legend: impl Into<String>) -> Self {
        Self { expr: with_matchers(expr.as_ref()), legend: legend.into(), shape: Shape::Course }
    }

    pub(crate) fn now(expr: impl AsRef<str>, legend: impl Into<String>) -> Self {
        Self { shape: Shape::Now, ..Self::course(expr, legend) }
    }

    pub(crate) fn rows(expr: impl AsRef<str>) -> Self {
        Self { shape: Shape::Rows, ..Self::course(expr, "") }
    }

    pub(crate) fn json(&self, letter: char) -> Value {
        let Self { expr, legend, shape } = self;
        let format = if *shape == Shape::Rows { "table" } else { "time_series" };

        json!({
            "datasource": datasource(),
            "editorMode": "code",
            "expr": expr,
            "format": format,
            "instant": *shape != Shape::Course,
            "legendFormat": legend,
            "range": *shape == Shape::Course,
            "refId": letter.to_string(),
        })
    }
}

/// The data source that the dashboard's variable chooses.
pub(crate) fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// Returns the names that queries of a panel have: `A`, `B` and so on.
pub(crate) fn letters() -> impl Iterator<Item = char> {
    'A'..='Z'
}

/// Replaces the text in angle brackets by the matchers that it stands for.
pub(crate) fn with_matchers(expr: &str) -> String {
    MATCHERS.iter().fold(expr.to_owned(), |expr, (name, matchers)| expr.replace(name, matchers))
}
