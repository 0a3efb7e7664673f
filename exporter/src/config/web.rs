//! `[web]`: the HTTP server.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::listen_address::ListenAddress;
use super::network::Network;
use super::text::one_or_many;

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Addresses to listen on, as one string or a list. Without a host, the exporter listens on all
    /// addresses of IPv6 and IPv4: ":port", "host:port", "[IPv6]:port" or "[IPv6%device]:port".
    /// Needs a restart.
    #[serde(deserialize_with = "one_or_many")]
    pub listen_address: Vec<ListenAddress>,
    /// Listen on the sockets that systemd passes, instead of on addresses: true or false.
    /// Needs a restart.
    pub systemd_socket: bool,
    /// YAML file with TLS, client certificates and users, in the format of Prometheus'
    /// exporter-toolkit. The exporter reads the file again when it changes. Empty means none: a
    /// path.
    /// Needs a restart.
    pub config_file: PathBuf,
    /// Path of the metrics: a path that begins with "/" and not with "/-/", and is not that of
    /// another page.
    pub telemetry_path: String,
    /// Most scrapes at once. Further ones are answered with 503. 0 means no limit: 0 to 10000.
    pub max_requests: usize,
    /// Proxies whose X-Forwarded-For and X-Forwarded-Proto count, and from which tokens are accepted
    /// without TLS: an address, a network as "10.0.0.0/8", or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub trusted_proxies: Vec<Network>,
    /// Read the configuration again when asked to by POST or PUT of "/-/reload": true or false.
    pub enable_lifecycle: bool,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen_address: vec![ListenAddress::any(10_199)],
            systemd_socket: false,
            config_file: PathBuf::new(),
            telemetry_path: "/metrics".into(),
            max_requests: 40,
            trusted_proxies: Vec::new(),
            enable_lifecycle: false,
        }
    }
}

impl Web {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self {
            listen_address,
            systemd_socket: _,
            config_file: _,
            telemetry_path,
            max_requests,
            trusted_proxies: _,
            enable_lifecycle: _,
        } = self;

        super::refused([
            ("listen_address", !listen_address.is_empty()),
            ("telemetry_path", is_path(telemetry_path)),
            ("max_requests", (0..=10_000).contains(max_requests)),
        ])
    }
}

/// Pages that are there whatever is configured, for Kubernetes.
const TAKEN: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// Without what would end the path in a request: RFC 3986, section 3.3.
fn is_path(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"');

    text.starts_with('/')
        && !text.starts_with("/-/")
        && !TAKEN.contains(&text)
        && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_may_be_where_nothing_else_is() {
        for path in ["/metrics", "/", "/healthz/metrics", "/a%20b"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["metrics", "/-/ready", "/healthz", "/livez", "/readyz", "/a?b", "/a b"] {
            assert!(!is_path(path), "{path}");
        }
    }
}
