//! One panel.

use serde_json::{Value, json};

use super::field::{Matcher, Override, Property, Scale};
use super::kind::Kind;
use super::link;
use super::query::{Query, datasource, letters};
use super::transformation::Transformation;
use super::unit::Unit;

/// One panel of a dashboard, without its place.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    kind: Kind,
    title: &'static str,
    description: &'static str,
    unit: Unit,
    width: u32,
    height: u32,
    queries: Vec<Query>,
    scale: Scale,
    is_share: bool,
    overrides: Vec<Override>,
    transformations: Vec<Transformation>,
    runbooks: &'static [&'static str],
}

/// Where a panel is: columns of 24, rows of 30 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Panel {
    pub(crate) fn new(
        kind: Kind,
        title: &'static str,
        description: &'static str,
        unit: Unit,
    ) -> Self {
        let (width, height) = match kind {
            Kind::Number => (4, 4),
            Kind::Lines | Kind::Areas | Kind::Bars => (12, 9),
            Kind::Table(_) => (24, 10),
        };

        Self {
            kind,
            title,
            description,
            unit,
            width,
            height,
            queries: Vec::new(),
            scale: Scale::Plain,
            is_share: false,
            overrides: Vec::new(),
            transformations: Vec::new(),
            runbooks: &[],
        }
    }

    /// A number, of one query.
    pub(crate) fn number(
        title: &'static str,
        description: &'static str,
        unit: Unit,
        expr: &str,
    ) -> Self {
        Self::new(Kind::Number, title, description, unit).course(expr, title)
    }

    pub(crate) fn course(self, expr: impl AsRef<str>, legend: impl Into<String>) -> Self {
        self.query(Query::course(expr, legend))
    }

    pub(crate) fn query(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    pub(crate) fn scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// Lets the axis go from 0 to 1.
    pub(crate) fn whole_axis(self) -> Self {
        Self { is_share: true, ..self }
    }

    pub(crate) fn width(self, width: u32) -> Self {
        Self { width, ..self }
    }

    pub(crate) fn height(self, height: u32) -> Self {
        Self { height, ..self }
    }

    pub(crate) fn overridden(mut self, matcher: Matcher, properties: Vec<Property>) -> Self {
        self.overrides.push(Override::new(matcher, properties));
        self
    }

    /// Draws what is sent below the axis.
    pub(crate) fn mirrored(self) -> Self {
        self.overridden(Matcher::Ending("sent"), vec![Property::Mirrored])
    }

    pub(crate) fn transformed(mut self, transformation: Transformation) -> Self {
        self.transformations.push(transformation);
        self
    }

    /// Links the panel to the runbooks of these alerts.
    pub(crate) fn runbooks(self, runbooks: &'static [&'static str]) -> Self {
        Self { runbooks, ..self }
    }

    /// Columns and rows that the panel takes.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(crate) fn json(&self, id: u32, place: Place) -> Value {
        let targets: Vec<_> =
            letters().zip(&self.queries).map(|(letter, query)| query.json(letter)).collect();
        let transformations: Vec<_> =
            self.transformations.iter().map(Transformation::json).collect();
        let links: Vec<_> = self.runbooks.iter().copied().map(link::runbook).collect();

        json!({
            "datasource": datasource(),
            "description": self.description,
            "fieldConfig": { "defaults": self.defaults(), "overrides": self.overrides() },
            "gridPos": place.json(),
            "id": id,
            "links": links,
            "options": self.kind.options(self.width),
            "targets": targets,
            "title": self.title,
            "transformations": transformations,
            "type": self.kind.plugin(),
        })
    }

    fn defaults(&self) -> Value {
        let mut defaults = json!({
            "color": { "mode": self.kind.color() },
            "custom": self.kind.field(),
            "mappings": [],
            "thresholds": self.scale.json(),
            "unit": self.unit.id(),
        });
        if self.is_share {
            defaults["min"] = json!(0);
            defaults["max"] = json!(1);
        }

        defaults
    }

    fn overrides(&self) -> Vec<Value> {
        self.overrides.iter().map(Override::json).collect()
    }
}

impl Place {
    pub(crate) fn json(self) -> Value {
        let Self { x, y, width, height } = self;

        json!({ "h": height, "w": width, "x": x, "y": y })
    }
}
