//! Where a receiver of OTLP is.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;

/// The URL of a receiver; without a scheme also `host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    /// Host and, where one is given, port.
    authority: String,
    /// Path and query; empty where there is none.
    path: String,
}

/// How a receiver is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
    /// What `otlp.insecure` says.
    Unsaid,
}

/// Why a text is not an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error("`{0}` is not a scheme; begin with \"http://\" or \"https://\"")]
    Scheme(String),
    #[error("`{0}` is not a host with a port, as in \"collector:4317\" or \"[::1]:4317\"")]
    Authority(String),
    #[error(
        "users and passwords belong in `otlp.headers_file`, as an authorization header; write `@` \
         in a path as %40"
    )]
    User,
    #[error("`{0}` is not a path")]
    Path(String),
}

impl Endpoint {
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and port, the port as far as it is given.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query; `None` where there is neither.
    pub fn path(&self) -> Option<&str> {
        Some(&*self.path).filter(|path| !path.is_empty() && *path != "/")
    }

    /// Returns the port, if there is one.
    pub(super) fn port(&self) -> Option<u16> {
        self.authority.rsplit_once(':')?.1.parse().ok()
    }

    /// Returns this endpoint with `suffix` appended to its path, before its query.
    pub(super) fn join(mut self, suffix: &str) -> Self {
        let (path, query) = split_query(&self.path);
        self.path = format!("{}{suffix}{query}", path.trim_end_matches('/'));

        self
    }

    /// Returns this endpoint, with `scheme` if it has none.
    pub(super) fn with_scheme(self, scheme: Scheme) -> Self {
        if self.scheme == Scheme::Unsaid { Self { scheme, ..self } } else { self }
    }

    /// Returns this endpoint with its path, or with the root if it has none.
    pub(super) fn with_path(mut self) -> Self {
        if self.path().is_none() {
            self.path = "/.".into();
        }

        self
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::Unsaid, text),
            Some((name, rest)) if name.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some((name, rest)) if name.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            // A password may hold any character, also `://`.
            Some(_) if text.contains('@') => return Err(EndpointError::User),
            Some((name, _)) => return Err(EndpointError::Scheme(name.into())),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // Of a password with `/` or `?`, the beginning would be taken for the port.
        let is_login_cut_off = !is_authority(authority) && rest.contains('@');
        if split_query(rest).0.contains('@') || is_login_cut_off {
            return Err(EndpointError::User);
        }
        if !is_authority(authority) {
            return Err(EndpointError::Authority(authority.into()));
        }
        if !is_path(path) {
            return Err(EndpointError::Path(without_secrets(path)));
        }

        Ok(Self { scheme, authority: authority.into(), path: path.into() })
    }
}

/// Splits a URL, or its path, before the query. Source: RFC 3986, section 3.4.
pub fn split_query(text: &str) -> (&str, &str) {
    text.split_at(text.find('?').unwrap_or(text.len()))
}

/// Returns the text of an endpoint without secrets: a password may hold any character, and a
/// query a key.
pub(super) fn without_secrets(text: &str) -> String {
    let start = text.find("://").map_or(0, |end| end + "://".len());
    let end = if text.contains('@') { start } else { split_query(text).0.len() };
    let hidden = if end < text.len() { "..." } else { "" };

    format!("{}{hidden}", &text[..end])
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_name = |name: &str| {
        let allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
        !name.is_empty() && name.bytes().all(allowed)
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = v6.map_or_else(|| is_name(host), |v6| v6.parse::<std::net::Ipv6Addr>().is_ok());

    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Source: RFC 3986, sections 3.3 and 3.4; a fragment is not sent.
fn is_path(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || b"/?-._~!$&'()*+,;=:@%".contains(&it);

    (text.is_empty() || text.starts_with('/')) && text.bytes().all(allowed)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, authority, path } = self;
        let scheme = match scheme {
            Scheme::Http => "http://",
            Scheme::Https => "https://",
            Scheme::Unsaid => "",
        };

        write!(f, "{scheme}{authority}{path}")
    }
}

as_text!(Endpoint);

/// An endpoint that may be left out, as an empty text.
pub(super) mod optional {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Endpoint;

    #[expect(clippy::ref_option, reason = "serde asks for it")]
    pub(in crate::config) fn serialize<S: Serializer>(
        endpoint: &Option<Endpoint>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match endpoint {
            Some(endpoint) => serializer.collect_str(endpoint),
            None => serializer.serialize_str(""),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Endpoint>, D::Error> {
        let text = String::deserialize(deserializer)?;

        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(de::Error::custom) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_taken_apart_and_put_together() {
        let cases = [
            ("http://localhost:4317", Scheme::Http, "localhost:4317", None),
            ("HTTPS://collector", Scheme::Https, "collector", None),
            ("http://[::1]:4318/", Scheme::Http, "[::1]:4318", None),
            ("http://[::1]/v1/metrics", Scheme::Http, "[::1]", Some("/v1/metrics")),
            (
                "https://a.b/api/v1/otlp?key=a%20b",
                Scheme::Https,
                "a.b",
                Some("/api/v1/otlp?key=a%20b"),
            ),
            ("http://a:1/.", Scheme::Http, "a:1", Some("/.")),
            ("http://a:1/b?to=c@d", Scheme::Http, "a:1", Some("/b?to=c@d")),
            ("10.0.0.1:4317", Scheme::Unsaid, "10.0.0.1:4317", None),
        ];

        for (text, scheme, authority, path) in cases {
            let endpoint: Endpoint = text.parse().unwrap();

            assert_eq!(endpoint.scheme(), scheme, "{text}");
            assert_eq!((endpoint.authority(), endpoint.path()), (authority, path));
            assert_eq!(endpoint.to_string().to_lowercase(), text.to_lowercase());
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let cases = [
            ("http://a:1/b", "http://a:1/b"),
            ("http://a:1/b?key=c", "http://a:1/b..."),
            ("https://user:pass/w?rd@a:1", "https://..."),
            ("user:secret@a", "..."),
            ("", ""),
        ];

        for (text, shown) in cases {
            assert_eq!(without_secrets(text), shown);
        }
        let error = "http://a/ b?secret".parse::<Endpoint>().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        let cases = [
            ("", "`` is not a host"),
            ("ftp://a", "`ftp` is not a scheme"),
            ("unix:///run/otel.sock", "`unix` is not a scheme"),
            ("http://", "`` is not a host"),
            ("http://a:0", "`a:0` is not a host"),
            ("http://a:70000", "`a:70000` is not a host"),
            ("http://::1:4317", "`::1:4317` is not a host"),
            ("http://user:secret@a", "users and passwords"),
            ("https://user:Ab/cd@host:4318", "users and passwords"),
            ("https://user:Ab?cd@host:4318", "users and passwords"),
            ("http://user:12/x@host", "users and passwords"),
            ("user:12/x@host", "users and passwords"),
            ("user:Ab://cd@host", "users and passwords"),
            ("http://user:12?x@host", "`...` is not a path"),
            ("http://a/b c", "`/b c` is not a path"),
            ("http://a?b", "`...` is not a path"),
        ];

        for (text, reason) in cases {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }
}
