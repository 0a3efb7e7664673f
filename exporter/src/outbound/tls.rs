//! TLS as the configuration has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder};

use super::error::OutboundError;
use super::trust::Trust;
use crate::files;
use crate::trusted::{Purpose, Trusted, place_of_system};

/// Which certificates are trusted, and which one is shown to a server that asks for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Certificates that are trusted; with an empty path those that the system trusts.
    pub ca_file: PathBuf,
    /// The certificate that is shown; none with an empty path.
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// Makes what connections need, which are secure or not.
pub(super) fn config(identity: &Identity, is_used: bool) -> Result<ClientConfig, OutboundError> {
    let Identity { ca_file, cert_file, key_file } = identity;
    let builder = builder(ca_file, is_used)?;
    if !is_used || cert_file.as_os_str().is_empty() {
        return Ok(builder.with_no_client_auth());
    }
    let certificates = certificates(cert_file)?;
    let key = PrivateKeyDer::from_pem_slice(&read(key_file)?)
        .map_err(|_| OutboundError::Pem { path: key_file.clone(), what: "private key" })?;

    builder.with_client_auth_cert(certificates, key).map_err(|source| OutboundError::Certificate {
        cert: cert_file.clone(),
        key: key_file.clone(),
        source,
    })
}

/// Makes what connections to a proxy need: it is shown no certificate.
pub(super) fn to_proxy(identity: &Identity, is_used: bool) -> Result<ClientConfig, OutboundError> {
    Ok(builder(&identity.ca_file, is_used)?.with_no_client_auth())
}

fn builder(
    ca_file: &Path,
    is_used: bool,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, OutboundError> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let trusted = if is_used {
        trusted(ca_file, algorithms)?
    } else {
        Trusted::new(Purpose::ServerAuth, algorithms)
    };

    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| OutboundError::Tls { source })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust { trusted, algorithms })))
}

/// Reads the certificates in the file, all of which have to be usable; without a file those that
/// the system trusts.
fn trusted(
    ca_file: &Path,
    algorithms: WebPkiSupportedAlgorithms,
) -> Result<Trusted, OutboundError> {
    if ca_file.as_os_str().is_empty() {
        return Trusted::of_system(Purpose::ServerAuth, algorithms)
            .map_err(|source| OutboundError::Unreadable { path: place_of_system(), source });
    }
    let mut trusted = Trusted::new(Purpose::ServerAuth, algorithms);
    for certificate in certificates(ca_file)? {
        trusted.add(certificate).map_err(|source| OutboundError::Tls { source })?;
    }

    Ok(trusted)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    let bytes = read(path)?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().unwrap_or_default();

    if certificates.is_empty() {
        return Err(OutboundError::Pem { path: path.into(), what: "certificate" });
    }

    Ok(certificates)
}

fn read(path: &Path) -> Result<Vec<u8>, OutboundError> {
    files::read(path).map_err(|source| OutboundError::Unreadable { path: path.into(), source })
}
