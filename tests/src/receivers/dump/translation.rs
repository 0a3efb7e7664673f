//! What Prometheus makes of OTLP. Source: OpenTelemetry specification,
//! compatibility/prometheus_and_openmetrics.md, "OpenTelemetry Metric to Prometheus".

use super::Point;
use crate::receivers::series::name_of;

/// Units whose words a name has at its end, and those in braces have none.
const UNITS: [(&str, &str); 2] = [("By", "bytes"), ("s", "seconds")];

/// The series of a point with their values; none of a point without a value.
pub(super) fn series(point: &Point) -> Vec<(String, f64)> {
    let name = name(point);
    if let Some(value) = point.value {
        return vec![(name_of(&name, &point.attributes), value)];
    }
    let (Some(count), Some(sum)) = (point.count, point.sum) else { return Vec::new() };

    let mut series = vec![
        (name_of(&format!("{name}_count"), &point.attributes), count),
        (name_of(&format!("{name}_sum"), &point.attributes), sum),
    ];
    let bounds = point.bounds.iter().map(ToString::to_string).chain(["+Inf".into()]);
    let mut so_far = 0.0;
    for (bound, in_bucket) in bounds.zip(&point.buckets) {
        so_far += in_bucket;
        let mut labels = point.attributes.clone();
        labels.insert("le".into(), bound);
        series.push((name_of(&format!("{name}_bucket"), &labels), so_far));
    }

    series
}

fn name(point: &Point) -> String {
    let mut name = point.name.replace(|it: char| !it.is_ascii_alphanumeric() && it != ':', "_");
    let mut add = |word: &str| {
        if !name.ends_with(word) {
            name = format!("{name}_{word}");
        }
    };
    if let Some((_, word)) = UNITS.iter().find(|(unit, _)| *unit == point.unit) {
        add(word);
    }
    if point.unit == "1" && point.kind == "Gauge" {
        add("ratio");
    }
    if point.is_monotonic {
        add("total");
    }

    name
}
