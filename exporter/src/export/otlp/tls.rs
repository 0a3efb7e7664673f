//! TLS as the configuration has it.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, crypto};

use super::failure::LocalError;
use super::receiver::Receiver;

/// Reads the certificates, and makes of them what a connection needs.
pub(super) fn config(receiver: &Receiver) -> Result<ClientConfig, LocalError> {
    let Receiver { ca_file, cert_file, key_file, .. } = receiver;
    let is_used = receiver.url.scheme_str() == Some("https");
    let roots = if is_used { roots(ca_file)? } else { RootCertStore::empty() };
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| LocalError::Tls { source })?
        .with_root_certificates(roots);

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

/// Gives those in the file; without a file those that the system trusts.
fn roots(ca_file: &Path) -> Result<RootCertStore, LocalError> {
    let mut roots = RootCertStore::empty();

    if ca_file.as_os_str().is_empty() {
        // Those that cannot be read are missing when they are needed, which is said then.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    }
    for certificate in certificates(ca_file)? {
        roots.add(certificate).map_err(|source| LocalError::Tls { source })?;
    }

    Ok(roots)
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
    std::fs::read(path).map_err(|source| LocalError::Unreadable { path: path.into(), source })
}
