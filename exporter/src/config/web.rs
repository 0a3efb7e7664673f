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
    /// Path that everything is below: pages, metrics, probes and the API. Empty means that of
    /// `external_url`: a path as "/packets", or "/" for none.
    /// Needs a restart.
    pub route_prefix: String,
    /// URL under which clients reach the exporter, which links of pages, problems and the document of
    /// the API begin with. Browsers may use its host: empty, or a URL as
    /// "https://example.org/packets", without a user, a query or a fragment.
    /// Needs a restart.
    pub external_url: String,
    /// Path of the metrics: a path that begins with "/" and not with "/-/", and is not that of
    /// another page.
    pub telemetry_path: String,
    /// Most scrapes at once. Further ones are answered with 503. 0 means no limit: 0 to 10000.
    pub max_requests: usize,
    /// Proxies whose X-Forwarded-For, X-Forwarded-Proto, Forwarded, X-Request-Id and X-Amzn-Trace-Id count,
    /// and from which tokens are accepted without TLS: an address, a network as "10.0.0.0/8", or a list of them.
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
            route_prefix: String::new(),
            external_url: String::new(),
            telemetry_path: "/metrics".into(),
            max_requests: 40,
            trusted_proxies: Vec::new(),
            enable_lifecycle: false,
        }
    }
}

impl Web {
    /// Returns what the paths of all requests begin with, without a slash at its end; empty for nothing.
    pub fn prefix(&self) -> &str {
        let prefix =
            if self.route_prefix.is_empty() { self.link_path() } else { &self.route_prefix };

        prefix.trim_end_matches('/')
    }

    /// Returns what absolute links begin with: the external URL, else the prefix.
    pub fn link_base(&self) -> &str {
        if self.external_url.is_empty() {
            self.prefix()
        } else {
            self.external_url.trim_end_matches('/')
        }
    }

    /// Returns what links within a page begin with: the path of the external URL, else the prefix.
    pub fn link_path(&self) -> &str {
        match split_url(&self.external_url) {
            Some((_, path)) => path.trim_end_matches('/'),
            None => self.route_prefix.trim_end_matches('/'),
        }
    }

    /// Returns host and port of the external URL, if there is one.
    pub fn external_authority(&self) -> Option<&str> {
        split_url(&self.external_url).map(|(authority, _)| authority)
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self {
            listen_address,
            systemd_socket: _,
            config_file: _,
            route_prefix,
            external_url,
            telemetry_path,
            max_requests,
            trusted_proxies: _,
            enable_lifecycle: _,
        } = self;

        super::refused([
            ("listen_address", !listen_address.is_empty()),
            ("route_prefix", route_prefix.is_empty() || is_prefix(route_prefix)),
            ("external_url", external_url.is_empty() || is_url(external_url)),
            ("telemetry_path", is_path(telemetry_path)),
            ("max_requests", (0..=10_000).contains(max_requests)),
        ])
    }
}

/// Pages that are there whatever is configured, for Kubernetes.
const TAKEN: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// Splits a URL into host and port, and a path that may be empty.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;

    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

fn is_url(text: &str) -> bool {
    split_url(text).is_some_and(|(authority, path)| {
        let allowed = |it: u8| it.is_ascii_alphanumeric() || b"-._:[]".contains(&it);
        let is_authority = authority
            .starts_with(|it: char| it.is_ascii_alphanumeric() || it == '[')
            && authority.bytes().all(allowed);
        is_authority && (path.is_empty() || is_prefix(path))
    })
}

/// A path as it stands in requests and in links: RFC 3986, section 3.3, without escapes and dots.
fn is_prefix(text: &str) -> bool {
    let is_segment = |segment: &str| {
        let allowed = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(allowed)
    };

    text == "/"
        || text.strip_prefix('/').is_some_and(|inner| {
            inner.strip_suffix('/').unwrap_or(inner).split('/').all(is_segment)
        })
}

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

    #[test]
    fn everything_is_below_the_prefix_and_links_are_those_of_clients() {
        let cases = [
            ("", "", "", "", ""),
            ("/", "", "", "", ""),
            ("/a/b/", "", "/a/b", "/a/b", "/a/b"),
            ("", "https://x.example", "", "https://x.example", ""),
            ("", "https://x.example:8/a/", "/a", "https://x.example:8/a", "/a"),
            // A proxy takes the path away, or another one puts it there.
            ("/", "http://[::1]:8/a", "", "http://[::1]:8/a", "/a"),
            ("/b", "https://x.example/a", "/b", "https://x.example/a", "/a"),
        ];

        for (route_prefix, external_url, prefix, base, path) in cases {
            let [route_prefix, external_url] = [route_prefix, external_url].map(String::from);
            let web = Web { route_prefix, external_url, ..Web::default() };
            assert_eq!(web.refusals(), [""; 0], "{web:?}");
            assert_eq!((web.prefix(), web.link_base(), web.link_path()), (prefix, base, path));
        }
    }

    #[test]
    fn a_prefix_is_a_plain_path_and_a_url_has_no_more_than_one() {
        for prefix in ["a", "//", "/a//b", "/../a", "/a?b", "/a%20b", "/a b", "/{a}", "/a\"b"] {
            let web = Web { route_prefix: prefix.into(), ..Web::default() };
            assert_eq!(web.refusals(), ["route_prefix"], "{prefix}");
        }
        for url in [
            "x.example",
            "ftp://x",
            "http://",
            "http:///a",
            "http://u:p@x",
            "http://x/a?b",
            "http://x/#a",
            "http://x y",
            "https://:80",
        ] {
            let web = Web { external_url: url.into(), ..Web::default() };
            assert_eq!(web.refusals(), ["external_url"], "{url}");
        }
    }
}
