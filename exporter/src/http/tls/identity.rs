//! The certificate of the server, and the key that belongs to it.

use std::path::PathBuf;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::oid_registry::OID_NIST_EC_P521;
use x509_parser::prelude::{AlgorithmIdentifier, FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::signature;

/// Why a certificate and a key cannot be used together, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the first certificate in `{}` cannot be read", .path.display())]
    Unreadable { path: PathBuf },

    #[error(
        "the private key in `{}` cannot be used{}; supported are RSA of 2048 to 4096 bits, ECDSA \
         on P-256 or P-384, and Ed25519",
        .path.display(),
        .kind.as_ref().map(|kind| format!(", it is for {kind}")).unwrap_or_default()
    )]
    Unusable { path: PathBuf, kind: Option<String>, source: rustls::Error },

    #[error(
        "the certificate in `{}` and the private key in `{}` do not match; set a matching pair",
        .certificate.display(),
        .key.display()
    )]
    Mismatch { certificate: PathBuf, key: PathBuf },

    #[error(
        "the private key in `{}` matches certificate {number} in `{}`, not the first one; put the \
         certificate of this host first",
        .key.display(),
        .certificate.display()
    )]
    Order { certificate: PathBuf, key: PathBuf, number: usize },
}

/// Where a certificate and its key are from.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// Puts the certificates, of which there is at least one, and the key together. As in Go,
/// certificates of X.509 v1 will do.
pub(super) fn identity(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
    files: Files,
) -> Result<CertifiedKey, IdentityError> {
    let Files { certificate, key: path } = files;
    let public: Vec<_> = chain.iter().map(signature::public_key).collect();
    let Some(Some(first)) = public.first() else {
        return Err(IdentityError::Unreadable { path: certificate });
    };
    let key = provider.key_provider.load_private_key(key).map_err(|source| {
        let kind = chain.first().and_then(kind);
        IdentityError::Unusable { path: path.clone(), kind, source }
    })?;

    let known = key.public_key();
    if known.is_none_or(|known| known == *first) {
        return Ok(CertifiedKey::new(chain, key));
    }

    let fitting = public.iter().position(|it| *it == key.public_key());
    Err(match fitting {
        Some(at) => IdentityError::Order { certificate, key: path, number: at + 1 },
        None => IdentityError::Mismatch { certificate, key: path },
    })
}

/// Describes the key that a certificate is for.
fn kind(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let key = parsed.public_key();

    Some(match key.parsed().ok()? {
        PublicKey::RSA(rsa) => format!("RSA of {} bits", rsa.key_size()),
        PublicKey::EC(_) => format!("ECDSA on {}", curve(&key.algorithm)),
        PublicKey::DSA(_) => "DSA".to_owned(),
        PublicKey::GostR3410(_) | PublicKey::GostR3410_2012(_) => "GOST".to_owned(),
        PublicKey::Unknown(_) => format!("algorithm {}", key.algorithm.algorithm),
    })
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let curve = algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());

    match curve {
        Some(curve) if curve == OID_NIST_EC_P521 => "P-521".to_owned(),
        Some(curve) => format!("curve {curve}"),
        None => "a custom curve".to_owned(),
    }
}
