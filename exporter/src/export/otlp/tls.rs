//! TLS as the configuration has it.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::local::LocalError;
use super::receiver::Receiver;
use super::trust::Trust;
use crate::files;
use crate::trusted::{Purpose, Trusted, place_of_system};

/// Reads the certificates, and makes of them what a connection needs.
pub(super) fn config(receiver: &Receiver) -> Result<ClientConfig, LocalError> {
    let Receiver { ca_file, cert_file, key_file, .. } = receiver;
    let is_used = receiver.url.scheme_str() == Some("https");
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let trusted = if is_used {
        trusted(ca_file, algorithms)?
    } else {
        Trusted::new(Purpose::ServerAuth, algorithms)
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| LocalError::Tls { source })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust { trusted, algorithms }));

    if !is_used || cert_file.as_os_str().is_empty() {
        return Ok(builder.with_no_client_auth());
    }
    let certificates = certificates(cert_file)?;
    let key = PrivateKeyDer::from_pem_slice(&read(key_file)?)
        .map_err(|_| LocalError::Pem { path: key_file.clone(), what: "private key" })?;

    builder
        .with_client_auth_cert(certificates, key)
        .map_err(|source| LocalError::Certificate { source })
}

/// Reads the certificates in the file, all of which have to be usable; without a file those that
/// the system trusts.
fn trusted(ca_file: &Path, algorithms: WebPkiSupportedAlgorithms) -> Result<Trusted, LocalError> {
    if ca_file.as_os_str().is_empty() {
        return Trusted::of_system(Purpose::ServerAuth, algorithms)
            .map_err(|source| LocalError::Unreadable { path: place_of_system(), source });
    }
    let mut trusted = Trusted::new(Purpose::ServerAuth, algorithms);
    for certificate in certificates(ca_file)? {
        trusted.add(certificate).map_err(|source| LocalError::Tls { source })?;
    }

    Ok(trusted)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    let bytes = read(path)?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().unwrap_or_default();

    if certificates.is_empty() {
        return Err(LocalError::Pem { path: path.into(), what: "certificate" });
    }

    Ok(certificates)
}

fn read(path: &Path) -> Result<Vec<u8>, LocalError> {
    files::read(path).map_err(|source| LocalError::Unreadable { path: path.into(), source })
}
