//! Series with their last values, from wherever they come, made comparable.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Values by `name{label="value",..}`.
pub type Series = BTreeMap<String, f64>;

/// What a server adds to say where a series comes from, which differs by how it came.
const OF_ORIGIN: [&str; 2] = ["job", "instance"];

/// Names a series: labels in order, without those of its origin.
pub fn name_of(name: &str, labels: &BTreeMap<String, String>) -> String {
    let labels = labels.iter().filter(|(label, _)| !OF_ORIGIN.contains(&label.as_str()));
    let labels = labels.map(|(label, value)| match value.parse::<f64>() {
        // Prometheus writes "64.0" for the bound of a bucket that was scraped, and "64" for one
        // that was pushed.
        Ok(bound) if label == "le" => format!("{label}=\"{bound}\""),
        _ => format!("{label}=\"{value}\""),
    });

    format!("{name}{{{}}}", labels.collect::<Vec<_>>().join(","))
}

/// Reads what an API of Prometheus answered to a query.
pub fn of_answer(answer: &[(Value, String)]) -> Series {
    let series = answer.iter().map(|(labels, value)| {
        let mut labels: BTreeMap<String, String> =
            serde_json::from_value(labels.clone()).expect("labels are texts");
        let name = labels.remove("__name__").unwrap_or_default();

        (name_of(&name, &labels), value.parse().expect("a value is a number"))
    });

    series.collect()
}

/// How much two sets of series may differ.
#[derive(Clone, Copy, Default)]
pub struct Leeway<'a> {
    /// Beginnings of names whose values may be any.
    pub moving: &'a [&'a str],
    /// Of values that are not whole, as some receivers store or print them with fewer digits.
    pub fraction: f64,
}

impl Leeway<'_> {
    fn allows(&self, name: &str, one: f64, other: f64) -> bool {
        let is_near = one.fract() != 0.0 && (one - other).abs() <= self.fraction;

        one == other || is_near || self.moving.iter().any(|it| name.starts_with(it))
    }
}

/// Returns where two sets of series differ.
pub fn differences(scraped: &Series, pushed: &Series, leeway: Leeway<'_>) -> Vec<String> {
    let names: BTreeSet<_> = scraped.keys().chain(pushed.keys()).collect();

    names
        .into_iter()
        .filter_map(|name| match (scraped.get(name), pushed.get(name)) {
            (Some(scraped), Some(pushed)) if leeway.allows(name, *scraped, *pushed) => None,
            (Some(scraped), Some(pushed)) => {
                Some(format!("{name}: {scraped} was scraped, {pushed} was pushed"))
            }
            (Some(_), None) => Some(format!("{name}: was scraped and not pushed")),
            (None, _) => Some(format!("{name}: was pushed and not scraped")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let series = |list: &[(&str, f64)]| -> Series {
            list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
        };
        let scraped = [("a", 1.0), ("b", 2.0), ("c", 3.0), ("clock", 4.0), ("e", 0.5), ("f", 0.5)];
        let pushed = [("a", 1.0), ("b", 1.0), ("clock", 5.0), ("d", 0.0), ("e", 0.51), ("f", 0.6)];
        let leeway = Leeway { moving: &["clock"], fraction: 0.02 };

        let differences = differences(&series(&scraped), &series(&pushed), leeway);

        assert_eq!(
            differences,
            [
                "b: 2 was scraped, 1 was pushed",
                "c: was scraped and not pushed",
                "d: was pushed and not scraped",
                "f: 0.5 was scraped, 0.6 was pushed"
            ]
        );
    }

    #[test]
    fn a_series_has_one_name_wherever_it_comes_from() {
        let labels = |list: &[(&str, &str)]| {
            list.iter().map(|(label, value)| ((*label).into(), (*value).into())).collect()
        };

        let scraped = name_of("size_bucket", &labels(&[("job", "packets"), ("le", "64.0")]));
        let pushed = name_of("size_bucket", &labels(&[("instance", "x"), ("le", "64")]));

        assert_eq!(scraped, "size_bucket{le=\"64\"}");
        assert_eq!(scraped, pushed);
    }
}
