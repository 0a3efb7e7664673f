//! Queries that several dashboards have, worded for one direction.

use super::panel::Panel;
use super::query::Query;

/// Seen from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Received,
    Sent,
}

/// Series of which a panel shows the busiest by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busiest<'a> {
    /// A counter, with its matchers.
    pub(crate) counter: &'a str,
    /// The labels that make a series.
    pub(crate) by: &'a str,
    pub(crate) count: u32,
}

impl Way {
    /// What `<way>` stands for in the names of metrics.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Received => "receive",
            Self::Sent => "transmit",
        }
    }

    /// What `<peer>` stands for: whose address a packet is counted under.
    pub(crate) const fn peer(self) -> &'static str {
        match self {
            Self::Received => "source",
            Self::Sent => "destination",
        }
    }

    /// Words a query for this direction.
    pub(crate) fn of(self, expr: &str) -> String {
        expr.replace("<way>", self.prefix()).replace("<peer>", self.peer())
    }
}

impl Busiest<'_> {
    /// The busiest of the whole time that is shown, so that a line does not come and go with its
    /// rank.
    pub(crate) fn shown(self) -> String {
        format!("{} and {}", self.rate(), self.ranking())
    }

    /// What is left of the sum beside [`Self::shown`].
    pub(crate) fn rest(self) -> String {
        format!("sum({} unless {})", self.rate(), self.ranking())
    }

    /// The busiest at the moment.
    pub(crate) fn now(self) -> String {
        format!("topk({}, {})", self.count, self.rate())
    }

    fn rate(self) -> String {
        let Self { counter, by, .. } = self;

        format!("sum by ({by}) (rate({counter}[$__rate_interval]))")
    }

    fn ranking(self) -> String {
        let Self { counter, by, count } = self;

        format!("topk({count}, sum by ({by}) (increase({counter}[$__range] @ end())))")
    }
}

impl Panel {
    /// Adds the busiest series and, as one, all others.
    pub(crate) fn busiest(self, busiest: Busiest<'_>, legend: &str, rest: &str) -> Self {
        self.query(Query::course(busiest.shown(), legend))
            .query(Query::course(busiest.rest(), rest))
    }

    /// Adds a query for each direction; what is sent is drawn below the axis.
    pub(crate) fn both_ways(self, expr: &str, legend: &str) -> Self {
        self.course(Way::Received.of(expr), format!("{legend} received"))
            .course(Way::Sent.of(expr), format!("{legend} sent"))
            .mirrored()
    }
}
