use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

pub(super) const PLAIN: &str =
    "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

/// The authority that issues certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(super) struct Identity {
    pub(super) cert: String,
    key: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);

        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn vouch(&self, names: &[&str]) -> Identity {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();

        Identity { cert: cert.pem(), key: key.serialize_pem() }
    }
}

/// Makes a folder with the certificate of a server for `localhost`.
pub(super) fn folder(authority: &Authority, web: &str) -> Folder {
    let folder = Folder::new(web);
    folder.write("ca.crt", &authority.0.pem());
    replace_certificate(&folder, &authority.vouch(&["localhost"]));

    folder
}

fn replace_certificate(folder: &Folder, Identity { cert, key }: &Identity) {
    folder.write("server.crt", cert);
    folder.write("server.key", key);
}

/// Makes a client that trusts `authority`.
pub(super) fn client(authority: &Authority, identity: Option<&Identity>) -> ClientConfig {
    client_of(authority, identity, rustls::DEFAULT_VERSIONS)
}

pub(super) fn client_of(
    authority: &Authority,
    identity: Option<&Identity>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);

    match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { cert, key }) => {
            let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![cert], key).unwrap()
        }
    }
}

impl Running {
    pub(super) async fn shake_hands(
        &self,
        client: ClientConfig,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();

        TlsConnector::from(Arc::new(client)).connect(name, self.connect().await).await
    }

    /// Fetches the metrics; `None` if the server refused the connection.
    pub(super) async fn ask_as(&self, client: ClientConfig) -> Option<Answer> {
        let mut stream = self.shake_hands(client).await.ok()?;
        let answer = ask(&mut stream, "GET /metrics", "").await;

        (!answer.head.is_empty() && answer.status() != "reset").then_some(answer)
    }
}

#[tokio::test]
async fn metrics_are_served_over_tls() {
    let authority = Authority::new();
    let Identity { cert, key } = authority.vouch(&["localhost"]);
    let indented = |text: &str| text.trim_end().replace('\n', "\n    ");
    let inline = format!(
        "tls_server_config:\n  cert: |\n    {}\n  key: |\n    {}\n",
        indented(&cert),
        indented(&key)
    );
    let tls12 = format!("{PLAIN}  max_version: TLS12\n  prefer_server_cipher_suites: false\n");
    let chosen = format!(
        "{tls12}  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n  \
         curve_preferences: [CurveP384]\n"
    );

    for web in [PLAIN, &inline, &tls12, &chosen] {
        let folder = folder(&authority, web);
        let server = Running::with_web(&folder.web());

        let answer = server.ask_as(client(&authority, None)).await.expect(web);

        assert_eq!(answer.text(), "metrics -", "{web}");
    }
}

#[tokio::test]
async fn a_version_below_the_least_is_not_spoken() {
    let authority = Authority::new();
    let web = format!("{PLAIN}  min_version: TLS13\n");
    let folder = folder(&authority, &web);
    let server = Running::with_web(&folder.web());

    let old = server.ask_as(client_of(&authority, None, &[&rustls::version::TLS12])).await;
    let new = server.ask_as(client_of(&authority, None, &[&rustls::version::TLS13])).await;

    assert!(old.is_none());
    assert_eq!(new.unwrap().status(), "200");
}

#[tokio::test]
async fn clients_are_asked_for_what_the_policy_says() {
    let authority = Authority::new();
    let ours = authority.vouch(&["prometheus.example"]);
    let strange = Authority::new().vouch(&["prometheus.example"]);
    let cases = [
        ("NoClientCert", "", [true, true, true]),
        ("RequestClientCert", "", [true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true]),
        ("RequireClientCert", "", [false, true, true]),
        ("VerifyClientCertIfGiven", "client_ca_file: ca.crt", [true, false, true]),
        ("RequireAndVerifyClientCert", "client_ca_file: ca.crt", [false, false, true]),
    ];

    for (policy, ca, expected) in cases {
        let web = format!("{PLAIN}  client_auth_type: {policy}\n  {ca}\n");
        let folder = folder(&authority, &web);
        let server = Running::with_web(&folder.web());
        let mut answered = Vec::new();
        for identity in [None, Some(&strange), Some(&ours)] {
            answered.push(server.ask_as(client(&authority, identity)).await.is_some());
        }
        assert_eq!(answered, expected, "{policy}");
    }
}

#[tokio::test]
async fn clients_have_to_have_one_of_the_allowed_names() {
    let authority = Authority::new();
    let cases = [
        ("prometheus.example", true),
        ("192.0.2.1", true),
        ("2001:db8::1", true),
        ("other.example", false),
        ("sub.prometheus.example", false),
    ];
    let web = format!(
        "{PLAIN}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  \
         client_allowed_sans: [prometheus.example, 192.0.2.1, \"2001:db8::1\"]\n"
    );
    let folder = folder(&authority, &web);
    let server = Running::with_web(&folder.web());

    for (name, is_allowed) in cases {
        let identity = authority.vouch(&[name]);
        let answer = server.ask_as(client(&authority, Some(&identity))).await;
        assert_eq!(answer.is_some(), is_allowed, "{name}");
    }
}

#[tokio::test]
async fn a_new_certificate_counts_from_the_next_handshake_and_half_of_one_does_not() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let server = Running::with_web(&folder.web());
    let shown = async || {
        let stream = server.shake_hands(client(&authority, None)).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let new = authority.vouch(&["localhost"]);

    let first = shown().await;
    folder.write("server.crt", &new.cert);
    let between = shown().await;
    folder.write("server.key", &new.key);
    let last = shown().await;

    assert!(first == between);
    assert!(last == CertificateDer::from_pem_slice(new.cert.as_bytes()).unwrap().to_vec());
}

#[tokio::test]
async fn a_broken_file_leaves_tls_as_it_was_and_answers_500() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let server = Running::with_web(&folder.web());

    for web in ["tls_server_config: [", ""] {
        folder.write("web.yml", web);
        let answer = server.ask_as(client(&authority, None)).await.unwrap();
        assert_eq!(answer.status(), "500", "{web:?}");
    }
}

#[tokio::test]
async fn who_does_not_shake_hands_is_hung_up_on() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let limits = Limits { handshake: Duration::from_millis(200), ..Limits::default() };
    let web = WebFile::open(&folder.web()).unwrap();
    let server = Running::with(site("metrics"), Some(web), limits);

    let silent = answer(&mut server.connect().await).await;
    let plain = server.ask("GET /metrics", "").await;

    assert_eq!(silent.head, "");
    assert_eq!(plain.status(), "400", "{plain:?}");
}
