//! One data point.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint,
};

use crate::catalog::{Histogram, Value};

/// A point of one series.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) attributes: Vec<KeyValue>,
    /// Nanoseconds since 1970; 0 where nothing is counted up.
    pub(super) start: u64,
    /// Nanoseconds since 1970.
    pub(super) time: u64,
    pub(super) amount: Amount,
    /// The series is no more; the amount says only what it was like.
    pub(super) has_ended: bool,
}

/// What a sample holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Amount {
    Integer(u64),
    Real(f64),
    Histogram(Distribution),
}

/// A histogram whose buckets are not cumulative.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Distribution {
    /// Upper bounds, inclusive.
    bounds: Vec<f64>,
    /// One for each bound, and the rest.
    buckets: Vec<u64>,
    sum: f64,
}

/// Nanoseconds since 1970, as OTLP has times.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();

    since.as_nanos().try_into().unwrap_or(u64::MAX)
}

impl Amount {
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Histogram(Histogram { bounds, buckets, sum }) => Self::Histogram(Distribution {
                bounds: bounds.to_vec(),
                buckets: buckets.to_vec(),
                sum,
            }),
        }
    }

    /// Returns what came since `earlier`, of the same series.
    pub(super) fn since(self, earlier: &Self) -> Self {
        match (self, earlier) {
            (Self::Integer(now), Self::Integer(then)) => Self::Integer(now.saturating_sub(*then)),
            (Self::Real(now), Self::Real(then)) => Self::Real((now - then).max(0.0)),
            (Self::Histogram(mut now), Self::Histogram(then)) => {
                for (now, then) in now.buckets.iter_mut().zip(&then.buckets) {
                    *now = now.saturating_sub(*then);
                }
                now.sum = (now.sum - then.sum).max(0.0);
                Self::Histogram(now)
            }
            (now, _) => now,
        }
    }

    /// Returns whether an exponential histogram of scale 0 has these bounds: each the double of the
    /// one before, from a power of two on.
    pub(super) fn is_exponential(&self) -> bool {
        let Self::Histogram(Distribution { bounds, .. }) = self else { return false };

        bounds.first().is_some_and(|first| *first >= 1.0 && first.log2().fract() == 0.0)
            && bounds.windows(2).all(|pair| (pair[1] / pair[0]).log2().to_bits() == 1_f64.to_bits())
    }
}

impl Point {
    const fn flags(&self) -> u32 {
        if self.has_ended { DataPointFlags::NoRecordedValueMask as u32 } else { 0 }
    }

    /// Beyond 2^63 an integer is as near as a real number comes.
    #[expect(clippy::cast_precision_loss, reason = "there is no larger integer")]
    pub(super) fn number(self) -> NumberDataPoint {
        let value = match self.amount {
            Amount::Integer(value) => {
                Some(i64::try_from(value).map_or(Number::AsDouble(value as f64), Number::AsInt))
            }
            Amount::Real(value) => Some(Number::AsDouble(value)),
            Amount::Histogram(_) => None,
        };

        NumberDataPoint {
            flags: self.flags(),
            attributes: self.attributes,
            start_time_unix_nano: self.start,
            time_unix_nano: self.time,
            exemplars: Vec::new(),
            value: value.filter(|_| !self.has_ended),
        }
    }

    pub(super) fn histogram(self) -> HistogramDataPoint {
        let flags = self.flags();
        let Self { attributes, start, time, amount, has_ended } = self;
        let Distribution { bounds, mut buckets, sum } = amount.distribution();
        if has_ended {
            buckets.fill(0);
        }

        HistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            count: buckets.iter().sum(),
            sum: (!has_ended).then_some(sum),
            bucket_counts: buckets,
            explicit_bounds: bounds,
            exemplars: Vec::new(),
            flags,
            min: None,
            max: None,
        }
    }

    /// Puts what lies up to the first bound into the bucket around zero, whose width is free; so
    /// all bounds are as they were counted. The rest above the last bound has to have one too:
    /// its double.
    pub(super) fn exponential(self) -> ExponentialHistogramDataPoint {
        let flags = self.flags();
        let Self { attributes, start, time, amount, has_ended } = self;
        let Distribution { bounds, mut buckets, sum } = amount.distribution();
        if has_ended {
            buckets.fill(0);
        }
        let count = buckets.iter().sum();
        let mut buckets = buckets.into_iter();
        let zero_count = buckets.next().unwrap_or(0);
        let first = bounds.first().copied().unwrap_or(1.0);
        // Bucket n of scale 0 begins above 2^n.
        #[expect(clippy::cast_possible_truncation, reason = "exponents are small")]
        let offset = first.log2() as i32;

        ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            count,
            sum: (!has_ended).then_some(sum),
            scale: 0,
            zero_count,
            positive: Some(Buckets { offset, bucket_counts: buckets.collect() }),
            negative: None,
            flags,
            exemplars: Vec::new(),
            min: None,
            max: None,
            zero_threshold: first,
        }
    }
}

impl Amount {
    fn distribution(self) -> Distribution {
        match self {
            Self::Histogram(distribution) => distribution,
            Self::Integer(_) | Self::Real(_) => {
                Distribution { bounds: Vec::new(), buckets: vec![0], sum: 0.0 }
            }
        }
    }
}
