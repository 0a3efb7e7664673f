//! The figures of the table of columns.

use super::bed::Subject;
use super::cell::Cell;

/// What one column of the table says.
#[derive(Clone, Debug)]
pub struct Measured {
    pub(super) column: &'static str,
    /// By [`Subject`].
    pub(super) cells: [Cell; Subject::ALL.len()],
    /// The share of IP packets that were counted under their source and not as `other`.
    pub(super) keyed: f64,
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct Figures(pub Vec<Measured>);

impl Measured {
    pub(super) fn cell(&self, subject: Subject) -> &Cell {
        &self.cells[subject as usize]
    }

    pub(super) fn times_parse(&self) -> f64 {
        self.cell(Subject::Full).times(self.cell(Subject::Parse))
    }

    pub(super) fn times_pass(&self) -> f64 {
        self.cell(Subject::Full).times(self.cell(Subject::Pass))
    }

    pub(super) fn net(&self) -> f64 {
        self.cell(Subject::Full).above(self.cell(Subject::Pass))
    }
}

impl Figures {
    /// Returns the column of this name.
    pub(super) fn column(&self, name: &str) -> &Measured {
        let Self(columns) = self;

        columns.iter().find(|measured| measured.column == name).expect("a column of this name")
    }
}
