//! `tls_server_config`: what may be set, and what is refused.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls::SupportedProtocolVersion;
use serde::Deserialize;

use super::names;
use crate::http::or_default::or_default;

/// `tls_server_config`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct TlsSection {
    #[serde(deserialize_with = "or_default")]
    pub(super) cert: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) cert_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    pub(super) key: Secret,
    #[serde(deserialize_with = "or_default")]
    pub(super) key_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    pub(super) client_ca: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) client_ca_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    pub(super) client_auth_type: ClientAuth,
    /// An empty list allows nobody, as in Go.
    pub(super) client_allowed_sans: Option<Vec<Option<String>>>,
    min_version: Option<Version>,
    max_version: Option<Version>,
    #[serde(deserialize_with = "or_default")]
    pub(super) cipher_suites: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) curve_preferences: Vec<String>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
}

/// A text that is not written into logs.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// What is asked of clients. The names are those of Go's crypto/tls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuth {
    #[default]
    #[serde(alias = "")]
    NoClientCert,
    RequestClientCert,
    #[serde(alias = "RequireClientCert")]
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Version {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

/// One key of the section that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsRefusal {
    #[error("`{0}` and `{0}_file` are both set; keep one of them")]
    Twice(&'static str),

    #[error("TLS needs `{0}` or `{0}_file`")]
    Missing(&'static str),

    #[error(
        "`client_ca` is set and `client_auth_type` is not; \
         set it to RequireAndVerifyClientCert or VerifyClientCertIfGiven"
    )]
    CaWithoutPolicy,

    #[error("`client_allowed_sans` needs a `client_auth_type` that asks for a certificate")]
    SansWithoutPolicy,

    #[error("`{key}` {version}: TLS below 1.2 is not supported; set TLS12 or TLS13")]
    OldTls { key: &'static str, version: Version },

    #[error("`min_version` is above `max_version`")]
    NoVersion,

    #[error("`{key}`: no support for {names}; supported are {known}")]
    Unknown { key: &'static str, names: String, known: String },
}

impl TlsSection {
    /// Returns whether TLS is used at all.
    pub(in crate::http) fn is_on(&self) -> bool {
        let texts = [&self.cert, &self.key.0, &self.client_ca];
        let paths = [&self.cert_file, &self.key_file, &self.client_ca_file];

        texts.iter().any(|text| !text.is_empty())
            || paths.iter().any(|path| !path.as_os_str().is_empty())
            || self.client_auth_type != ClientAuth::NoClientCert
    }

    /// Returns whether a client with a certificate is one that an authority vouches for.
    pub(in crate::http) fn verifies_clients(&self) -> bool {
        self.client_auth_type.verifies()
    }

    /// Lets relative paths begin at `folder`.
    pub(in crate::http) fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.cert_file, &mut self.key_file, &mut self.client_ca_file] {
            if !path.as_os_str().is_empty() {
                *path = folder.join(&*path);
            }
        }
    }

    pub(in crate::http) fn refusals(&self) -> Vec<TlsRefusal> {
        let mut refusals = self.refused_files();
        refusals.extend(self.refused_client_auth());
        refusals.extend(self.refused_versions());
        refusals.extend(refused_names("cipher_suites", &self.cipher_suites, &names::suites()));
        refusals.extend(refused_names(
            "curve_preferences",
            &self.curve_preferences,
            &names::curves(),
        ));

        refusals
    }

    fn refused_files(&self) -> Vec<TlsRefusal> {
        let given = [
            ("cert", &self.cert, &self.cert_file, self.is_on()),
            ("key", &self.key.0, &self.key_file, self.is_on()),
            ("client_ca", &self.client_ca, &self.client_ca_file, false),
        ];

        given
            .into_iter()
            .filter_map(|(name, text, path, is_needed)| {
                match (text.is_empty(), path.as_os_str().is_empty()) {
                    (false, false) => Some(TlsRefusal::Twice(name)),
                    (true, true) if is_needed => Some(TlsRefusal::Missing(name)),
                    _ => None,
                }
            })
            .collect()
    }

    pub(super) fn has_client_ca(&self) -> bool {
        !self.client_ca.is_empty() || !self.client_ca_file.as_os_str().is_empty()
    }

    fn refused_client_auth(&self) -> Option<TlsRefusal> {
        let names = self.client_allowed_sans.as_ref();

        match self.client_auth_type {
            ClientAuth::NoClientCert if self.has_client_ca() => Some(TlsRefusal::CaWithoutPolicy),
            ClientAuth::NoClientCert if names.is_some() => Some(TlsRefusal::SansWithoutPolicy),
            ClientAuth::NoClientCert
            | ClientAuth::RequestClientCert
            | ClientAuth::RequireAnyClientCert
            | ClientAuth::VerifyClientCertIfGiven
            | ClientAuth::RequireAndVerifyClientCert => None,
        }
    }

    fn refused_versions(&self) -> Vec<TlsRefusal> {
        let set = [("min_version", self.min_version), ("max_version", self.max_version)];
        let mut refusals: Vec<_> = set
            .into_iter()
            .filter_map(|(key, version)| Some((key, version?)))
            .filter(|(_, version)| *version < Version::Tls12)
            .map(|(key, version)| TlsRefusal::OldTls { key, version })
            .collect();

        if refusals.is_empty() && self.versions().is_empty() {
            refusals.push(TlsRefusal::NoVersion);
        }

        refusals
    }

    pub(super) fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let least = self.min_version.unwrap_or(Version::Tls12);
        let most = self.max_version.unwrap_or(Version::Tls13);

        [(Version::Tls12, &rustls::version::TLS12), (Version::Tls13, &rustls::version::TLS13)]
            .into_iter()
            .filter(|(version, _)| (least..=most).contains(version))
            .map(|(_, supported)| supported)
            .collect()
    }
}

/// Refuses all of `names` at once that are not `known`.
fn refused_names(key: &'static str, names: &[String], known: &[String]) -> Option<TlsRefusal> {
    let unknown: Vec<_> = names.iter().filter(|name| !known.contains(name)).cloned().collect();
    let refusal =
        || TlsRefusal::Unknown { key, names: unknown.join(", "), known: known.join(", ") };

    (!unknown.is_empty()).then(refusal)
}

impl ClientAuth {
    pub(super) const fn verifies(self) -> bool {
        match self {
            Self::VerifyClientCertIfGiven | Self::RequireAndVerifyClientCert => true,
            Self::NoClientCert | Self::RequestClientCert | Self::RequireAnyClientCert => false,
        }
    }
}

/// As in the file.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_uppercase())
    }
}
