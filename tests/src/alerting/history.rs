//! Which alerts there were, and when, by Prometheus' own account and by Alertmanager's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::hook::labels;
use super::{Labels, Monitoring};

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// What a time may be off by, in seconds. Prometheus stores samples with their milliseconds.
const EXACT: f64 = 0.001;
/// Seconds from when an alert fires to its message, on a machine that is busy.
const TOLD_WITHIN: f64 = 20.0;

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
    /// Seconds from when it was active until it fired, by the account of Prometheus; `None` if it
    /// was not seen to do both.
    fired_after: Option<f64>,
    /// How long that may be: how long it has to hold, and two evaluations.
    fires_within: f64,
    /// Seconds from when it fired until the message.
    told_after: Option<f64>,
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
        let firing = self.firing();
        let of_alert = |labels: &Labels| {
            let mut own = notices.iter().filter(|notice| notice.labels == *labels);
            let first = own.clone().find(|notice| !notice.is_resolved)?;
            let fired = firing.get(labels).copied();
            Some(Alerted {
                told_after: fired.map(|fired| first.at - fired),
                is_resolved: own.any(|notice| notice.is_resolved),
                ..self.alerted(labels, fired)
            })
        };
        let told: BTreeSet<&Labels> = notices.iter().map(|notice| &notice.labels).collect();

        told.into_iter().filter_map(of_alert).collect()
    }

    /// Returns when each alert fired for the first time, in seconds since 1970.
    fn firing(&self) -> BTreeMap<Labels, f64> {
        let first = self.monitoring.prometheus.first_samples(r#"ALERTS{alertstate="firing"}[1h]"#);
        let of_alert = |(of_series, at)| {
            let mut labels = labels(&of_series);
            labels.retain(|name, _| !["__name__", "alertstate"].contains(&name.as_str()));
            (labels, at)
        };

        first.into_iter().map(of_alert).collect()
    }

    /// Returns an alert that fired at that time, and that nobody was told of yet.
    fn alerted(&self, labels: &Labels, fired: Option<f64>) -> Alerted {
        let label = |name| labels.get(name).cloned().unwrap_or_default();
        let name = label("alertname");
        let (hold, interval) = self.rules[&name];
        let active = self.active.get(labels).into_iter().flatten();
        // It may have been active before without firing: the last time before it fired counts.
        let since = fired.and_then(|at| active.map(|it| elapsed(it, at)).reduce(f64::min));

        Alerted {
            name,
            subject: label(self.by),
            fired_after: since,
            fires_within: hold + 2.0 * interval,
            told_after: None,
            is_resolved: false,
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

impl Alerted {
    /// Returns whether it fired, or was told, after more than so many times what it may take.
    pub fn is_late(&self, times: f64) -> bool {
        let is_over = |time: Option<f64>, limit| time.is_none_or(|it| it > limit * times + EXACT);

        is_over(self.fired_after, self.fires_within) || is_over(self.told_after, TOLD_WITHIN)
    }
}

impl Display for Alerted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, subject, fired_after, fires_within, told_after, is_resolved } = self;
        let seconds = |it: &Option<f64>| it.map_or("?".into(), |it| format!("{it:.1}"));
        let [fired, told] = [fired_after, told_after].map(seconds);
        let end = if *is_resolved { "resolved" } else { "firing" };

        write!(
            f,
            "{subject:<16} {name:<32} fired after {fired:>4} of {fires_within:.1} s, told after {told} s  {end}"
        )
    }
}

/// Returns the seconds from a time of RFC 3339 to one in seconds since 1970, which is less than a day
/// later.
fn elapsed(since: &str, at: f64) -> f64 {
    // What is before it by the part of a millisecond that a sample lacks is not a day later.
    ((at - second_of_day(since) + EXACT).rem_euclid(DAY) - EXACT).max(0.0)
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
    fn a_time_is_measured_across_midnight_and_to_the_millisecond() {
        let cases = [
            ("2026-11-30T00:00:10.5Z", DAY + 12.5, 2.0),
            ("2026-11-30T23:59:59Z", 2.0 * DAY + 1.0, 2.0),
            ("2026-11-30T00:00:10.0004Z", DAY + 10.0, 0.0),
        ];

        for (since, at, seconds) in cases {
            assert!((elapsed(since, at) - seconds).abs() < EXACT, "{since} {at}");
        }
    }

    #[test]
    fn an_alert_that_fires_late_or_is_told_late_is_late() {
        let in_time = Alerted {
            name: "A".into(),
            subject: "eth0".into(),
            fired_after: Some(8.0),
            fires_within: 8.0,
            told_after: Some(TOLD_WITHIN),
            is_resolved: false,
        };
        let late = [
            Alerted { fired_after: Some(8.5), ..in_time.clone() },
            Alerted { fired_after: None, ..in_time.clone() },
            Alerted { told_after: Some(TOLD_WITHIN + 0.5), ..in_time.clone() },
            Alerted { told_after: None, ..in_time.clone() },
        ];

        assert!(!in_time.is_late(1.0), "{in_time}");
        assert!(late.iter().all(|it| it.is_late(1.0)), "{late:#?}");
        assert!(!late[0].is_late(10.0), "{}", late[0]);
    }

    #[test]
    fn a_time_of_day_is_read_with_its_fraction() {
        assert_eq!(second_of_day("2026-11-30T00:01:02.5Z"), 62.5);
        assert_eq!(second_of_day("2026-11-30T23:00:00Z"), 82_800.0);
    }
}
