//! TLS as the web configuration has it, in rustls' terms.

mod client_certs;
mod identity;
mod names;
mod pem;
mod refused;
mod section;
mod signature;

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::server::NoServerSessionStorage;
use rustls::sign::SingleCertAndKey;

pub(super) use self::client_certs::known_names;
pub use self::identity::IdentityError;
use self::identity::{Files, identity};
pub use self::pem::PemError;
use self::section::ClientAuth;
pub(super) use self::section::TlsSection;
pub use self::section::{TlsRefusal, Version};
use crate::files;
use crate::trusted::{Purpose, Trusted, place_of_system};

/// Why TLS cannot be spoken as the section has it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read `{}`, which the web configuration names", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error(transparent)]
    Pem(#[from] PemError),

    #[error(transparent)]
    Identity(#[from] IdentityError),

    #[error("cannot set up TLS as the web configuration `{}` describes it", .path.display())]
    Tls { path: PathBuf, source: rustls::Error },

    #[error("`{}` has no certificate authority to check clients against", .path.display())]
    ClientCa { path: PathBuf, source: rustls::Error },

    #[error(
        "cannot read the certificate authorities of this system in `{}`; set `client_ca_file` to \
         use others",
        .path.display()
    )]
    System { path: PathBuf, source: io::Error },
}

/// What the section's files hold, as they were read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Material {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Vec<u8>,
}

impl TlsError {
    /// Returns whether the same files may do later, as those of the system are read with them.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::System { .. } => true,
            Self::Unreadable { .. }
            | Self::Pem(_)
            | Self::Identity(_)
            | Self::Tls { .. }
            | Self::ClientCa { .. } => false,
        }
    }
}

impl TlsSection {
    /// Reads the files that the section names; each may take `patience`.
    pub(super) fn material(&self, patience: Duration) -> Result<Material, TlsError> {
        let read = |text: &str, path: &Path| {
            if path.as_os_str().is_empty() {
                return Ok(text.as_bytes().to_vec());
            }
            files::read_for(path, patience)
                .map_err(|source| TlsError::Unreadable { path: path.into(), source })
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
    ) -> Result<ServerConfig, TlsError> {
        let named = |file: &Path| {
            if file.as_os_str().is_empty() { path.to_owned() } else { file.to_owned() }
        };
        let files = Files { certificate: named(&self.cert_file), key: named(&self.key_file) };
        let chain = pem::certificates(&files.certificate, &material.cert)?;
        let key = pem::private_key(&files.key, &material.key)?;
        let provider = Arc::new(self.provider());
        let identity = identity(chain, key, &provider, files)?;

        let algorithms = provider.signature_verification_algorithms;
        let trusted = self.trusted(material, &named(&self.client_ca_file), algorithms)?;
        let allowed = self.client_allowed_sans.clone();
        let allowed = allowed.map(|names| names.into_iter().flatten().collect());
        let verifier = client_certs::verifier(self.client_auth_type, trusted, allowed, algorithms);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions())
            .map_err(|source| TlsError::Tls { path: path.to_owned(), source })?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        config.ignore_client_order = self.prefer_server_cipher_suites.unwrap_or(true);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if !http2 {
            config.alpn_protocols.remove(0);
        }
        if self.client_auth_type != ClientAuth::NoClientCert {
            // A session that is resumed would go on with a certificate that is not checked again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }

        Ok(config)
    }

    /// Returns the authorities for client certificates, if these are verified; errors name `path`.
    fn trusted(
        &self,
        material: &Material,
        path: &Path,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<Option<Trusted>, TlsError> {
        let configured = if self.has_client_ca() {
            Some(pem::certificates(path, &material.client_ca)?)
        } else {
            None
        };
        if !self.verifies_clients() {
            return Ok(None);
        }
        let Some(configured) = configured else { return of_system(algorithms).map(Some) };

        let mut trusted = Trusted::new(Purpose::ClientAuth, algorithms);
        let failed: Vec<_> = configured
            .into_iter()
            .filter_map(|certificate| trusted.add(certificate).err())
            .collect();

        match failed.into_iter().next() {
            Some(source) if trusted.is_empty() => {
                Err(TlsError::ClientCa { path: path.to_owned(), source })
            }
            // As in Go, those that can be read will do.
            Some(_) | None => Ok(Some(trusted)),
        }
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

/// Reads the authorities that the system trusts. Blocks for at most 5 seconds.
fn of_system(algorithms: WebPkiSupportedAlgorithms) -> Result<Trusted, TlsError> {
    let trusted = Trusted::of_system(Purpose::ClientAuth, algorithms)
        .map_err(|source| TlsError::System { path: place_of_system(), source })?;
    if trusted.is_empty() {
        // As in Go, this is no error: clients without a certificate are still accepted.
        tracing::warn!(
            "This system has no certificate authorities, so every client certificate is refused; \
             install some, or set `client_ca_file`"
        );
    }

    Ok(trusted)
}

/// Returns whether a handshake failed by the client's certificate, which is warned of already.
pub(super) fn is_told(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);

    inner.and_then(|inner| inner.downcast_ref()).is_some_and(refused::is_told)
}

/// Hides the secret.
impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<certificates and keys>")
    }
}
