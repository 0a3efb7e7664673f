//! A push on its way: encoded requests, one after the other.

use std::collections::VecDeque;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};

use super::before::{Delivered, Ended};
use super::encoding::encode;
use super::local::LocalError;
use super::memory::{Pushed, SeriesId};
use super::request::{Part, Style, build};
use super::resource::HostResource;
use super::taken::Taken;
use crate::config::{Compression, MetricNames, Protocol, Temporality};
use crate::version::Build;

/// How requests are made.
#[derive(Clone, Debug)]
pub struct Make {
    pub style: Style,
    pub origin: HostResource,
    pub protocol: Protocol,
    pub compression: Compression,
}

/// What is left to send of one push.
#[derive(Debug)]
pub struct Work {
    pub taken: Taken,
    pub requests: VecDeque<Payload>,
    /// How many series went on.
    pub(super) series: usize,
    /// Of deltas, the series that have ended.
    pub(super) ended: Vec<(SeriesId, Pushed)>,
    /// The receiver may have something of it.
    pub(super) may_have_arrived: bool,
}

/// One encoded request.
#[derive(Clone, Debug)]
pub struct Payload {
    pub body: Bytes,
    pub points: usize,
    /// Series of which it says that they have ended.
    pub(super) ends: Vec<Ended>,
    /// In how many pushes the receiver has refused it.
    pub(super) refusals: u32,
}

impl Make {
    /// Makes the requests of one push. Only the points of one request are in memory at a time
    /// as what they are; the rest is encoded already.
    pub fn work(&self, delivered: &Delivered, taken: Taken) -> Result<Work, LocalError> {
        let mut requests = Ok(VecDeque::new());
        let mut series = 0;
        let mut ended = Vec::new();

        build(self.style, delivered, &taken, &mut |Part { metrics, points, ends }| {
            series += points - ends.len();
            if self.style.temporality == Temporality::Delta {
                ended.extend(ends.iter().filter_map(|it| it.pushed(taken.time)));
            }
            let encoded = encode(&self.request(metrics), self.protocol, self.compression);
            match (encoded, &mut requests) {
                (Ok(body), Ok(requests)) => {
                    requests.push_back(Payload { body, points, ends, refusals: 0 });
                }
                (Err(error), Ok(_)) => requests = Err(error),
                (_, Err(_)) => {}
            }
        });

        Ok(Work { taken, requests: requests?, series, ended, may_have_arrived: false })
    }

    fn request(&self, metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
        /// What the attributes of the semantic conventions are taken from.
        const SCHEMA: &str = "https://opentelemetry.io/schemas/1.42.0";

        let schema_url = match self.style.names {
            MetricNames::Prometheus => String::new(),
            MetricNames::Semconv => SCHEMA.into(),
        };
        let scope = InstrumentationScope {
            name: "packet-exporter".into(),
            version: Build::THIS.version.into(),
            ..InstrumentationScope::default()
        };

        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.origin.resource()),
                scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, schema_url }],
                schema_url: String::new(),
            }],
        }
    }
}

#[cfg(test)]
mod tests;
