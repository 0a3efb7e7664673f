//! Certificates of clients that are trusted themselves.

mod issuers;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SigningKey, date_time_ymd,
};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, HandshakeKind, SignatureScheme, SupportedProtocolVersion, version};

use std::slice;
use std::sync::Mutex;

use super::tls::{Authority, PLAIN, client_of, folder};
use super::*;

/// A certificate and a key, which need not fit together.
struct Presented {
    certificate: CertificateDer<'static>,
    intermediates: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Presented {
    /// Signs a certificate with its own key.
    fn signed(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["prometheus.example".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap().der().clone();

        Self { certificate, intermediates: Vec::new(), key }
    }

    /// Signs a certificate that is for a client with the key of another one.
    fn leaf(issuer: &Issuer<'_, impl SigningKey>) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["prometheus.example".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap().der().clone();

        Self { certificate, intermediates: Vec::new(), key }
    }

    /// Returns a certificate that signed itself, and one that it signed.
    fn issuer_and_leaf(change: impl FnOnce(&mut CertificateParams)) -> (Self, Self) {
        let mut params = issuer_params("issuer");
        let issuer = Self::signed(|it| {
            change(&mut params);
            *it = params.clone();
        });
        let leaf = Self::leaf(&Issuer::from_params(&params, &issuer.key));

        (issuer, leaf)
    }

    /// Signs a certificate of X.509 v1, which has neither version nor extensions.
    /// Source: RFC 5280, section 4.1.
    fn v1() -> Self {
        const ECDSA_WITH_SHA256: &[u8] =
            &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

        let key = KeyPair::generate().unwrap();
        let name = der(0x30, &[]);
        let dates = [der(0x17, b"200101000000Z"), der(0x17, b"491231235959Z")].concat();
        let fields = [
            &der(0x02, &[1])[..],
            ECDSA_WITH_SHA256,
            &name,
            &der(0x30, &dates),
            &name,
            &key.subject_public_key_info(),
        ];
        let to_sign = der(0x30, &fields.concat());
        let signature = [&[0], &key.sign(&to_sign).unwrap()[..]].concat();
        let parts = [&to_sign[..], ECDSA_WITH_SHA256, &der(0x03, &signature)];

        Self { certificate: der(0x30, &parts.concat()).into(), intermediates: Vec::new(), key }
    }

    /// The certificate, with the key of another one.
    fn stolen(&self) -> Self {
        let key = KeyPair::generate().unwrap();

        Self { certificate: self.certificate.clone(), intermediates: Vec::new(), key }
    }

    fn pem(&self) -> String {
        use base64::Engine;

        let text = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// Makes a client that presents it whatever it is.
    fn client(
        &self,
        authority: &Authority,
        spoken: &'static SupportedProtocolVersion,
    ) -> ClientConfig {
        let mut client = client_of(authority, None, &[spoken]);
        let key = PrivateKeyDer::from_pem_slice(self.key.serialize_pem().as_bytes()).unwrap();
        let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
        let chain = [slice::from_ref(&self.certificate), &self.intermediates].concat();
        let identity = CertifiedKey::new(chain, key);
        client.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(identity));

        client
    }
}

/// A value of less than 64 KiB behind its tag and its length.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap().to_be_bytes();
    let head = match value.len() {
        0..128 => vec![tag, low],
        128..256 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };

    [&head, value].concat()
}

/// Sends a request with each version of TLS to a server that trusts `trusted`.
async fn is_answered(more: &str, trusted: &Presented, presented: &Presented) -> [bool; 2] {
    is_answered_among(more, &[trusted], presented).await
}

async fn is_answered_among(more: &str, trusted: &[&Presented], presented: &Presented) -> [bool; 2] {
    let authority = Authority::new();
    let folder = folder(&authority, &format!("{PLAIN}{more}"));
    folder.write("client.crt", &trusted.iter().map(|it| it.pem()).collect::<String>());
    let server = Running::with_web(&folder.web());

    let tls12 = server.ask_as(presented.client(&authority, &version::TLS12)).await;
    let tls13 = server.ask_as(presented.client(&authority, &version::TLS13)).await;

    [tls12.is_some(), tls13.is_some()]
}

const VERIFIED: &str =
    "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: client.crt\n";

fn issuer_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);

    params
}

fn may_sign(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

#[tokio::test]
async fn a_certificate_that_is_trusted_itself_is_taken_as_go_takes_it() {
    let cases = [
        ("one of an authority", Presented::signed(may_sign), true),
        ("one that signs nothing", Presented::signed(|_| ()), true),
        ("one of X.509 v1", Presented::v1(), true),
        (
            "one for any use",
            Presented::signed(|params| {
                may_sign(params);
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
            }),
            true,
        ),
        (
            "one for servers",
            Presented::signed(|params| {
                may_sign(params);
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            false,
        ),
        (
            "one that has expired",
            Presented::signed(|params| {
                may_sign(params);
                params.not_after = date_time_ymd(2020, 1, 1);
            }),
            false,
        ),
        (
            "one of the future",
            Presented::signed(|params| {
                may_sign(params);
                params.not_before = date_time_ymd(4000, 1, 1);
            }),
            false,
        ),
        (
            "one with an unknown critical extension",
            Presented::signed(|params| {
                may_sign(params);
                let mut extension = CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions.push(extension);
            }),
            false,
        ),
    ];

    for (name, presented, is_taken) in cases {
        let answered = is_answered(VERIFIED, &presented, &presented).await;
        assert_eq!(answered, [is_taken; 2], "{name}");
    }
}

#[tokio::test]
async fn a_trusted_certificate_is_not_enough_without_its_key() {
    for trusted in [Presented::signed(may_sign), Presented::v1()] {
        for more in [VERIFIED, "  client_auth_type: RequireAnyClientCert\n"] {
            assert_eq!(is_answered(more, &trusted, &trusted.stolen()).await, [false; 2], "{more}");
        }
    }
}

#[tokio::test]
async fn another_certificate_that_signed_itself_is_refused() {
    for presented in [Presented::signed(may_sign), Presented::v1()] {
        let trusted = Presented::signed(may_sign);
        assert_eq!(is_answered(VERIFIED, &trusted, &presented).await, [false; 2]);
    }
}

#[tokio::test]
async fn where_any_certificate_will_do_one_of_version_1_does() {
    let more = "  client_auth_type: RequireAnyClientCert\n";
    let presented = Presented::v1();

    assert_eq!(is_answered(more, &presented, &presented).await, [true; 2]);
}

#[tokio::test]
async fn a_trusted_certificate_needs_an_allowed_name_too() {
    let presented = Presented::signed(may_sign);
    let cases = [
        ("  client_allowed_sans: [prometheus.example]\n", true),
        ("  client_allowed_sans: [other.example]\n", false),
        ("  client_allowed_sans: []\n", false),
        ("  client_allowed_sans: [~]\n", false),
        ("  client_allowed_sans:\n", true),
    ];

    for (names, is_taken) in cases {
        let answered = is_answered(&format!("{VERIFIED}{names}"), &presented, &presented).await;
        assert_eq!(answered, [is_taken; 2], "{names}");
    }
}

#[tokio::test]
async fn without_a_client_ca_the_authorities_of_the_system_vouch() {
    let authority = Authority::new();
    let strange = Presented::signed(|_| ());
    for (policy, without_one) in
        [("VerifyClientCertIfGiven", true), ("RequireAndVerifyClientCert", false)]
    {
        let folder = folder(&authority, &format!("{PLAIN}  client_auth_type: {policy}\n"));
        let server = Running::with_web(&folder.web());

        let none = server.ask_as(client_of(&authority, None, rustls::DEFAULT_VERSIONS)).await;
        let of_none = server.ask_as(strange.client(&authority, &version::TLS13)).await;

        assert_eq!((none.is_some(), of_none.is_some()), (without_one, false), "{policy}");
    }
}

#[test]
fn a_server_may_have_a_certificate_of_version_1() {
    let folder = Folder::new(PLAIN);
    let own = Presented::v1();
    folder.write("server.crt", &own.pem());
    folder.write("server.key", &own.key.serialize_pem());

    assert!(WebFile::open(&folder.web()).unwrap().has_tls());
}

/// Remembers whose certificates a server asks for, and has none.
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<Vec<u8>>>);

impl ResolvesClientCert for Asked {
    fn resolve(&self, hints: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        *self.0.lock().unwrap() = hints.iter().map(|hint| hint.to_vec()).collect();

        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn clients_are_told_of_certificates_that_vouch_for_themselves_alone() {
    let authority = Authority::new();
    let folder = folder(&authority, &format!("{PLAIN}{VERIFIED}"));
    let named = |name| Presented::signed(|it| *it = issuer_params(name));
    folder.write("client.crt", &(named("alice").pem() + &named("bob").pem()));
    let server = Running::with_web(&folder.web());
    let asked = Arc::new(Asked::default());
    let mut client = client_of(&authority, None, &[&version::TLS12]);
    client.client_auth_cert_resolver = Arc::clone(&asked) as _;

    let refused = server.ask_as(client).await;

    let hints = asked.0.lock().unwrap().clone();
    let is_hinted = |name: &[u8]| hints.iter().any(|hint| hint.ends_with(name));
    assert!(refused.is_none());
    assert!(hints.len() == 2 && is_hinted(b"alice") && is_hinted(b"bob"), "{hints:?}");
}

#[tokio::test]
async fn a_client_shows_its_certificate_with_each_connection() {
    let authority = Authority::new();
    let presented = Presented::signed(|_| ());
    let any = "  client_auth_type: RequestClientCert\n";
    let cases =
        [("", HandshakeKind::Resumed), (any, HandshakeKind::Full), (VERIFIED, HandshakeKind::Full)];

    for (more, expected) in cases {
        let folder = folder(&authority, &format!("{PLAIN}{more}"));
        folder.write("client.crt", &presented.pem());
        let server = Running::with_web(&folder.web());
        for spoken in [&version::TLS12, &version::TLS13] {
            let client = presented.client(&authority, spoken);
            let mut kinds = Vec::new();
            for _ in 0..2 {
                let mut stream = server.shake_hands(client.clone()).await.unwrap();
                assert_eq!(ask(&mut stream, "GET /metrics", "").await.status(), "200");
                kinds.push(stream.get_ref().1.handshake_kind().unwrap());
            }
            assert_eq!(kinds, [HandshakeKind::Full, expected], "{spoken:?} {more}");
        }
    }
}

#[tokio::test]
async fn where_names_are_allowed_a_client_needs_a_certificate() {
    let authority = Authority::new();
    let presented = Presented::signed(|_| ());
    let names = "  client_allowed_sans: [prometheus.example]\n";
    let verified = "  client_ca_file: client.crt\n  client_auth_type: VerifyClientCertIfGiven\n";

    for more in [verified, "  client_auth_type: RequestClientCert\n"] {
        for (names, without_one) in [("", true), (names, false)] {
            let folder = folder(&authority, &format!("{PLAIN}{more}{names}"));
            folder.write("client.crt", &presented.pem());
            let server = Running::with_web(&folder.web());
            for spoken in [&version::TLS12, &version::TLS13] {
                let none = server.ask_as(client_of(&authority, None, &[spoken])).await;
                let one = server.ask_as(presented.client(&authority, spoken)).await;

                assert_eq!((none.is_some(), one.is_some()), (without_one, true), "{more}{names}");
            }
        }
    }
}
