//! Which alerts there were, and when, by Prometheus' own account and by Alertmanager's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::hook::labels;
use super::{GROUP_WAIT, Labels, Monitoring};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Everything that was seen of alerts so far.
pub struct History<'a> {
    monitoring: &'a Monitoring<'a>,
    /// The label with what an alert is about.
    by: &'static str,
    /// How long each alert has to hold, and how often it is looked at, in seconds.
    rules: BTreeMap<String, (f64, f64)>,
    /// When each alert became active, each time that it did: seconds of the day.
    active: BTreeMap<Labels, BTreeSet<String>>,
}

/// One alert, as somebody was told of it.
#[derive(Clone, Debug)]
pub struct Alerted {
    pub name: String,
    /// The device, or the exporter, that it is about.
    pub subject: String,
    /// From when it was active until the message, in seconds; `None` if it was never seen active.
    pub told_after: Option<f64>,
    /// How long that may be: how long it has to hold, two evaluations, and what Alertmanager waits.
    pub at_most: f64,
    pub is_resolved: bool,
}

impl<'a> History<'a> {
    pub(super) fn of(monitoring: &'a Monitoring<'a>, by: &'static str) -> Self {
        let rules = monitoring.prometheus.get("/api/v1/rules?type=alert");
        let groups = rules["data"]["groups"].as_array().into_iter().flatten();
        let rules = groups.flat_map(|group| {
            let interval = group["interval"].as_f64().unwrap_or_default();
            let rules = group["rules"].as_array().into_iter().flatten();
            rules.map(move |rule| {
                let name = rule["name"].as_str().unwrap_or_default().to_owned();
                (name, (rule["duration"].as_f64().unwrap_or_default(), interval))
            })
        });
        let rules: BTreeMap<_, _> = rules.collect();
        assert!(!rules.is_empty(), "Prometheus has no rules");

        Self { monitoring, by, rules, active: BTreeMap::new() }
    }

    /// Looks at what Prometheus says now, and returns every alert that was told so far.
    pub fn look(&mut self) -> Vec<Alerted> {
        for alert in self.monitoring.alerts() {
            let since = alert["activeAt"].as_str().unwrap_or_default().to_owned();
            self.active.entry(labels(&alert["labels"])).or_default().insert(since);
        }
        let notices = self.monitoring.notices();
        let of_alert = |labels: &Labels| {
            let mut own = notices.iter().filter(|notice| notice.labels == *labels);
            let first = own.clone().find(|notice| !notice.is_resolved)?;
            Some(self.alerted(labels, first.at, own.any(|notice| notice.is_resolved)))
        };
        let told: BTreeSet<&Labels> = notices.iter().map(|notice| &notice.labels).collect();

        told.into_iter().filter_map(of_alert).collect()
    }

    fn alerted(&self, labels: &Labels, at: f64, is_resolved: bool) -> Alerted {
        let label = |name| labels.get(name).cloned().unwrap_or_default();
        let name = label("alertname");
        let (hold, interval) = self.rules[&name];
        let active = self.active.get(labels).into_iter().flatten();
        let since = active.map(|since| (at - second_of_day(since)).rem_euclid(DAY));
        // It may have been active before without firing, but the last time before the message counts.
        let told_after = since.reduce(f64::min);

        Alerted {
            name,
            subject: label(self.by),
            told_after,
            at_most: hold + 2.0 * interval + GROUP_WAIT,
            is_resolved,
        }
    }

    /// Returns the alerts that fired at any time by the account of Prometheus, each with what it is
    /// about: among devices, those of the exporter itself are about an empty one.
    pub fn fired(&self) -> BTreeSet<(String, String)> {
        self.of_state("firing")
    }

    /// Returns the alerts that were pending at any time, whether they fired or not.
    pub fn pending(&self) -> BTreeSet<(String, String)> {
        self.of_state("pending")
    }

    fn of_state(&self, state: &str) -> BTreeSet<(String, String)> {
        let by = self.by;
        let query = format!(
            "count by (alertname, {by}) (count_over_time(ALERTS{{alertstate=\"{state}\"}}[1h]))"
        );
        let series = self.monitoring.prometheus.series(&query);
        let label =
            |labels: &serde_json::Value, name| labels[name].as_str().unwrap_or_default().to_owned();

        series.iter().map(|(it, _)| (label(it, "alertname"), label(it, by))).collect()
    }
}

impl Display for Alerted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, subject, told_after, at_most, is_resolved } = self;
        let after = told_after.map_or("never seen active".into(), |it| format!("{it:.1} s"));
        let end = if *is_resolved { "resolved" } else { "firing" };

        write!(f, "{subject:<16} {name:<32} {after:>8} of {at_most:.1} s  {end}")
    }
}

/// Reads the time of day of a time of RFC 3339 in UTC, in seconds.
fn second_of_day(time: &str) -> f64 {
    let of_day = time.split_once('T').and_then(|(_, rest)| rest.strip_suffix('Z'));
    let parts = of_day.into_iter().flat_map(|time| time.split(':'));

    parts.fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().expect("a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_with_its_fraction() {
        assert_eq!(second_of_day("2026-11-30T00:01:02.5Z"), 62.5);
        assert_eq!(second_of_day("2026-11-30T23:00:00Z"), 82_800.0);
    }
}
