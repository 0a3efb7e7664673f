//! What is sent: metrics or logs.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::http::header;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use serde_json::Value;

use super::said::shortened;
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
    /// The message is what cannot be read as an answer of OTLP.
    pub(super) is_unread: bool,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json,
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

impl Format {
    /// Returns the format that the headers of an answer name, else the one of the request.
    pub(super) fn of(headers: &HeaderMap, protocol: Protocol) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let named = content_type.unwrap_or_default().to_ascii_lowercase();

        match protocol {
            _ if named.contains("json") => Self::Json,
            _ if named.contains("protobuf") => Self::Protobuf,
            Protocol::HttpJson => Self::Json,
            Protocol::Grpc | Protocol::HttpProtobuf => Self::Protobuf,
        }
    }
}

/// Returns whether an answer is a page for people, which no receiver of OTLP sends: of a proxy that
/// asks for a login, or of a program that has one for every path. `None` is a body that is too long.
pub(super) fn is_page(headers: &HeaderMap, body: Option<&[u8]>) -> bool {
    let named = headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"text/html") || value.starts_with(b"application/xhtml")
    });
    let begins = |with: &[u8]| {
        let begin = body.and_then(|body| body.trim_ascii_start().get(..with.len()));
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with))
    };

    // Some programs name that type where they say nothing.
    body.is_none_or(|body| !body.is_empty()) && named
        || begins(b"<!doctype html")
        || begins(b"<html")
}

/// Reads an answer to a request with metrics. If it cannot be read, the request was taken all the
/// same: some receivers answer with a text.
pub(super) fn answer(format: Format, body: &Bytes) -> Answer {
    let read = match format {
        _ if body.is_empty() => Some((0, String::new())),
        Format::Json => of_json(body),
        Format::Protobuf => of_protobuf(body),
    };
    let is_unread = read.is_none();
    let (rejected, message) =
        read.unwrap_or_else(|| (0, String::from_utf8_lossy(body).into_owned()));

    let rejected = rejected.try_into().unwrap_or(0);
    Answer { rejected, message: shortened(&message), is_unread }
}

fn of_protobuf(body: &Bytes) -> Option<(i64, String)> {
    let answer = ExportMetricsServiceResponse::decode(body.clone()).ok()?;
    let partial = answer.partial_success.unwrap_or_default();

    Some((partial.rejected_data_points, partial.error_message))
}

/// Numbers of 64 bits are texts in the JSON of protobuf, and numbers all the same for some.
fn of_json(body: &Bytes) -> Option<(i64, String)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let partial = &answer.as_object()?.get("partialSuccess").cloned().unwrap_or_default();
    let rejected = &partial["rejectedDataPoints"];
    let number = rejected.as_i64().or_else(|| rejected.as_str()?.parse().ok());

    Some((number.unwrap_or(0), partial["errorMessage"].as_str().unwrap_or_default().into()))
}
