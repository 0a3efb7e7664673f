//! Certificates and keys that cannot be used are refused for what they are.

use super::*;

const ENCRYPTED: &str =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
const ENCRYPTED_BEFORE: &str = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\
    DEK-Info: AES-256-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n";
const WEB: &str = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
const USABLE: &str = "supported are RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, and Ed25519";
/// The beginning of a PKCS #12 file. Source: RFC 7292, section 4.
const PKCS12: &[u8] = &[0x30, 0x82, 0x09, 0x97, 0x02, 0x01, 0x03, 0x30, 0x82, 0x09, 0x5d, 0x06];

/// A certificate and its key, in PEM and in DER form.
struct Papers {
    cert: rcgen::Certificate,
    key: rcgen::KeyPair,
}

impl Papers {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();

        Self { cert: cert.self_signed(&key).unwrap(), key }
    }
}

/// Returns the error for a certificate and a key; their files are called `a` and `b`.
fn refusal(cert: &[u8], key: &[u8]) -> String {
    let folder = Folder::new(WEB);
    std::fs::write(folder.0.path().join("a"), cert).unwrap();
    std::fs::write(folder.0.path().join("b"), key).unwrap();

    folder.error()
}

#[test]
fn what_is_not_in_pem_form_is_named_with_what_makes_it_so() {
    let Papers { cert, key } = Papers::new();
    let (cert_pem, key_pem) = (cert.pem(), key.serialize_pem());
    let binary = "in binary form; convert it to PEM form with";
    let cases: [(&[u8], &[u8], String); 6] = [
        (
            cert.der(),
            key_pem.as_bytes(),
            format!("`a` has a certificate {binary} `openssl x509 -inform der -in a`"),
        ),
        (
            PKCS12,
            key_pem.as_bytes(),
            format!("`a` has a certificate {binary} `openssl pkcs12 -nodes -in a`"),
        ),
        (
            cert_pem.as_bytes(),
            key.serialized_der(),
            format!("`b` has a private key {binary} `openssl pkey -inform der -in b`"),
        ),
        (
            key_pem.as_bytes(),
            key_pem.as_bytes(),
            "`a` has no certificate, but PRIVATE KEY; are two files mixed up?".to_owned(),
        ),
        (
            cert_pem.as_bytes(),
            cert_pem.as_bytes(),
            "`b` has no private key, but CERTIFICATE; are two files mixed up?".to_owned(),
        ),
        (
            &[0x30, 0x03, 0x02, 0x01, 0x00],
            b"",
            "`a` has no certificate in PEM form: no items found".to_owned(),
        ),
    ];

    for (cert, key, message) in cases {
        assert_eq!(refusal(cert, key), message);
    }
}

#[test]
fn an_encrypted_key_is_told_as_one() {
    let cert = Papers::new().cert.pem();

    for key in [ENCRYPTED, ENCRYPTED_BEFORE] {
        assert_eq!(
            refusal(cert.as_bytes(), key.as_bytes()),
            "the private key in `b` is encrypted, which is not supported; remove the password with \
             `openssl pkey -in b`"
        );
    }
}

#[test]
fn a_key_that_is_not_offered_is_told_under_its_own_name() {
    let cases: [(&[u8], &[u8], &str); 2] = [
        (
            include_bytes!("../../../testdata/tls/rsa-1024.crt"),
            include_bytes!("../../../testdata/tls/rsa-1024.key"),
            "RSA of 1024 bits",
        ),
        (
            include_bytes!("../../../testdata/tls/ecdsa-p521.crt"),
            include_bytes!("../../../testdata/tls/ecdsa-p521.key"),
            "ECDSA on P-521",
        ),
    ];

    for (cert, key, kind) in cases {
        let error = refusal(cert, key);
        let message =
            format!("the private key in `b` cannot be used, it is for {kind}; {USABLE}: ");
        assert!(error.starts_with(&message), "{error}");
    }
}

#[test]
fn a_key_that_does_not_fit_is_told_with_the_one_that_does() {
    let (own, other) = (Papers::new(), Papers::new());
    let key = own.key.serialize_pem();
    let swapped = other.cert.pem() + &own.cert.pem();

    assert_eq!(
        refusal(other.cert.pem().as_bytes(), key.as_bytes()),
        "the certificate in `a` and the private key in `b` do not match; set a matching pair"
    );
    assert_eq!(
        refusal(swapped.as_bytes(), key.as_bytes()),
        "the private key in `b` matches certificate 2 in `a`, not the first one; put the \
         certificate of this host first"
    );
}
