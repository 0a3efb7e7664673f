//! The file of `--web.config.file`, as of Prometheus' exporter-toolkit.
//!
//! Source: docs/web-configuration.md and web/tls_config.go there.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::basic_auth::Hash;
use super::or_default::or_default;
use super::tls::{TlsError, TlsRefusal, TlsSection};

/// Headers that may be set, and what they may hold if not anything.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebConfig {
    #[serde(deserialize_with = "or_default")]
    pub(super) tls_server_config: TlsSection,
    #[serde(deserialize_with = "or_default")]
    pub(super) http_server_config: HttpSection,
    #[serde(deserialize_with = "or_default")]
    pub(super) rate_limit: RateLimit,
    /// Names and bcrypt hashes of passwords.
    #[serde(deserialize_with = "or_default")]
    pub(super) basic_auth_users: BTreeMap<String, Hash>,
}

/// How HTTP is spoken.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpSection {
    http2: Option<bool>,
    /// Added to every response, as far as they have a value.
    #[serde(deserialize_with = "or_default")]
    headers: BTreeMap<String, Option<String>>,
}

/// How many requests are answered, over all clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimit {
    /// One more request is answered each time that this passes; 0 for no limit.
    #[serde(deserialize_with = "duration_or_default")]
    pub(super) interval: Duration,
    /// Most requests at once.
    #[serde(deserialize_with = "or_default")]
    pub(super) burst: u32,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebConfigError {
    #[error("cannot read `{}`, which the web configuration names", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("cannot parse the web configuration `{}`", .path.display())]
    Syntax { path: PathBuf, source: Box<serde_saphyr::Error> },

    #[error("the web configuration `{}` is refused:{}", .path.display(), lines(.refusals))]
    Refused { path: PathBuf, refusals: Vec<WebRefusal> },

    #[error(transparent)]
    Tls(#[from] TlsError),

    #[error(
        "the web configuration `{}` turns TLS on or off; restart the exporter to apply this",
        .path.display()
    )]
    TlsSwitched { path: PathBuf },
}

/// One key of the file that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebRefusal {
    #[error(transparent)]
    Tls(#[from] TlsRefusal),

    #[error("`headers`: {name} is not allowed; allowed are {known}")]
    Header { name: String, known: String },

    #[error("`headers`: {name} has to be {}", .allowed.join(" or "))]
    HeaderValue { name: String, allowed: &'static [&'static str] },

    #[error("`headers`: the value of {name} has characters that HTTP does not allow")]
    UnsendableHeader { name: String },

    #[error("`rate_limit.burst` has to be 1 or more where `interval` is set")]
    NoBurst,
}

impl WebConfig {
    /// Reads the text of the file; relative paths in it begin where the file is.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, WebConfigError> {
        // An empty document is null, and means that nothing is set.
        let parsed: Option<Self> =
            serde_saphyr::from_str_with_options(text, options()).map_err(|source| {
                WebConfigError::Syntax { path: path.into(), source: Box::new(source) }
            })?;
        let mut config = parsed.unwrap_or_default();
        config.tls_server_config.resolve(path.parent().unwrap_or(Path::new("")));

        let refusals = config.refusals();
        if !refusals.is_empty() {
            return Err(WebConfigError::Refused { path: path.into(), refusals });
        }

        Ok(config)
    }

    /// Returns whether clients have a login, by password or by certificate.
    pub(super) fn has_logins(&self) -> bool {
        !self.basic_auth_users.is_empty() || self.tls_server_config.verifies_clients()
    }

    fn refusals(&self) -> Vec<WebRefusal> {
        let Self { tls_server_config, http_server_config, rate_limit, basic_auth_users: _ } = self;
        let RateLimit { interval, burst } = rate_limit;

        let mut refusals: Vec<_> =
            tls_server_config.refusals().into_iter().map(WebRefusal::Tls).collect();
        refusals.extend(http_server_config.refusals());
        if !interval.is_zero() && *burst == 0 {
            refusals.push(WebRefusal::NoBurst);
        }

        refusals
    }
}

impl HttpSection {
    /// Whether HTTP/2 is offered; only with TLS.
    pub(super) fn http2(&self) -> bool {
        self.http2.unwrap_or(true)
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&String, &String)> {
        self.headers.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    fn refusals(&self) -> impl Iterator<Item = WebRefusal> {
        self.headers().filter_map(|(name, value)| {
            let Some((_, allowed)) = HEADERS.iter().find(|(allowed, _)| allowed == name) else {
                let known = HEADERS.map(|(name, _)| name).join(", ");
                return Some(WebRefusal::Header { name: name.clone(), known });
            };
            if !allowed.is_empty() && !allowed.contains(&value.to_lowercase().as_str()) {
                return Some(WebRefusal::HeaderValue { name: name.clone(), allowed });
            }
            let sendable = hyper::header::HeaderValue::from_str(value).is_ok();

            (!sendable).then(|| WebRefusal::UnsendableHeader { name: name.clone() })
        })
    }
}

fn duration_or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    humantime_serde::deserialize(deserializer)
        .map(|duration: Option<Duration>| duration.unwrap_or_default())
}

/// Errors do not quote the file: it holds secrets, and they go to the log.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { with_snippet: false }
}

fn lines(refusals: &[WebRefusal]) -> String {
    refusals.iter().flat_map(|refusal| ["\n  ".into(), refusal.to_string()]).collect()
}
