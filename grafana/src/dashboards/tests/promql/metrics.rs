//! Metrics that a query may name: those of the catalogue, and those that Prometheus makes.

use std::collections::BTreeSet;

use exporter::catalog::{self, Kind, families, tcp_classes};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::{Quantity, What};

/// A metric in a query.
#[derive(Clone, Debug)]
pub(in crate::dashboards::tests) struct Metric {
    /// As in the catalogue.
    pub(in crate::dashboards::tests) name: String,
    pub(in crate::dashboards::tests) labels: BTreeSet<String>,
    pub(super) quantity: Quantity,
    pub(super) is_counter: bool,
}

/// What every series has from the one who scrapes.
const OF_TARGET: [&str; 2] = ["job", "instance"];

/// Series that Prometheus makes, with their labels and what they measure.
/// Source: prometheus/docs, `configuration/alerting_rules.md` and `concepts/jobs_instances.md`.
const OF_PROMETHEUS: [(&str, &[&str], What); 3] = [
    ("up", &[], What::Nothing),
    ("ALERTS", &["alertname", "alertstate", "severity", "device"], What::Nothing),
    // When the alert became active, in seconds since 1970.
    ("ALERTS_FOR_STATE", &["alertname", "severity", "device"], What::Seconds),
];

/// Returns the metric that a selector names, if its labels are those of the metric.
pub(in crate::dashboards::tests) fn metric(selector: &VectorSelector) -> Result<Metric, String> {
    let name = selector.name.as_deref().ok_or("a selector without a name")?;
    let metric = of_prometheus(name)
        .or_else(|| of_catalog(name))
        .ok_or_else(|| format!("there is no metric {name}"))?;

    for matcher in &selector.matchers.matchers {
        check(matcher, &metric)?;
    }

    Ok(metric)
}

fn of_prometheus(name: &str) -> Option<Metric> {
    let (name, labels, what) = OF_PROMETHEUS.into_iter().find(|(own, ..)| *own == name)?;

    Some(Metric {
        name: name.to_owned(),
        labels: with_target(labels),
        quantity: Quantity { what, per_second: false },
        is_counter: false,
    })
}

fn of_catalog(name: &str) -> Option<Metric> {
    families().find_map(|family| {
        let stored = family.stored_name();
        let part = name.strip_prefix(stored.as_str())?;
        let what = match family.unit() {
            catalog::Unit::None | catalog::Unit::Ratio => What::Nothing,
            catalog::Unit::Packets => What::Packets,
            catalog::Unit::Bytes => What::Bytes,
            catalog::Unit::Seconds => What::Seconds,
        };
        let mut labels = with_target(family.labels());
        let (what, is_counter) = match (family.kind(), part) {
            (Kind::Gauge | Kind::Info, "") => (what, false),
            (Kind::Histogram, "_bucket") => {
                labels.insert("le".to_owned());
                (what, true)
            }
            (Kind::Counter, "") | (Kind::Histogram, "_sum") => (what, true),
            (Kind::Histogram, "_count") => (What::Nothing, true),
            _ => return None,
        };

        Some(Metric {
            name: stored,
            labels,
            quantity: Quantity { what, per_second: false },
            is_counter,
        })
    })
}

fn with_target(labels: &[&str]) -> BTreeSet<String> {
    OF_TARGET.iter().chain(labels).map(|label| (*label).to_owned()).collect()
}

fn check(Matcher { op, name, value }: &Matcher, metric: &Metric) -> Result<(), String> {
    if !metric.labels.contains(name) {
        return Err(format!("{} has no label {name}", metric.name));
    }
    let Some(known) = values(name) else { return Ok(()) };
    let asked: Vec<&str> = match op {
        MatchOp::Equal | MatchOp::NotEqual => vec![value],
        MatchOp::Re(_) | MatchOp::NotRe(_) => value.split('|').collect(),
    };

    asked
        .into_iter()
        .find(|value| !known.contains(value))
        .map_or(Ok(()), |value| Err(format!("{name} has no value {value}")))
}

/// Every value of a label whose values are a closed set, of those that queries choose by.
fn values(label: &str) -> Option<Vec<&'static str>> {
    match label {
        "flags" => Some(tcp_classes(&[0; 256]).map(|(class, _)| class).collect()),
        "direction" => Some(vec!["receive", "transmit"]),
        "alertstate" => Some(vec!["pending", "firing"]),
        // Addresses beside it are no closed set; a query that chooses one is a mistake.
        "source" | "destination" => Some(vec!["other"]),
        _ => None,
    }
}
