//! What is pushed: the readings as metrics of OTLP, some points at a time.

use std::time::SystemTime;

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, Gauge, Histogram, Metric, Sum,
};

use super::before::{Before, Delivered, Ended};
use super::memory::Base;
use super::point::{Amount, Point, nanos};
use super::taken::Taken;
use super::wording::Wording;
use crate::catalog::{Kind, MetricFamily, Sample, Sink, families};
use crate::config::{Buckets, MetricNames, Temporality};

/// How metrics are put.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub temporality: Temporality,
    pub buckets: Buckets,
    pub names: MetricNames,
    /// Most points at a time.
    pub max_points: usize,
    /// The start time of series that count since the process began.
    pub began: SystemTime,
}

/// The metrics of one request.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) metrics: Vec<Metric>,
    /// How many points they have.
    pub(super) points: usize,
    /// Those of them that say that a series has ended.
    pub(super) ends: Vec<Ended>,
}

/// Takes the metrics of one request after the other.
pub(super) type Ready<'a> = &'a mut dyn FnMut(Part);

/// Puts what was taken now into metrics. Of series that the receiver holds and that are gone, it
/// is told so.
pub(super) fn build(style: Style, delivered: &Delivered, now: &Taken, ready: Ready<'_>) {
    let mut request = Request { style, part: Part::default(), ready };
    let time = nanos(now.time);

    // Ends come first, so that a receiver that accepts only the beginning of each push gets them.
    for (place, family) in families().enumerate() {
        for ended in delivered.owed(place, family, &now.readings) {
            let words = Wording::of(family, style.names);
            let point = Point { time, start: ended.point.start.min(time), ..ended.point.clone() };
            request.end(family, &words, Ended { point, ..*ended });
        }
    }
    for (place, family) in families().enumerate() {
        let words = Wording::of(family, style.names);
        let mut before = delivered.before(place, family, style.temporality);
        let mut series = SeriesSink {
            family,
            words: &words,
            time,
            before: before.as_mut(),
            request: &mut request,
        };
        family.read(&now.readings, &mut series);
        if let Some(before) = before {
            let last = nanos(before.taken.time);
            before.ended(&mut |sample, identity| {
                let point = request.last_point(family, &words, [last, time], sample);
                let since = sample.since;
                let may_come_back = before.may_come_back(sample, &now.readings);
                request.end(family, &words, Ended { place, identity, since, point, may_come_back });
            });
        }
    }
    request.flush();
}

/// One request in the making.
struct Request<'a> {
    style: Style,
    part: Part,
    ready: Ready<'a>,
}

/// The samples of one metric on their way into a request.
struct SeriesSink<'a, 'b, 'r> {
    family: MetricFamily,
    words: &'a Wording,
    time: u64,
    before: Option<&'a mut Before<'b>>,
    request: &'a mut Request<'r>,
}

impl Sink for SeriesSink<'_, '_, '_> {
    fn sample(&mut self, sample: Sample<'_>) {
        let Self { family, words, time, before, request } = self;
        let mut amount = Amount::of(sample.value);
        let mut start = request.start(*family, &sample);
        let base = before.as_mut().map(|before| before.meet(&sample));
        if let Some(Base { amount: pushed, until }) = base
            && request.is_delta(*family)
        {
            let until = nanos(until);
            (amount, start) = match pushed {
                Some(pushed) => (amount.since(&pushed), until),
                // It began in the interval of a fold, a part of which may be before that.
                None => (amount, start.max(until)),
            };
        }

        let attributes = words.attributes(sample.labels);
        let point =
            Point { attributes, start: start.min(*time), time: *time, amount, has_ended: false };
        request.add(*family, words, point);
    }
}

/// Returns whether the metric adds up over time.
fn counts(family: MetricFamily) -> bool {
    matches!(family.kind(), Kind::Counter | Kind::Histogram)
}

impl Request<'_> {
    fn is_delta(&self, family: MetricFamily) -> bool {
        self.style.temporality == Temporality::Delta && counts(family)
    }

    /// Returns when a series began; 0 where that means nothing.
    fn start(&self, family: MetricFamily, sample: &Sample<'_>) -> u64 {
        if counts(family) { nanos(sample.since.unwrap_or(self.style.began)) } else { 0 }
    }

    /// Returns the point which says that a series has ended between two pushes.
    fn last_point(
        &self,
        family: MetricFamily,
        words: &Wording,
        [last, time]: [u64; 2],
        sample: &Sample<'_>,
    ) -> Point {
        let start = if self.is_delta(family) { last } else { self.start(family, sample) };

        Point {
            attributes: words.attributes(sample.labels),
            start: start.min(time),
            time,
            amount: Amount::of(sample.value),
            has_ended: true,
        }
    }

    /// Adds the point that ends a series.
    fn end(&mut self, family: MetricFamily, words: &Wording, ended: Ended) {
        self.add(family, words, ended.point.clone());
        self.part.ends.push(ended);
    }

    fn add(&mut self, family: MetricFamily, words: &Wording, point: Point) {
        if self.part.points == self.style.max_points {
            self.flush();
        }
        self.part.points += 1;

        match (&mut self.metric(family, words, &point.amount).data, &point.amount) {
            (Some(Data::Sum(sum)), _) => sum.data_points.push(point.number()),
            (Some(Data::Gauge(gauge)), _) => gauge.data_points.push(point.number()),
            (Some(Data::Histogram(them)), Amount::Histogram(_)) => {
                them.data_points.push(point.histogram());
            }
            (Some(Data::ExponentialHistogram(them)), Amount::Histogram(_)) => {
                them.data_points.push(point.exponential());
            }
            _ => {}
        }
    }

    /// Returns the metric that a point belongs to. Two of the catalogue may share a name.
    fn metric(&mut self, family: MetricFamily, words: &Wording, amount: &Amount) -> &mut Metric {
        let place = self.part.metrics.iter().rposition(|metric| metric.name == words.name);
        let place = place.unwrap_or_else(|| {
            self.part.metrics.push(Metric {
                name: words.name.clone(),
                description: words.description.into(),
                unit: words.unit.into(),
                metadata: Vec::new(),
                data: Some(self.empty(family.kind(), amount)),
            });
            self.part.metrics.len() - 1
        });

        &mut self.part.metrics[place]
    }

    fn empty(&self, kind: Kind, amount: &Amount) -> Data {
        let aggregation_temporality = match self.style.temporality {
            Temporality::Cumulative => AggregationTemporality::Cumulative,
            Temporality::Delta => AggregationTemporality::Delta,
        };
        let aggregation_temporality = aggregation_temporality.into();
        let data_points = Vec::new();
        let is_exponential = self.style.buckets == Buckets::Exponential && amount.is_exponential();

        match kind {
            Kind::Counter => {
                let data_points = Vec::new();
                Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
            }
            Kind::Gauge | Kind::Info => Data::Gauge(Gauge { data_points }),
            Kind::Histogram if is_exponential => Data::ExponentialHistogram(ExponentialHistogram {
                data_points: Vec::new(),
                aggregation_temporality,
            }),
            Kind::Histogram => {
                Data::Histogram(Histogram { data_points: Vec::new(), aggregation_temporality })
            }
        }
    }

    fn flush(&mut self) {
        if self.part.points > 0 {
            (self.ready)(std::mem::take(&mut self.part));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
