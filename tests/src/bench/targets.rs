//! What the project has set itself.

use std::fmt::Write;

use super::figures::{Figures, Measured};

/// One target, with the figure that was reached.
pub(super) struct Check {
    pub(super) what: String,
    pub(super) reached: f64,
    pub(super) limit: Limit,
}

/// What a figure is compared with.
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Check {
    pub(super) fn at_most(what: impl Into<String>, reached: f64, limit: f64) -> Self {
        Self { what: what.into(), reached, limit: Limit::AtMost(limit) }
    }

    /// Returns whether the figure is within its limit.
    pub(super) fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.reached <= limit,
            Limit::AtLeast(limit) => self.reached >= limit,
        }
    }

    pub(super) fn at_least(what: impl Into<String>, reached: f64, limit: f64) -> Self {
        Self { what: what.into(), reached, limit: Limit::AtLeast(limit) }
    }
}

/// Returns the targets that the table of columns covers.
pub(super) fn of_columns(figures: &Figures) -> Vec<Check> {
    let quiet = ["v4_tcp", "v4_udp", "v6_tcp", "vlan", "src_1k"];
    let worst = |ratio: fn(&Measured) -> f64| {
        quiet.iter().map(|name| ratio(figures.column(name))).fold(0.0, f64::max)
    };
    let flood = figures.column("flood_ports");
    let wide = figures.column("src_50k_wide");

    vec![
        Check::at_most("quiet columns, x parse, the worst", worst(Measured::times_parse), 1.5),
        Check::at_most("quiet columns, x pass, the worst", worst(Measured::times_pass), 2.1),
        Check::at_most("flood_ports, x parse", flood.times_parse(), 1.7),
        Check::at_most(
            "flood_ports, net as a multiple of v4_tcp's",
            flood.net() / figures.column("v4_tcp").net(),
            1.5,
        ),
        Check::at_most("src_50k_wide, x parse", wide.times_parse(), 2.4),
        Check::at_least("src_50k_wide, % keyed", wide.keyed * 100.0, 95.0),
    ]
}

/// Returns the targets as people read them.
pub(super) fn print(checks: &[Check]) -> String {
    let mut out = String::from("\ntargets\n");
    for check in checks {
        let Check { what, reached, limit } = check;
        let (sign, limit) = match limit {
            Limit::AtMost(limit) => ("<=", limit),
            Limit::AtLeast(limit) => (">=", limit),
        };
        let verdict = if check.is_met() { "met" } else { "MISSED" };
        let _infallible = writeln!(out, "{verdict:<8}{reached:>10.2} {sign} {limit:<8} {what}");
    }

    out
}
