//! What is sent: metrics or logs.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use serde_json::Value;

use super::failure::shortened;
use crate::config::Protocol;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Logs,
}

/// What a receiver that took metrics has to say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Data points that it did not take.
    pub(super) rejected: u64,
    /// Why, or a warning; empty where there is nothing to say.
    pub(super) message: String,
}

impl Signal {
    /// The path over HTTP, where none is given. Source: OTLP specification, "OTLP/HTTP Request".
    pub(super) const fn http_path(self) -> &'static str {
        match self {
            Self::Metrics => "/v1/metrics",
            Self::Logs => "/v1/logs",
        }
    }
}

/// Reads an answer to a request with metrics. One that cannot be read says nothing: the request
/// was taken all the same.
pub(super) fn answer(protocol: Protocol, body: &Bytes) -> Answer {
    let (rejected, message) = match protocol {
        Protocol::HttpJson => of_json(body),
        Protocol::Grpc | Protocol::HttpProtobuf => of_protobuf(body),
    };

    Answer { rejected: rejected.try_into().unwrap_or(0), message: shortened(&message) }
}

fn of_protobuf(body: &Bytes) -> (i64, String) {
    let answer = ExportMetricsServiceResponse::decode(body.clone()).unwrap_or_default();
    let partial = answer.partial_success.unwrap_or_default();

    (partial.rejected_data_points, partial.error_message)
}

/// Numbers of 64 bits are texts in the JSON of protobuf, and numbers all the same for some.
fn of_json(body: &Bytes) -> (i64, String) {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let partial = &answer["partialSuccess"];
    let rejected = &partial["rejectedDataPoints"];
    let number = rejected.as_i64().or_else(|| rejected.as_str()?.parse().ok());

    (number.unwrap_or(0), partial["errorMessage"].as_str().unwrap_or_default().into())
}
