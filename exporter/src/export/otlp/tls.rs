//! TLS as the configuration has it.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, crypto};

use super::failure::LocalError;
use super::receiver::Receiver;
use super::trust::Trust;
use crate::files;

/// Where most systems keep what they trust. Others, and variables, name other places.
const OF_SYSTEM: &str = "/etc/ssl/certs";

/// Reads the certificates, and makes of them what a connection needs.
pub(super) fn config(receiver: &Receiver) -> Result<ClientConfig, LocalError> {
    let Receiver { ca_file, cert_file, key_file, .. } = receiver;
    let is_used = receiver.url.scheme_str() == Some("https");
    let trusted = if is_used { trusted(ca_file)? } else { Vec::new() };
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|source| LocalError::Tls { source })?;
    let roots = roots(&trusted, ca_file)?;
    let builder = match Trust::new(trusted, roots, provider) {
        Ok(trust) => builder.dangerous().with_custom_certificate_verifier(Arc::new(trust)),
        // Nothing is trusted, which is said when it is needed.
        Err(_) => builder.with_root_certificates(RootCertStore::empty()),
    };

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

/// Reads the certificates in the file; without a file those that the system trusts.
fn trusted(ca_file: &Path) -> Result<Vec<CertificateDer<'static>>, LocalError> {
    if ca_file.as_os_str().is_empty() {
        // Those that cannot be read are missing when they are needed, which is said then.
        let trusted =
            files::within(Path::new(OF_SYSTEM), rustls_native_certs::load_native_certs)
                .map_err(|source| LocalError::Unreadable { path: OF_SYSTEM.into(), source })?;
        return Ok(trusted.certs);
    }

    certificates(ca_file)
}

/// Returns the authorities among the certificates. In a file all have to be.
fn roots(trusted: &[CertificateDer<'static>], ca_file: &Path) -> Result<RootCertStore, LocalError> {
    let mut roots = RootCertStore::empty();

    for certificate in trusted {
        let added = roots.add(certificate.clone());
        if !ca_file.as_os_str().is_empty() {
            added.map_err(|source| LocalError::Tls { source })?;
        }
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
    files::read(path).map_err(|source| LocalError::Unreadable { path: path.into(), source })
}
