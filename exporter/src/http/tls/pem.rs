//! Certificates and keys as their files hold them, and what such files hold instead.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

const BEGIN: &str = "-----BEGIN ";

/// What is looked for in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Certificate,
    PrivateKey,
}

/// Why a file holds nothing that can be used, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    #[error("`{}` has no {what} in PEM form", .path.display())]
    Nothing { path: PathBuf, what: Item, source: pem::Error },

    #[error("`{}` has no {what}, but {found}; are two files mixed up?", .path.display())]
    Other { path: PathBuf, what: Item, found: String },

    #[error(
        "`{path}` has a {what} in binary form; convert it to PEM form with `{command} -in {path}`",
        path = .path.display()
    )]
    Binary { path: PathBuf, what: Item, command: &'static str },

    #[error(
        "the private key in `{path}` is encrypted, which is not supported; remove the password \
         with `openssl pkey -in {path}`",
        path = .path.display()
    )]
    Encrypted { path: PathBuf },
}

/// Returns the certificates, of which there is at least one.
pub(super) fn certificates(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let what = Item::Certificate;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();

    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(instead(path, what, bytes, pem::Error::NoItemsFound)),
        Err(error) => Err(instead(path, what, bytes, error)),
    }
}

/// Returns the first private key.
pub(super) fn private_key(path: &Path, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    if is_encrypted(bytes) {
        return Err(PemError::Encrypted { path: path.into() });
    }

    PrivateKeyDer::from_pem_slice(bytes)
        .map_err(|error| instead(path, Item::PrivateKey, bytes, error))
}

/// PKCS #8 has a label of its own; of what came before, a header says so. Source: RFC 1421, 4.6.1.1.
fn is_encrypted(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_mark = |line: &str| {
        line.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || line.starts_with("Proc-Type: 4,ENCRYPTED")
    };

    text.lines().any(is_mark)
}

/// Finds out what there is instead of what was looked for.
fn instead(path: &Path, what: Item, bytes: &[u8], source: pem::Error) -> PemError {
    let path = path.to_owned();
    let text = String::from_utf8_lossy(bytes);
    let labels: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(BEGIN)).collect();

    if let Some(command) = conversion(what, bytes) {
        PemError::Binary { path, what, command }
    } else if matches!(source, pem::Error::NoItemsFound) && !labels.is_empty() {
        let found: Vec<_> = labels.iter().map(|label| label.trim_end_matches('-')).collect();
        PemError::Other { path, what, found: found.join(", ") }
    } else {
        PemError::Nothing { path, what, source }
    }
}

/// Returns what makes PEM of `bytes`, if they are DER: a sequence of more than text.
fn conversion(what: Item, bytes: &[u8]) -> Option<&'static str> {
    const SEQUENCE: u8 = 0x30;
    /// The first integer of PKCS #12. Source: RFC 7292, section 4.
    const VERSION_3: &[u8] = &[2, 1, 3];

    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if bytes.first() != Some(&SEQUENCE) || bytes.iter().all(is_text) {
        return None;
    }
    let is_pkcs12 = bytes.get(..12).is_some_and(|head| head.windows(3).any(|it| it == VERSION_3));

    match what {
        _ if is_pkcs12 => Some("openssl pkcs12 -nodes"),
        Item::Certificate if X509Certificate::from_der(bytes).is_err() => None,
        Item::Certificate => Some("openssl x509 -inform der"),
        Item::PrivateKey => Some("openssl pkey -inform der"),
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::PrivateKey => "private key",
        })
    }
}
