//! Tables: rows by labels, and a query for each column.

use super::field::{Cell, Matcher, Property, Scale};
use super::kind::{Kind, Order};
use super::link::Target;
use super::panel::Panel;
use super::query::{Query, letters};
use super::transformation::Transformation;
use super::unit::Unit;

/// Pixels that date and time take.
const MOMENT: u32 = 190;

/// A table in the making.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    panel: Panel,
    keys: Vec<(String, &'static str)>,
    hidden: Vec<&'static str>,
    columns: Vec<Column>,
}

/// One column with numbers.
#[derive(Clone, Debug)]
struct Column {
    title: &'static str,
    query: Query,
    properties: Vec<Property>,
}

impl Table {
    pub(crate) fn new(title: &'static str, description: &'static str, order: Order) -> Self {
        Self {
            panel: Panel::new(Kind::Table(order), title, description, Unit::Text),
            keys: Vec::new(),
            hidden: vec!["Time"],
            columns: Vec::new(),
        }
    }

    pub(crate) fn width(self, width: u32) -> Self {
        Self { panel: self.panel.width(width), ..self }
    }

    /// Adds a column with the values of a label.
    pub(crate) fn key(mut self, label: &str, title: &'static str) -> Self {
        self.keys.push((label.to_owned(), title));
        self
    }

    /// Makes a column as wide as this, in pixels; the others share the rest, 150 at least.
    pub(crate) fn wide(mut self, title: &'static str, width: u32) -> Self {
        self.panel = self.panel.overridden(Matcher::Name(title), vec![Property::Width(width)]);
        self
    }

    /// Leaves out a label that tells rows apart, but says nothing to a reader.
    pub(crate) fn hidden(mut self, label: &'static str) -> Self {
        self.hidden.push(label);
        self
    }

    /// Leads from the values of a label elsewhere.
    pub(crate) fn linked(mut self, title: &'static str, target: Target) -> Self {
        self.panel = self.panel.overridden(Matcher::Name(title), vec![Property::Link(target)]);
        self
    }

    pub(crate) fn column(self, title: &'static str, unit: Unit, expr: impl AsRef<str>) -> Self {
        let mut properties = vec![Property::Unit(unit)];
        if unit == Unit::Moment {
            properties.push(Property::Width(MOMENT));
        }

        self.column_with(title, properties, expr)
    }

    /// Adds a column with bars.
    pub(crate) fn bars(self, title: &'static str, unit: Unit, expr: impl AsRef<str>) -> Self {
        self.column_with(title, vec![Property::Unit(unit), Property::Cell(Cell::Bar)], expr)
    }

    /// Adds a column in the colours of a scale.
    pub(crate) fn colored(
        self,
        title: &'static str,
        unit: Unit,
        scale: Scale,
        expr: impl AsRef<str>,
    ) -> Self {
        let properties =
            vec![Property::Unit(unit), Property::Scale(scale), Property::Cell(Cell::Colored)];

        self.column_with(title, properties, expr)
    }

    /// Adds a column that is `yes` where the value is 1, and `no` where it is 0.
    pub(crate) fn yes_no(self, title: &'static str, expr: impl AsRef<str>) -> Self {
        let properties = vec![
            // A text has no threshold, and so the colour of the lowest.
            Property::Unit(Unit::Count),
            Property::YesNo,
            Property::Scale(Scale::BadBelowOne),
            Property::Cell(Cell::Colored),
        ];

        self.column_with(title, properties, expr)
    }

    /// Leaves out the numbers of a query that is there for its labels.
    pub(crate) fn labels_of(mut self, expr: impl AsRef<str>) -> Panel {
        self.hidden.push("Value");

        self.panel
            .query(Query::rows(expr))
            .transformed(Transformation::Organize { named: self.keys, hidden: self.hidden })
    }

    fn column_with(
        mut self,
        title: &'static str,
        properties: Vec<Property>,
        expr: impl AsRef<str>,
    ) -> Self {
        self.columns.push(Column { title, query: Query::rows(expr), properties });
        self
    }

    pub(crate) fn panel(self) -> Panel {
        let Self { mut panel, keys: mut named, hidden, columns } = self;
        // Grafana names the values of several queries by their letters.
        let is_single = columns.len() == 1;

        for (letter, Column { title, query, properties }) in letters().zip(columns) {
            let field = if is_single { "Value".to_owned() } else { format!("Value #{letter}") };
            named.push((field, title));
            panel = panel.query(query).overridden(Matcher::Name(title), properties);
        }

        panel
            .transformed(Transformation::Merge)
            .transformed(Transformation::Organize { named, hidden })
    }
}
