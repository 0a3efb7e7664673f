//! The text that the Collector's `debug` exporter prints, and rotel like it.

mod translation;

use std::collections::BTreeMap;

use super::series::Series;

/// One request of metrics as a receiver decoded it.
#[derive(Debug, Default)]
pub struct Request {
    pub resource: BTreeMap<String, String>,
    pub points: Vec<Point>,
}

/// One data point, with what its metric says.
#[derive(Clone, Debug, Default)]
pub struct Point {
    pub name: String,
    pub unit: String,
    /// `Sum`, `Gauge`, `Histogram` or `ExponentialHistogram`.
    pub kind: String,
    pub is_monotonic: bool,
    /// `Cumulative` or `Delta`; nothing for a gauge.
    pub temporality: String,
    pub attributes: BTreeMap<String, String>,
    pub start: String,
    pub time: String,
    /// Of a sum or gauge; `None` where the point says that there is none.
    pub value: Option<f64>,
    /// Of a histogram.
    pub count: Option<f64>,
    pub sum: Option<f64>,
    pub buckets: Vec<f64>,
    pub bounds: Vec<f64>,
}

impl Request {
    /// The series that Prometheus would make of it.
    pub fn series(&self) -> Series {
        let with_value = self.points.iter();

        with_value.flat_map(translation::series).collect()
    }
}

/// Reads the last request alone.
pub fn last_request(text: &str) -> Option<Request> {
    requests(&text[text.rfind(BEGIN)?..]).pop()
}

const BEGIN: &str = "ResourceMetrics #0";

/// What the `     -> key: value` below a heading belong to.
#[derive(Clone, Copy, PartialEq)]
enum Below {
    Resource,
    Metric,
    Point,
}

/// Reads everything that was printed. A request that is being printed may be there in part.
pub fn requests(text: &str) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut metric = Point::default();
    let mut below = Below::Resource;

    for line in text.lines() {
        if line.ends_with(BEGIN) {
            requests.push(Request::default());
            below = Below::Resource;
        }
        let Some(request) = requests.last_mut() else { continue };
        if line.starts_with("Metric #") {
            metric = Point::default();
            below = Below::Metric;
        } else if line.contains("DataPoints #") {
            request.points.push(metric.clone());
            below = Below::Point;
        } else if let Some((key, value)) = attribute(line) {
            match (below, request.points.last_mut()) {
                (Below::Point, Some(point)) => {
                    point.attributes.insert(key.into(), plain(value).into());
                }
                (Below::Metric, _) => describe(&mut metric, key, value),
                _ => {
                    request.resource.insert(key.into(), plain(value).into());
                }
            }
        } else if let (Below::Point, Some(point)) = (below, request.points.last_mut()) {
            read_value(point, line);
        }
    }

    requests
}

fn attribute(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("     -> ")?.split_once(": ")
}

/// `Str(veth0)` is `veth0`.
fn plain(value: &str) -> &str {
    value.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(value)
}

fn describe(metric: &mut Point, key: &str, value: &str) {
    match key {
        "Name" => value.clone_into(&mut metric.name),
        "Unit" => value.clone_into(&mut metric.unit),
        "DataType" => value.clone_into(&mut metric.kind),
        "IsMonotonic" => metric.is_monotonic = value == "true",
        // Once by its name, once by the name of the constant.
        "AggregationTemporality" if value.to_lowercase().ends_with("cumulative") => {
            "Cumulative".clone_into(&mut metric.temporality);
        }
        "AggregationTemporality" => "Delta".clone_into(&mut metric.temporality),
        _ => {}
    }
}

fn read_value(point: &mut Point, line: &str) {
    let Some((key, value)) = line.split_once(": ") else { return };
    let number = || value.parse().ok();
    match key {
        "StartTimestamp" => value.clone_into(&mut point.start),
        "Timestamp" => value.clone_into(&mut point.time),
        "Value" => point.value = number(),
        "Count" => point.count = number(),
        "Sum" => point.sum = number(),
        _ if key.starts_with("ExplicitBounds") => point.bounds.extend(number()),
        _ if key.starts_with("Bucket") => {
            // `Buckets #0, Count: 1`, or of an exponential one `Bucket (4, 8], Count: 1`.
            point.buckets.extend(number());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
