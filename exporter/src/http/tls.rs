//! TLS as the web configuration has it, in rustls' terms.

mod anchor;
mod client_certs;
mod names;
mod refused;
mod section;
mod signature;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use self::client_certs::Authorities;
pub(super) use self::section::TlsSection;
pub use self::section::{ClientAuth, Version};
use super::web_config::WebConfigError;

/// What the section's files hold, as they were read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Material {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Vec<u8>,
}

impl TlsSection {
    /// Reads the files that the section names.
    pub(super) fn material(&self) -> Result<Material, WebConfigError> {
        let read = |text: &str, path: &Path| {
            if path.as_os_str().is_empty() {
                return Ok(text.as_bytes().to_vec());
            }
            std::fs::read(path)
                .map_err(|source| WebConfigError::Unreadable { path: path.into(), source })
        };

        Ok(Material {
            cert: read(&self.cert, &self.cert_file)?,
            key: read(&self.key.0, &self.key_file)?,
            client_ca: read(&self.client_ca, &self.client_ca_file)?,
        })
    }

    /// Makes what the handshake needs; errors name `path` where the section has the text itself.
    pub(super) fn server_config(
        &self,
        material: &Material,
        http2: bool,
        path: &Path,
    ) -> Result<ServerConfig, WebConfigError> {
        let named = |file: &Path| {
            if file.as_os_str().is_empty() { path.to_owned() } else { file.to_owned() }
        };
        let pem = |path, what| move |source| WebConfigError::Pem { path, what, source };
        let certificates =
            |bytes: &[u8]| CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>();

        let chain =
            certificates(&material.cert).map_err(pem(named(&self.cert_file), "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&material.key)
            .map_err(pem(named(&self.key_file), "private key"))?;
        let authorities = if self.has_client_ca() {
            let path = named(&self.client_ca_file);
            let certificates =
                certificates(&material.client_ca).map_err(pem(path, "certificate"))?;
            Authorities::Configured(certificates)
        } else {
            Authorities::System
        };
        let allowed = self.client_allowed_sans.clone();
        let allowed = allowed.map(|names| names.into_iter().flatten().collect());

        let unfit = |source| WebConfigError::Certificate { path: named(&self.cert_file), source };
        let provider = Arc::new(self.provider());
        let verifier =
            client_certs::verifier(self.client_auth_type, authorities, allowed, &provider);
        let verifier = verifier.map_err(|source| WebConfigError::ClientCa {
            path: named(&self.client_ca_file),
            source,
        })?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions())
            .map_err(unfit)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(unfit)?;
        config.ignore_client_order = self.prefer_server_cipher_suites.unwrap_or(true);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if !http2 {
            config.alpn_protocols.remove(0);
        }

        Ok(config)
    }

    /// As in Go, suites can be chosen for TLS 1.2 only; 1.3 has all of its own.
    fn provider(&self) -> CryptoProvider {
        let mut provider = ring::default_provider();

        if !self.cipher_suites.is_empty() {
            let chosen: Vec<_> =
                self.cipher_suites.iter().filter_map(|name| names::suite(name)).collect();
            provider.cipher_suites.retain(|suite| suite.tls13().is_some());
            provider.cipher_suites.extend(chosen.iter().filter(|suite| suite.tls13().is_none()));
        }
        if !self.curve_preferences.is_empty() {
            provider.kx_groups =
                self.curve_preferences.iter().filter_map(|name| names::curve(name)).collect();
        }

        provider
    }
}

/// Not what it is.
impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<certificates and keys>")
    }
}
