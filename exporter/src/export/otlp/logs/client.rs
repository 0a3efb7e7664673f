//! What builds, encodes and sends requests with log records: the exporter of OpenTelemetry.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{
    Compression as Encoding, LogExporter, Protocol as Format, RetryPolicy, WithExportConfig,
    WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _};
use tokio::time::timeout;
use tonic::Request;
use tonic::metadata::MetadataMap;
use tonic::transport::Endpoint;

use super::super::client::Client;
use super::super::failure::described;
use super::super::local::LocalError;
use super::super::receiver::Receiver;
use super::super::resource::HostResource;
use super::super::said::shortened;
use super::http::Http;
use super::tries::Tries;
use crate::config::{Compression, Protocol};

/// The way of log records to one receiver.
#[derive(Debug)]
pub struct LogClient {
    pub(super) receiver: Receiver,
    pub(super) origin: HostResource,
    exporter: LogExporter,
    tries: Arc<Tries>,
    /// Most time for a request and its repetition.
    patience: Duration,
}

/// Why records did not arrive.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub(super) text: String,
    /// Whether the exporter takes it for final.
    pub(super) is_final: bool,
}

/// The variables that the exporter reads where no compression is set.
/// Source: opentelemetry-otlp, `resolve_compression_from_env`.
const COMPRESSION: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
/// How long the exporter waits before it repeats a request, half of it by chance; and how long
/// if the receiver asks for time. Source of the latter: opentelemetry-otlp, `retry_with_backoff`.
const AGAIN: Duration = Duration::from_secs(1);
const MOST_ASKED: Duration = Duration::from_secs(30);

impl LogClient {
    /// Reads the certificates that connections need. Blocks; must be called within a runtime.
    pub fn new(receiver: Receiver, origin: &HostResource) -> Result<Self, LocalError> {
        let tries = Arc::new(Tries::default());
        let patience = receiver.timeout * 2 + AGAIN + MOST_ASKED;
        receiver.check_headers()?;

        let mut exporter = match receiver.protocol {
            Protocol::Grpc => grpc(&receiver, &tries, patience)?,
            Protocol::HttpProtobuf => http(&receiver, &tries, patience, Format::HttpBinary)?,
            Protocol::HttpJson => http(&receiver, &tries, patience, Format::HttpJson)?,
        };
        exporter.set_resource(&origin.0);

        Ok(Self { receiver, origin: origin.clone(), exporter, tries, patience })
    }

    /// Sends records, twice if the first failure may pass.
    pub(super) async fn send(&self, batch: LogBatch<'_>) -> Result<(), Undelivered> {
        match self.receiver.headers().await {
            Ok(headers) => self.tries.reset(headers),
            // The file may be mended.
            Err(error) => return Err(Undelivered { text: described(&error), is_final: false }),
        }

        let text = match timeout(self.patience, self.exporter.export(batch)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(OTelSdkError::InternalFailure(text))) => text,
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                let text = format!("no answer within {:?}", self.patience);
                return Err(Undelivered { text, is_final: false });
            }
        };
        let text = self.tries.why().unwrap_or_else(|| shortened(&text));

        // Whether a failure is final is not said: the exporter does not repeat such a request.
        Err(Undelivered { text, is_final: self.tries.made() < 2 })
    }
}

fn grpc(
    receiver: &Receiver,
    tries: &Arc<Tries>,
    patience: Duration,
) -> Result<LogExporter, LocalError> {
    let encoding = match receiver.compression {
        Compression::None => match compressing(|name| std::env::var(name).ok()) {
            None => None,
            Some(variable) => return Err(LocalError::Compressing(variable)),
        },
        Compression::Gzip => Some(Encoding::Gzip),
        Compression::Zstd => Some(Encoding::Zstd),
    };
    let endpoint = Endpoint::from(receiver.url.clone()).connect_timeout(receiver.timeout);
    let channel = endpoint.connect_with_connector_lazy(receiver.connector()?);
    let tries = Arc::clone(tries);
    let timeout = receiver.timeout;
    let intercept = move |mut request: Request<()>| {
        // In place of what the exporter took from variables.
        *request.metadata_mut() = MetadataMap::from_headers(tries.begin());
        request.set_timeout(timeout);
        Ok(request)
    };

    let builder = LogExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_interceptor(intercept)
        .with_timeout(patience);
    let builder = WithTonicConfig::with_retry_policy(builder, once_more());
    let builder = match encoding {
        None => builder,
        Some(encoding) => WithTonicConfig::with_compression(builder, encoding),
    };
    Ok(builder.build()?)
}

fn http(
    receiver: &Receiver,
    tries: &Arc<Tries>,
    patience: Duration,
    format: Format,
) -> Result<LogExporter, LocalError> {
    let url = receiver.url.to_string();
    let client = Client::new(receiver.clone())?;
    let builder = LogExporter::builder()
        .with_http()
        .with_http_client(Http::new(client, Arc::clone(tries)))
        .with_endpoint(url)
        .with_protocol(format)
        .with_timeout(patience);

    Ok(WithHttpConfig::with_retry_policy(builder, once_more()).build()?)
}

fn once_more() -> RetryPolicy {
    RetryPolicy::disabled()
        .with_max_retries(1)
        .with_initial_delay(AGAIN / 2)
        .with_max_delay(AGAIN)
        .with_max_jitter(AGAIN / 2)
}

/// Returns the variable that makes the OTLP exporter compress gRPC requests although `none` is
/// configured; the exporter has no way to turn that off.
fn compressing(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    for name in COMPRESSION {
        match variable(name).unwrap_or_default().to_ascii_lowercase().as_str() {
            "none" => return None,
            "gzip" | "zstd" => return Some(name),
            _ => {}
        }
    }

    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_compresses_what_shall_not_be_compressed_is_found() {
        let [log, all] = COMPRESSION;
        let found = |of_log: &str, of_all: &str| {
            compressing(|name| Some(if name == log { of_log } else { of_all }.to_owned()))
        };

        assert_eq!(found("", ""), None);
        assert_eq!(found("none", "gzip"), None);
        assert_eq!(found("odd", "GZIP"), Some(all));
        assert_eq!(found("zstd", "none"), Some(log));
    }
}
