//! The catalogue as a collector of `prometheus-client`.

use std::fmt::{self, Write};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder,
    LabelValueEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry;

use crate::catalog::{
    Histogram, Kind, LabelValue, MetricFamily, Readings, Sample, Sink, Value, families,
};

/// Writes one set of readings; keeps nothing of its own.
#[derive(Debug)]
pub(super) struct Scrape(pub(super) Readings);

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in families() {
            let name = family.name();
            let unit = family.unit().suffix().map(|unit| registry::Unit::Other(unit.to_owned()));
            let mut written = Written {
                family,
                head: Some(Head { encoder: &mut encoder, name: &name, unit: unit.as_ref() }),
                samples: None,
                outcome: Ok(()),
            };

            family.read(&self.0, &mut written);
            written.outcome?;
        }

        Ok(())
    }
}

/// One family on its way out.
struct Written<'a, 'e> {
    family: MetricFamily,
    /// Waits for the first sample: a family without samples is not written.
    head: Option<Head<'a, 'e>>,
    samples: Option<MetricEncoder<'a>>,
    outcome: fmt::Result,
}

/// What is written before the samples.
struct Head<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    name: &'a str,
    unit: Option<&'a registry::Unit>,
}

impl Sink for Written<'_, '_> {
    fn sample(&mut self, sample: Sample<'_>) {
        if self.outcome.is_ok() {
            self.outcome = self.write(&sample);
        }
    }
}

impl Written<'_, '_> {
    fn write(&mut self, sample: &Sample<'_>) -> fmt::Result {
        let Self { family, head, samples, outcome: _ } = self;
        if let Some(head) = head.take() {
            *samples = Some(head.write(*family)?);
        }
        let samples = samples.as_mut().ok_or(fmt::Error)?;
        let labels = Labels { names: family.labels(), values: sample.labels };

        if family.kind() == Kind::Info {
            samples.encode_info(&labels)
        } else if sample.labels.is_empty() {
            write_value(samples, family.kind(), sample.value)
        } else {
            write_value(&mut samples.encode_family(&labels)?, family.kind(), sample.value)
        }
    }
}

fn write_value(series: &mut MetricEncoder<'_>, kind: Kind, value: Value<'_>) -> fmt::Result {
    let is_counter = kind == Kind::Counter;

    match value {
        Value::Integer(value) if is_counter => {
            series.encode_counter::<NoLabelSet, _, f64>(&value, None)
        }
        Value::Real(value) if is_counter => {
            series.encode_counter::<NoLabelSet, _, f64>(&value, None)
        }
        Value::Integer(value) => series.encode_gauge(&value),
        Value::Real(value) => series.encode_gauge(&value),
        Value::Histogram(Histogram { bounds, buckets, sum }) => {
            let count = buckets.iter().sum();
            let bounds = bounds.iter().copied().chain([f64::INFINITY]);
            let buckets: Vec<_> = bounds.zip(buckets.iter().copied()).collect();
            series.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
        }
    }
}

impl<'a> Head<'a, '_> {
    fn write(self, family: MetricFamily) -> Result<MetricEncoder<'a>, fmt::Error> {
        let kind = match family.kind() {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
            Kind::Info => MetricType::Info,
        };

        self.encoder.encode_descriptor(self.name, family.help(), self.unit, kind)
    }
}

/// The labels of one sample, borrowed.
struct Labels<'a> {
    names: &'a [&'static str],
    values: &'a [LabelValue<'a>],
}

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let labels = self.names.iter().zip(self.values);
        for (name, value) in labels.filter(|(_, value)| value.is_there()) {
            (*name, Shown(value)).encode(encoder.encode_label())?;
        }

        Ok(())
    }
}

struct Shown<'a>(&'a LabelValue<'a>);

impl EncodeLabelValue for Shown<'_> {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self.0 {
            LabelValue::Text(text) => encoder.write_str(text),
            LabelValue::Number(number) => number.encode(encoder),
            LabelValue::Address(address) => write!(encoder, "{address}"),
        }
    }
}
