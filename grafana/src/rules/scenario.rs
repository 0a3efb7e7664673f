//! Traffic over time and what fires in it, as a test of promtool.

use std::fmt::Write;

use super::INTERVAL;
use super::yaml::quoted;

/// A series of a host, and how it is where nothing happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    /// What scenarios call it.
    pub(super) key: &'static str,
    pub(super) selector: &'static str,
    /// What a counter gains in a second, or a gauge is; NaN is a series that is missing.
    pub(super) usual: f64,
}

/// Returns a series.
pub(super) const fn series(key: &'static str, selector: &'static str, usual: f64) -> Series {
    Series { key, selector, usual }
}

/// What happens to a host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// The alerts that it tells right from wrong: one that is broken fails it.
    pub(super) of: &'static [&'static str],
    /// The keys of its series; all if there are none.
    pub(super) only: &'static [&'static str],
    pub(super) phases: &'static [Phase],
    /// At which minute exactly which alerts fire.
    pub(super) fires: &'static [(u32, &'static [&'static str])],
}

/// A time in which the series named have these values instead of their usual ones. The key `*` is
/// for all the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    minutes: u32,
    changes: Values,
    /// What is usual on this kind of host.
    usual: Values,
}

/// Keys of series, each with a value.
pub(super) type Values = &'static [(&'static str, f64)];

/// Returns a phase.
pub(super) const fn phase(minutes: u32, changes: Values) -> Phase {
    Phase { minutes, changes, usual: &[] }
}

impl Phase {
    /// Returns the phase on a host where other values are usual.
    pub(super) const fn on(self, usual: Values) -> Self {
        Self { usual, ..self }
    }

    /// Returns what is changed, and what is usual.
    pub(super) fn values(&self) -> [Values; 2] {
        [self.changes, self.usual]
    }

    fn value(&self, series: &Series) -> f64 {
        let of = |values: Values, key| values.iter().find(|(it, _)| *it == key).map(|(_, it)| *it);
        let changed = of(self.changes, series.key).or_else(|| of(self.changes, "*"));

        changed.or_else(|| of(self.usual, series.key)).unwrap_or(series.usual)
    }
}

impl Scenario {
    /// What most scenarios have in common.
    pub(super) const USUAL: Self = Self { name: "", of: &[], only: &[], phases: &[], fires: &[] };

    /// Returns how long it takes.
    pub(super) fn minutes(&self) -> u32 {
        self.phases.iter().map(|phase| phase.minutes).sum()
    }
}

/// Returns a file of tests.
pub(super) fn file<'a>(scenarios: impl Iterator<Item = &'a Scenario>) -> String {
    file_with(scenarios, None)
}

/// Returns a file of tests that look at one alert alone.
pub(super) fn file_of<'a>(scenarios: impl Iterator<Item = &'a Scenario>, alert: &str) -> String {
    file_with(scenarios, Some(alert))
}

fn file_with<'a>(scenarios: impl Iterator<Item = &'a Scenario>, alert: Option<&str>) -> String {
    let mut text = format!(
        "{}
rule_files: [../rules/traffic.yml, ../rules/exporter.yml]
evaluation_interval: {INTERVAL}
group_eval_order: [packet-traffic, packet-exporter]
tests:
",
        super::MADE_BY
    );
    for scenario in scenarios {
        write_one(&mut text, scenario, alert);
    }

    text
}

fn write_one(text: &mut String, scenario: &Scenario, alert: Option<&str>) {
    let _ = write!(text, "- name: {}\n  interval: 1m\n  input_series:\n", quoted(scenario.name));
    let is_there = |it: &&Series| scenario.only.is_empty() || scenario.only.contains(&it.key);
    for series in super::scenarios::world().filter(is_there) {
        let values = values(series, scenario.phases);
        let _ = writeln!(
            text,
            "  - {{series: {}, values: {}}}",
            quoted(series.selector),
            quoted(&values)
        );
    }
    text.push_str("  promql_expr_test:\n");
    let which = alert.map(|alert| format!(",alertname=\"{alert}\"")).unwrap_or_default();
    for (minute, alerts) in scenario.fires {
        let samples: Vec<_> = alerts
            .iter()
            .filter(|name| alert.is_none_or(|alert| alert == **name))
            .map(|name| format!("{{labels: '{{alertname=\"{name}\"}}', value: 1}}"))
            .collect();
        let _ = writeln!(
            text,
            "  - {{expr: 'group by (alertname) (ALERTS{{alertstate=\"firing\"{which}}})', eval_time: {minute}m, exp_samples: [{}]}}",
            samples.join(", ")
        );
    }
}

/// Returns the samples of a series, one a minute, as promtool reads them.
fn values(series: &Series, phases: &[Phase]) -> String {
    let mut parts = Vec::new();
    let mut counted = 0.0;
    for phase in phases {
        let Phase { minutes, .. } = phase;
        let value = phase.value(series);
        let more = minutes - 1;
        if value.is_nan() {
            parts.push(format!("_x{minutes}"));
        } else if series.is_counter() {
            let step = value * 60.0;
            parts.push(format!("{}+{step}x{more}", counted + step));
            counted += step * f64::from(*minutes);
        } else {
            parts.push(format!("{value}+0x{more}"));
        }
    }

    parts.join(" ")
}

impl Series {
    /// Counters have names that end like this.
    fn is_counter(&self) -> bool {
        self.selector.split('{').next().is_some_and(|name| name.ends_with("_total"))
    }
}
