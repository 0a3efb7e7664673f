//! The table of columns for machines.

use serde_json::{Value, json};

use super::bed::Subject;
use super::figures::{Figures, Measured};

/// Returns one row for each program and column.
pub fn json(figures: &Figures) -> Value {
    let Figures(columns) = figures;
    let rows: Vec<Value> = columns
        .iter()
        .flat_map(|measured| Subject::ALL.map(|subject| row(measured, subject)))
        .collect();

    json!({ "rows": rows })
}

fn row(measured: &Measured, subject: Subject) -> Value {
    let cell = measured.cell(subject);
    let pass = measured.cell(Subject::Pass);

    json!({
        "program": subject.label(),
        "column": measured.column,
        "median_ns": cell.median(),
        "x_parse": cell.times(measured.cell(Subject::Parse)),
        "x_pass": cell.times(pass),
        "net_ns": cell.above(pass),
    })
}
