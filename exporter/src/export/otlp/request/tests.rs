use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use shared::Count;

use super::*;
use crate::catalog::{Readings, example};
use crate::dimension::Dimension;
use crate::snapshot::Snapshot;

/// The committed push of the example.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/otlp.txt");

pub(in crate::export::otlp) const STYLE: Style = Style {
    temporality: Temporality::Cumulative,
    buckets: Buckets::Explicit,
    names: MetricNames::Prometheus,
    max_points: usize::MAX,
    began: SystemTime::UNIX_EPOCH,
};

fn taken(readings: Readings, second: u64) -> Taken {
    Taken { readings, time: example::at(second) }
}

/// Readings of one flow that has counted so many packets of each of these sources.
fn sources(second: u64, packets: &[(&str, u64)]) -> Taken {
    let named = packets.iter().map(|(address, packets)| {
        example::named(example::address(address), *packets, packets * 100)
    });
    let mut flow = example::of_sources(named);
    let all = packets.iter().map(|(_, packets)| packets).sum();
    Arc::make_mut(&mut flow.totals).cells[0][0] = Count { packets: all, bytes: all * 100 };
    Arc::make_mut(&mut flow.totals).sizes[1] = Count { packets: all, bytes: all * 100 };
    let snapshot = Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() };

    taken(Readings { snapshot: Arc::new(snapshot), ..example::readings() }, second)
}

fn requests(style: Style, before: Option<&Taken>, now: &Taken) -> Vec<(Vec<Metric>, usize)> {
    let mut requests = Vec::new();
    let delivered = before.cloned().map(Delivered::of).unwrap_or_default();
    build(style, &delivered, now, &mut |part| requests.push((part.metrics, part.points)));

    requests
}

/// One line for each point, in the order of the requests.
fn lines(style: Style, before: Option<&Taken>, now: &Taken) -> Vec<String> {
    let requests = requests(style, before, now);

    requests.iter().flat_map(|(metrics, _)| metrics.iter().flat_map(lines_of)).collect()
}

fn lines_of(metric: &Metric) -> Vec<String> {
    let head = format!("{} {}", metric.name, metric.unit);
    let second = |nanos: u64| match nanos {
        0 => "-".into(),
        nanos => (nanos / 1_000_000_000 - 1_700_000_000).to_string(),
    };
    let line = |kind: &str, attributes: &[KeyValue], [start, time]: [u64; 2], flags, value| {
        let attributes: Vec<_> = attributes.iter().map(attribute).collect();
        let ended = if flags == 1 { " ended" } else { "" };
        let (attributes, span) = (attributes.join(","), [start, time].map(second).join(".."));
        format!("{head} {kind} {{{attributes}}} {span} {value}{ended}")
    };
    let number =
        |kind: &str, points: &[opentelemetry_proto::tonic::metrics::v1::NumberDataPoint]| {
            let of = |point: &opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| {
                let value = match point.value {
                    Some(Number::AsInt(value)) => value.to_string(),
                    Some(Number::AsDouble(value)) => format!("{value:?}"),
                    None => "-".into(),
                };
                let span = [point.start_time_unix_nano, point.time_unix_nano];
                line(kind, &point.attributes, span, point.flags, value)
            };
            points.iter().map(of).collect()
        };

    match metric.data.as_ref().unwrap() {
        Data::Sum(sum) => {
            assert!(sum.is_monotonic);
            number(temporality(sum.aggregation_temporality), &sum.data_points)
        }
        Data::Gauge(gauge) => number("gauge", &gauge.data_points),
        Data::Histogram(histogram) => {
            let kind = temporality(histogram.aggregation_temporality);
            let points = histogram.data_points.iter();
            let of = |point: &opentelemetry_proto::tonic::metrics::v1::HistogramDataPoint| {
                assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                assert_eq!(point.count, point.bucket_counts.iter().sum::<u64>());
                let value = format!("{:?} sum {:?}", point.bucket_counts, point.sum);
                let span = [point.start_time_unix_nano, point.time_unix_nano];
                line(kind, &point.attributes, span, point.flags, value)
            };
            points.map(of).collect()
        }
        Data::ExponentialHistogram(histogram) => {
            let of =
                |point: &opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint| {
                    let positive = point.positive.as_ref().unwrap();
                    let value = format!(
                        "scale {} zero {} to {} from {} {:?} sum {:?}",
                        point.scale,
                        point.zero_count,
                        point.zero_threshold,
                        positive.offset,
                        positive.bucket_counts,
                        point.sum
                    );
                    let span = [point.start_time_unix_nano, point.time_unix_nano];
                    line("exponential", &point.attributes, span, point.flags, value)
                };
            histogram.data_points.iter().map(of).collect()
        }
        Data::Summary(_) => panic!("nothing here is a summary"),
    }
}

fn temporality(of: i32) -> &'static str {
    ["", "delta", "cumulative"][usize::try_from(of).unwrap()]
}

fn attribute(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => format!("{}={text}", attribute.key),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_reads_like_this() {
    let style = Style { began: example::at(0), ..STYLE };
    let mut push = String::new();
    for line in lines(style, None, &taken(example::readings(), 10)) {
        let _infallible = writeln!(push, "{line}");
    }

    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, &push).unwrap();
    }
    let golden = fs::read_to_string(GOLDEN).unwrap_or_default();
    let differing = push.lines().zip(golden.lines()).find(|(ours, golden)| ours != golden);
    assert!(
        push == golden,
        "{GOLDEN} differs, first in {differing:?}; `UPDATE_GOLDEN=1 cargo test -p exporter` rewrites it"
    );
}

#[test]
fn everything_that_is_scraped_is_pushed_with_the_same_labels() {
    struct Scraped(usize);
    impl Sink for Scraped {
        fn sample(&mut self, _: Sample<'_>) {
            self.0 += 1;
        }
    }
    let readings = example::readings();
    let mut scraped = Scraped(0);
    families().for_each(|family| family.read(&readings, &mut scraped));

    for names in [MetricNames::Prometheus, MetricNames::Semconv] {
        let lines = lines(Style { names, ..STYLE }, None, &taken(readings.clone(), 10));

        let series = |line: &String| line.rsplit_once("} ").unwrap().0.to_owned();
        let distinct: std::collections::BTreeSet<_> = lines.iter().map(series).collect();
        assert_eq!((lines.len(), distinct.len()), (scraped.0, scraped.0), "{names:?}");
    }
}

#[test]
fn requests_hold_so_many_points_and_no_more() {
    let now = taken(example::readings(), 10);
    let whole = lines(STYLE, None, &now);

    for max_points in [1, 7, whole.len() - 1, whole.len()] {
        let style = Style { max_points, ..STYLE };
        let requests = requests(style, None, &now);

        let sizes: Vec<_> = requests.iter().map(|(_, points)| *points).collect();
        let counted = |metrics: &[Metric]| metrics.iter().flat_map(lines_of).count();
        assert!(requests.iter().all(|(metrics, points)| counted(metrics) == *points));
        assert!(sizes.iter().all(|size| (1..=max_points).contains(size)), "{sizes:?}");
        assert_eq!(sizes.len(), whole.len().div_ceil(max_points));
        assert_eq!(lines(style, None, &now), whole);
    }
}

#[test]
fn a_series_that_ends_is_said_to_have_no_value_any_more() {
    let before = sources(10, &[("192.0.2.1", 5), ("192.0.2.2", 7)]);
    let now = sources(20, &[("192.0.2.2", 8)]);

    let ended: Vec<_> =
        lines(STYLE, Some(&before), &now).into_iter().filter(|it| it.ends_with("ended")).collect();

    let of = |name: &str, unit: &str| {
        format!(
            "packet.receive.source.{name} {unit} cumulative {{device=eth0,source=192.0.2.1}} 2..20 - ended"
        )
    };
    assert_eq!(ended, [of("packets", "{packet}"), of("bytes", "By")]);
    let gone = Readings { snapshot: Arc::default(), ..example::readings() };
    let all_gone = lines(STYLE, Some(&before), &taken(gone, 20));
    let histogram = all_gone.iter().find(|line| line.contains("frame_size")).unwrap();
    assert!(histogram.ends_with("[0, 0, 0, 0, 0, 0, 0, 0, 0, 0] sum None ended"), "{histogram}");
}

#[test]
fn a_series_goes_on_as_long_as_it_is_there() {
    let before = sources(10, &[("192.0.2.1", 5)]);

    let lines = lines(STYLE, Some(&before), &before);

    assert!(!lines.iter().any(|line| line.ends_with("ended")));
    let expected =
        "packet.receive.source.packets {packet} cumulative {device=eth0,source=192.0.2.1} 2..10 5";
    assert!(lines.iter().any(|line| line == expected), "{lines:#?}");
}

#[test]
fn deltas_begin_where_the_push_before_ended_also_those_of_a_new_series() {
    let style = Style { temporality: Temporality::Delta, began: example::at(0), ..STYLE };
    let before = sources(10, &[("192.0.2.1", 5)]);
    let now = sources(20, &[("192.0.2.1", 12), ("192.0.2.3", 4)]);

    let lines = lines(style, Some(&before), &now);

    for expected in [
        "packet.receive.source.packets {packet} delta {device=eth0,source=192.0.2.1} 10..20 7",
        "packet.receive.source.packets {packet} delta {device=eth0,source=192.0.2.3} 10..20 4",
        "packet.receive.frame_size By delta {device=eth0} 10..20 [0, 11, 0, 0, 0, 0, 0, 0, 0, 0] sum Some(1100.0)",
        "packet.exporter.folds  delta {} 10..20 0",
        "process.threads  gauge {} -..20 3",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:#?}");
    }
}

#[test]
fn a_series_that_began_anew_is_no_delta_to_the_one_before() {
    let style = Style { temporality: Temporality::Delta, ..STYLE };
    let before = sources(10, &[("192.0.2.1", 5)]);
    let mut now = sources(20, &[("192.0.2.1", 3)]);
    let snapshot = Arc::make_mut(&mut now.readings.snapshot);
    let flow = Arc::make_mut(&mut snapshot.flows[0]);
    let sources = flow.breakdowns[Dimension::Sources].as_mut().unwrap();
    sources.named[0].since = example::at(15);

    let lines = lines(style, Some(&before), &now);

    let expected =
        "packet.receive.source.packets {packet} delta {device=eth0,source=192.0.2.1} 15..20 3";
    assert!(lines.iter().any(|line| line == expected), "{lines:#?}");
}

#[test]
fn sizes_may_be_an_exponential_histogram_and_durations_may_not() {
    let style = Style { buckets: Buckets::Exponential, ..STYLE };

    let lines = lines(style, None, &sources(10, &[("192.0.2.1", 5)]));

    let of = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap();
    assert!(
        of("packet.receive.frame_size").ends_with(
            "exponential {device=eth0} 1..10 scale 0 zero 0 to 64 from 6 \
             [5, 0, 0, 0, 0, 0, 0, 0, 0] sum Some(500.0)"
        ),
        "{}",
        of("packet.receive.frame_size")
    );
    assert!(of("packet.exporter.fold_duration").contains(" cumulative "));
}

#[test]
fn a_clock_that_was_set_back_puts_no_start_behind_its_end() {
    let mut now = sources(10, &[("192.0.2.1", 5)]);
    now.time -= Duration::from_mins(1);

    for (metrics, _) in requests(STYLE, None, &now) {
        for metric in metrics {
            if let Some(Data::Sum(sum)) = metric.data {
                assert!(
                    sum.data_points.iter().all(|it| it.start_time_unix_nano <= it.time_unix_nano)
                );
            }
        }
    }
}
