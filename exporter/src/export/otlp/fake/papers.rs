//! Certificates of receivers that speak TLS.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::sign;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// Certificates of a receiver for `localhost` and `receiver.test`, and of a client, by one authority.
pub(crate) struct Papers {
    folder: TempDir,
    pub(crate) acceptor: TlsAcceptor,
}

impl Papers {
    pub(crate) fn new(asks_for_a_client: bool) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let vouch = |names: &[&str]| {
            let key = KeyPair::generate().unwrap();
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let params = CertificateParams::new(names).unwrap();
            (params.signed_by(&key, &authority).unwrap(), key)
        };
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text);
        let (client, client_key) = vouch(&["client"]);
        write("ca.pem", authority.pem()).unwrap();
        write("client.pem", client.pem()).unwrap();
        write("client.key", client_key.serialize_pem()).unwrap();

        let (server, key) = vouch(&["localhost", "receiver.test"]);
        let builder = if asks_for_a_client {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder().with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder().with_no_client_auth()
        };

        Self { acceptor: acceptor(builder, server.der().clone(), &key, &PROTOCOLS), folder }
    }

    /// A receiver that speaks these protocols alone.
    pub(crate) fn only(protocols: &[&str]) -> Self {
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();

        Self::by_itself(&params, &key, &key, protocols)
    }

    /// A receiver whose certificate vouches for itself, and which has that key.
    pub(crate) fn by_itself(
        params: &CertificateParams,
        key: &KeyPair,
        shown: &KeyPair,
        protocols: &[&str],
    ) -> Self {
        let certificate = params.self_signed(key).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        let builder = builder().with_no_client_auth();

        Self { acceptor: acceptor(builder, certificate.der().clone(), shown, protocols), folder }
    }

    /// A receiver for `localhost` by `issuer`, which is trusted whatever it says of itself.
    pub(crate) fn issued(issuer: &CertificateParams) -> Self {
        let [issuer_key, key] = [(); 2].map(|()| KeyPair::generate().unwrap());
        let folder = TempDir::new().unwrap();
        let pem = issuer.self_signed(&issuer_key).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        let issuer = Issuer::from_params(issuer, &issuer_key);
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let server = params.signed_by(&key, &issuer).unwrap();
        let builder = builder().with_no_client_auth();

        Self { acceptor: acceptor(builder, server.der().clone(), &key, &PROTOCOLS), folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const PROTOCOLS: [&str; 2] = ["h2", "http/1.1"];

fn builder() -> ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());

    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// Shows the certificate, whether the key belongs to it or not.
fn acceptor(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    protocols: &[&str],
) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = sign::any_supported_type(&key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let mut config = builder.with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();

    Arc::new(config).into()
}
