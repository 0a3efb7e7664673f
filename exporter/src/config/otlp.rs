//! `[otlp]`: what is pushed, to whom and how.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::endpoint::{Endpoint, Scheme};
use super::header::Header;
use super::same;
use super::text::one_or_many;

pub(super) const INTERVAL: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(24);
pub(super) const TIMEOUT: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_mins(10);

/// The push to receivers of OTLP. Variables called `OTEL_*` are stronger: see docs/otlp.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Otlp {
    /// Whether anything is pushed at all: true or false.
    pub enabled: bool,
    /// Receivers of the metrics, as one string or a list. Empty means none. Over HTTP,
    /// `/v1/metrics` is appended to a URL without a path; write `/.` for the root itself. Without a
    /// scheme, which only gRPC allows, `insecure` decides on TLS: "http(s)://host:port", each only
    /// once.
    #[serde(deserialize_with = "one_or_many")]
    pub endpoints: Vec<Endpoint>,
    /// Protocol of the push: grpc, http/protobuf or http/json.
    pub protocol: Protocol,
    /// How often the metrics are pushed: 100ms to 24h.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// Time limit of one request, including the connection to the receiver: 10ms to 10m.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Time limit of one push, with all its requests and retries: 10ms to 10m.
    #[serde(with = "humantime_serde")]
    pub push_timeout: Duration,
    /// Compression of requests. Prometheus does not accept zstd: none, gzip or zstd.
    pub compression: Compression,
    /// Headers of every request. Keep secret ones in `headers_file`: "name=value", or a list of
    /// them.
    #[serde(deserialize_with = "one_or_many")]
    pub headers: Vec<Header>,
    /// File with more headers, one `name: value` per line, read again for every push. Empty means
    /// none: a path.
    pub headers_file: PathBuf,
    /// Whether counts are totals since the start of their series (cumulative) or the change since
    /// the push before (delta): cumulative or delta.
    pub temporality: Temporality,
    /// How histograms whose bounds are powers of two are sent. The others always have explicit
    /// bounds: explicit or exponential.
    pub histogram: Buckets,
    /// Names of the metrics. prometheus uses those of /metrics; semconv uses those of the semantic
    /// conventions where one has the same meaning: prometheus or semconv.
    pub names: MetricNames,
    /// PEM file with the certificates that receivers are verified with. Empty means those of the
    /// system: a path.
    pub ca_file: PathBuf,
    /// PEM file with the client certificate. Empty means none: a path, together with `key_file`.
    pub cert_file: PathBuf,
    /// PEM file with the private key of the client certificate: a path, together with `cert_file`.
    pub key_file: PathBuf,
    /// Whether endpoints without a scheme are contacted without TLS: true or false.
    pub insecure: bool,
    /// Most data points in one request. Most gRPC receivers accept up to 4 MiB: 1 to 1000000.
    pub max_points: usize,
    /// Whether the exporter's own log is pushed too; this needs an endpoint: true with an endpoint,
    /// or false.
    pub logs: bool,
    /// Receiver of the log. Empty means the first endpoint of the metrics, with `/v1/logs` in place
    /// of `/v1/metrics`: "http(s)://host:port" with a path, or nothing.
    #[serde(with = "super::endpoint::optional")]
    pub logs_endpoint: Option<Endpoint>,
    /// Protocol of the log push. same means that of `protocol`: grpc, http/protobuf, http/json or
    /// same.
    #[serde(with = "same")]
    pub logs_protocol: Option<Protocol>,
    /// Time limit of one request of the log. same means that of `timeout`: 10ms to 10m, or same.
    #[serde(with = "same::duration")]
    pub logs_timeout: Option<Duration>,
    /// Compression of log requests. same means that of `compression`: none, gzip, zstd or same.
    #[serde(with = "same")]
    pub logs_compression: Option<Compression>,
    /// Headers of every request of the log, besides those of `headers_file`. same means those of
    /// `headers`: "name=value", or a list of them, or same.
    #[serde(with = "same::headers")]
    pub logs_headers: Option<Vec<Header>>,
    /// PEM file with the certificates that the receiver of the log is verified with. same means
    /// `ca_file`: a path, or same.
    #[serde(with = "same")]
    pub logs_ca_file: Option<PathBuf>,
    /// PEM file with the client certificate for the receiver of the log. same means `cert_file`: a
    /// path, together with `logs_key_file`, or same.
    #[serde(with = "same")]
    pub logs_cert_file: Option<PathBuf>,
    /// PEM file with the private key of that certificate. same means `key_file`: a path, together
    /// with `logs_cert_file`, or same.
    #[serde(with = "same")]
    pub logs_key_file: Option<PathBuf>,
}

/// What is spoken to receivers. Source: OpenTelemetry specification, "OTLP Exporter".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    #[serde(rename = "grpc")]
    Grpc,
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    #[serde(rename = "http/json")]
    HttpJson,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What counts begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Temporality {
    Cumulative,
    Delta,
}

/// How histograms are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Buckets {
    #[serde(alias = "explicit_bucket_histogram")]
    Explicit,
    #[serde(alias = "base2_exponential_bucket_histogram")]
    Exponential,
}

/// Which names metrics have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricNames {
    Prometheus,
    Semconv,
}

impl Default for Otlp {
    fn default() -> Self {
        Self {
            enabled: true,
            endpoints: Vec::new(),
            protocol: Protocol::Grpc,
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            push_timeout: Duration::from_secs(30),
            compression: Compression::None,
            headers: Vec::new(),
            headers_file: PathBuf::new(),
            temporality: Temporality::Cumulative,
            histogram: Buckets::Explicit,
            names: MetricNames::Prometheus,
            ca_file: PathBuf::new(),
            cert_file: PathBuf::new(),
            key_file: PathBuf::new(),
            insecure: false,
            max_points: 8192,
            logs: false,
            logs_endpoint: None,
            logs_protocol: None,
            logs_timeout: None,
            logs_compression: None,
            logs_headers: None,
            logs_ca_file: None,
            logs_cert_file: None,
            logs_key_file: None,
        }
    }
}

impl Otlp {
    /// Returns what applies to the log: its own settings, else those of metrics.
    #[must_use]
    pub fn for_the_log(&self) -> Self {
        let first = || self.endpoints.first().cloned();
        let path = |own: &Option<PathBuf>, shared: &PathBuf| own.as_ref().unwrap_or(shared).clone();

        Self {
            endpoints: self.logs_endpoint.clone().or_else(first).into_iter().collect(),
            protocol: self.logs_protocol.unwrap_or(self.protocol),
            timeout: self.logs_timeout.unwrap_or(self.timeout),
            compression: self.logs_compression.unwrap_or(self.compression),
            headers: self.logs_headers.as_ref().unwrap_or(&self.headers).clone(),
            ca_file: path(&self.logs_ca_file, &self.ca_file),
            cert_file: path(&self.logs_cert_file, &self.cert_file),
            key_file: path(&self.logs_key_file, &self.key_file),
            ..self.clone()
        }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let distinct: BTreeSet<_> = self.endpoints.iter().map(ToString::to_string).collect();
        let is_spoken = |otlp: &Self| {
            let is_said = |endpoint: &Endpoint| endpoint.scheme() != Scheme::Unsaid;
            otlp.protocol == Protocol::Grpc || otlp.endpoints.iter().all(is_said)
        };
        let is_pair = |otlp: &Self| {
            otlp.cert_file.as_os_str().is_empty() == otlp.key_file.as_os_str().is_empty()
        };
        let log = self.for_the_log();
        let is_pair_of_log = is_pair(&log) || !is_pair(self);

        super::refused([
            ("endpoints", distinct.len() == self.endpoints.len() && is_spoken(self)),
            ("interval", INTERVAL.contains(&self.interval)),
            ("timeout", TIMEOUT.contains(&self.timeout)),
            ("push_timeout", TIMEOUT.contains(&self.push_timeout)),
            ("cert_file", is_pair(self)),
            ("key_file", is_pair(self)),
            ("max_points", (1..=1_000_000).contains(&self.max_points)),
            ("logs", !self.logs || !self.endpoints.is_empty() || self.logs_endpoint.is_some()),
            ("logs_endpoint", is_spoken(&log) || !is_spoken(self)),
            ("logs_timeout", TIMEOUT.contains(&log.timeout) || self.logs_timeout.is_none()),
            ("logs_cert_file", is_pair_of_log),
            ("logs_key_file", is_pair_of_log),
        ])
    }
}
