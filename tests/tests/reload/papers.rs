//! Certificates of receivers and of clients, good and bad.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tests::service::command;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// The authority of the receivers and of their clients.
pub(crate) struct Papers(Authority);

impl Papers {
    /// Writes the files that the settings of rows name.
    pub(crate) fn write(folder: &Path) -> Self {
        let [ours, theirs] = ["ours", "theirs"].map(authority);
        let [key, other] = [(); 2].map(|()| KeyPair::generate().unwrap());
        let files = [
            ("ours.pem", ours.pem()),
            ("theirs.pem", theirs.pem()),
            ("client.key", key.serialize_pem()),
            ("client.pem", vouch(&ours, &key)),
            // For the same key, so that the pair is one.
            ("stranger.pem", vouch(&theirs, &key)),
            ("other.key", other.serialize_pem()),
            ("other.pem", vouch(&ours, &other)),
            // Becomes `other.pem`.
            ("changing.pem", vouch(&theirs, &key)),
            ("headers", "x-file: 2\n".to_owned()),
        ];
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        write_token(folder);

        Self(ours)
    }

    /// Returns what a receiver for `localhost` needs, which may demand a certificate of its clients.
    pub(crate) fn receiver(&self, demands_a_client: bool) -> Arc<ServerConfig> {
        let Self(authority) = self;
        let key = KeyPair::generate().unwrap();
        let params = params("localhost");
        let certificate = params.signed_by(&key, authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if demands_a_client {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };

        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap().into()
    }
}

/// Writes a token that may inspect packets, and the file by which it is known.
fn write_token(folder: &Path) {
    let mut new = command(&["token", "new", "--name", "tester", "--scope", "inspect"]);
    let printed = new.output().unwrap().stdout;
    let printed = String::from_utf8(printed).unwrap();
    let (token, entry) = printed.split_once('\n').unwrap();
    fs::write(folder.join("token"), token).unwrap();
    fs::write(folder.join("tokens.toml"), entry).unwrap();
}

fn authority(name: &str) -> Authority {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);

    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns the certificate of a client in PEM.
fn vouch(authority: &Authority, key: &KeyPair) -> String {
    params("client").signed_by(key, authority).unwrap().pem()
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    // Otherwise all have one name, and a certificate looks as if it were its own authority's.
    params.distinguished_name.push(DnType::CommonName, name);

    params
}
