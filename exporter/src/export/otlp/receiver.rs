//! A receiver: its URL, headers and limits.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::task::spawn_blocking;

use super::local::LocalError;
use super::signal::Signal;
use crate::config::{Compression, Endpoint, Header, Otlp, Protocol, Scheme, split_query};
use crate::outbound::{Identity, Listening, Proxies, Target, Versions, connector, headers_in};

/// Source: OTLP specification, "User Agent".
const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// A receiver of OTLP.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// The URL without what may be secret, for logs and metrics; no two receivers share it.
    pub name: Arc<str>,
    /// Over gRPC only scheme and host count.
    pub(super) url: Uri,
    pub(super) protocol: Protocol,
    pub(super) compression: Compression,
    /// Most time for one request.
    pub(super) timeout: Duration,
    headers: Vec<Header>,
    headers_file: PathBuf,
    identity: Identity,
    pub(super) proxies: Proxies,
}

impl Receiver {
    /// Returns the receivers of the metrics.
    pub fn of_metrics(otlp: &Otlp) -> Result<Vec<Self>, LocalError> {
        let endpoints = otlp.endpoints.iter().filter(|_| otlp.enabled);

        let receivers = endpoints.map(|endpoint| Self::new(otlp, endpoint, Signal::Metrics));
        let mut receivers: Vec<_> = receivers.collect::<Result<_, _>>()?;
        tell_apart(&mut receivers)?;

        Ok(receivers)
    }

    /// Returns the receiver of the log, if it is wanted and there is one.
    pub fn of_logs(otlp: &Otlp) -> Result<Option<Self>, LocalError> {
        let wanted = otlp.enabled && otlp.logs;
        let otlp = otlp.for_the_log();
        let endpoint = otlp.endpoints.first().filter(|_| wanted);

        endpoint.map(|endpoint| Self::new(&otlp, endpoint, Signal::Logs)).transpose()
    }

    fn new(otlp: &Otlp, endpoint: &Endpoint, signal: Signal) -> Result<Self, LocalError> {
        let scheme = match endpoint.scheme() {
            Scheme::Http => "http",
            Scheme::Unsaid if otlp.insecure => "http",
            Scheme::Https | Scheme::Unsaid => "https",
        };
        let base = format!("{scheme}://{}", endpoint.authority().to_ascii_lowercase());
        let path = match (otlp.protocol, endpoint.path()) {
            (Protocol::Grpc, _) => String::new(),
            (Protocol::HttpProtobuf | Protocol::HttpJson, None) => signal.http_path().into(),
            (Protocol::HttpProtobuf | Protocol::HttpJson, Some(path)) => path_for(signal, path),
        };
        let name = format!("{base}{}", split_query(&path).0);
        let url = format!("{base}{path}");

        Ok(Self {
            url: url.parse().map_err(|_| LocalError::Url(name.clone()))?,
            name: name.into(),
            protocol: otlp.protocol,
            compression: otlp.compression,
            timeout: otlp.timeout,
            headers: otlp.headers.clone(),
            headers_file: otlp.headers_file.clone(),
            identity: Identity {
                ca_file: otlp.ca_file.clone(),
                cert_file: otlp.cert_file.clone(),
                key_file: otlp.key_file.clone(),
            },
            proxies: Proxies::of_environment(),
        })
    }

    /// Returns whether it is the same receiver, however it is spoken to.
    pub fn is_same(&self, other: &Self) -> bool {
        self.url == other.url
    }

    /// Returns the headers of a request, those in the file as they are now.
    pub(super) async fn headers(&self) -> Result<HeaderMap, LocalError> {
        let from_file = if self.headers_file.as_os_str().is_empty() {
            Vec::new()
        } else {
            let path = self.headers_file.clone();
            spawn_blocking(move || headers_in(&path)).await??
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));

        // Those of the configuration may come from a variable, which is stronger than the file.
        for Header { name, value } in from_file.iter().chain(&self.headers) {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::try_from(value.as_str());
            if let (Ok(name), Ok(mut value)) = (name, value) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }

        Ok(headers)
    }

    /// Reads the file of headers, if there is one, for its errors. Blocks.
    pub(super) fn check_headers(&self) -> Result<(), LocalError> {
        if self.headers_file.as_os_str().is_empty() {
            return Ok(());
        }

        Ok(headers_in(&self.headers_file).map(drop)?)
    }

    /// Returns what makes connections, after reading the certificates that they need. Blocks.
    pub(super) fn connector(&self) -> Result<Listening, LocalError> {
        let versions = match self.protocol {
            Protocol::Grpc => Versions::Http2,
            Protocol::HttpProtobuf | Protocol::HttpJson => Versions::All,
        };
        let timeout = self.timeout;

        Ok(connector(&Target { url: &self.url, versions, timeout }, &self.identity, &self.proxies)?)
    }
}

/// Numbers receivers whose names differ only in secret parts, because two series must not have the
/// same labels. Refuses a receiver that is named twice.
fn tell_apart(receivers: &mut [Receiver]) -> Result<(), LocalError> {
    let mut known = BTreeSet::new();
    let mut names: BTreeMap<Arc<str>, usize> = BTreeMap::new();

    for Receiver { name, url, .. } in receivers {
        if !known.insert(url.to_string()) {
            return Err(LocalError::Twice(Arc::clone(name)));
        }
        let count = names.entry(Arc::clone(name)).or_default();
        *count += 1;
        if *count > 1 {
            *name = format!("{name}#{count}").into();
        }
    }

    Ok(())
}

/// An endpoint of the metrics may be the one of the log too, but for its path.
fn path_for(signal: Signal, path: &str) -> String {
    let (path, query) = split_query(path);
    let path = path.strip_suffix('.').filter(|path| path.ends_with('/')).unwrap_or(path);

    match (signal, path.strip_suffix(Signal::Metrics.http_path())) {
        (Signal::Logs, Some(base)) => format!("{base}{}{query}", Signal::Logs.http_path()),
        (Signal::Logs | Signal::Metrics, _) => format!("{path}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(endpoints: &[&str], protocol: Protocol) -> Result<Vec<Arc<str>>, String> {
        let endpoints = endpoints.iter().map(|endpoint| endpoint.parse().unwrap()).collect();
        let otlp = Otlp { endpoints, protocol, ..Otlp::default() };
        let receivers = Receiver::of_metrics(&otlp).map_err(|error| error.to_string())?;

        Ok(receivers.into_iter().map(|receiver| receiver.name).collect())
    }

    #[test]
    fn receivers_are_told_apart_without_their_secrets() {
        let endpoints = ["http://a:1/x?token=b", "http://a:1/x?token=c", "http://a:1/y"];

        let names = names(&endpoints, Protocol::HttpProtobuf).unwrap();

        let names: Vec<_> = names.iter().map(|name| &**name).collect();
        assert_eq!(names, ["http://a:1/x", "http://a:1/x#2", "http://a:1/y"]);
    }

    #[test]
    fn the_log_has_its_own_path_and_a_query_stays_behind_it() {
        let cases = [
            ("/v1/metrics", "/v1/metrics", "/v1/logs"),
            ("/a/v1/metrics?b=/.", "/a/v1/metrics?b=/.", "/a/v1/logs?b=/."),
            ("/a", "/a", "/a"),
            ("/.", "/", "/"),
            ("/a/.?b", "/a/?b", "/a/?b"),
            ("/a.", "/a.", "/a."),
        ];

        for (path, metrics, logs) in cases {
            let both = [Signal::Metrics, Signal::Logs].map(|signal| path_for(signal, path));
            assert_eq!(both, [metrics, logs], "{path}");
        }
    }

    #[test]
    fn a_receiver_that_is_named_twice_is_refused_however_it_is_written() {
        let cases = [
            (["http://a:1", "http://a:1/v1/metrics"], Protocol::HttpJson),
            (["http://a:1/x", "http://a:1/y"], Protocol::Grpc),
            (["https://a:1", "a:1"], Protocol::Grpc),
            (["http://a:1", "http://A:1"], Protocol::Grpc),
        ];

        for (endpoints, protocol) in cases {
            let error = names(&endpoints, protocol).unwrap_err();
            assert!(error.starts_with("`otlp.endpoints` names `http"), "{error}");
            assert!(error.ends_with("` more than once; remove one"), "{error}");
        }
    }
}
