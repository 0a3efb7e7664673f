//! The samples of a metric, and what takes them.

use std::fmt;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Takes the samples of one metric, one after the other, in a stable order.
pub trait Sink {
    fn sample(&mut self, sample: Sample<'_>);
}

/// One time series at one moment. It borrows everything: none is made on the heap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// One value for each of the labels that the metric names, in that order; an empty text for a
    /// label that the sample does not have.
    pub labels: &'a [LabelValue<'a>],
    pub value: Value<'a>,
    /// When counting began; `None` for gauges, and for what counts since the process began.
    pub since: Option<SystemTime>,
}

/// The value of one label; `Display` writes it as it is exposed, without escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue<'a> {
    Text(&'a str),
    Number(u16),
    Address(IpAddr),
}

/// The value of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Integer(u64),
    Real(f64),
    Histogram(Histogram<'a>),
}

/// A histogram whose buckets are not cumulative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Histogram<'a> {
    /// Upper bounds, inclusive.
    pub bounds: &'a [f64],
    /// One for each bound, and the rest.
    pub buckets: &'a [u64],
    pub sum: f64,
}

impl dyn Sink + '_ {
    /// Takes a count of what happened since `since`.
    pub(super) fn count(&mut self, labels: &[LabelValue<'_>], value: u64, since: SystemTime) {
        self.sample(Sample { labels, value: Value::Integer(value), since: Some(since) });
    }

    /// Takes a whole number: a gauge, or a count of what happened since the process began.
    pub(super) fn number(&mut self, labels: &[LabelValue<'_>], value: u64) {
        self.sample(Sample { labels, value: Value::Integer(value), since: None });
    }

    /// Takes a real number, like [`Self::number`].
    pub(super) fn real(&mut self, labels: &[LabelValue<'_>], value: f64) {
        self.sample(Sample { labels, value: Value::Real(value), since: None });
    }

    /// Takes a moment in seconds since 1970; `None` is not exposed.
    pub(super) fn moment(&mut self, labels: &[LabelValue<'_>], time: Option<SystemTime>) {
        if let Some(since) = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()) {
            self.real(labels, since.as_secs_f64());
        }
    }

    /// Takes labels; the value is 1.
    pub(super) fn info(&mut self, labels: &[LabelValue<'_>]) {
        self.number(labels, 1);
    }
}

impl LabelValue<'_> {
    /// Returns whether the sample has the label.
    pub fn is_there(&self) -> bool {
        *self != Self::Text("")
    }
}

impl<'a> From<&'a str> for LabelValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for LabelValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
