//! Certificates of clients, from the files of their authorities to the log.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tests::cable::Cable;
use tests::hanging::Hanging;
use tests::patience::wait_for;
use tests::service::{PORT, Service, command};

use super::{QUICK, cable};

const WEB: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  \
    client_auth_type: RequireAndVerifyClientCert\n";

/// Writes the certificate of an authority, and one that it signs: `NAME-ca.crt`, `NAME.{crt,key}`.
fn write_identity(folder: &Path, name: &str) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();

    fs::write(folder.join(format!("{name}-ca.crt")), authority.pem()).unwrap();
    fs::write(folder.join(format!("{name}.crt")), certificate.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Reads the metrics with an identity, and returns whether they came.
fn is_answered(cable: &Cable, folder: &Path, name: &str) -> bool {
    let url = format!("https://127.0.0.1:{PORT}/metrics");
    let mut curl = cable.here.command("curl");
    curl.current_dir(folder).args(["--silent", "--fail", "--insecure", "--output", "/dev/null"]);
    curl.args(["--cert", &format!("{name}.crt"), "--key", &format!("{name}.key"), &url]);

    curl.status().expect("curl can be run").success()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn without_a_client_ca_the_system_vouches_and_each_refusal_is_told_once() {
    let cable = cable("systemca");
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    for name in ["server", "known", "strange"] {
        write_identity(path, name);
    }
    fs::write(path.join("web.yml"), WEB).unwrap();
    let web = path.join("web.yml").display().to_string();
    let mut start = command(&[&QUICK[..], &["--web.config.file", &web]].concat());
    start.env("SSL_CERT_FILE", path.join("known-ca.crt")).env_remove("SSL_CERT_DIR");

    let mut service = Service::spawn(&cable.here, start);
    service.wait_until("it answers", |_| is_answered(&cable, path, "known"));
    let strange = [0; 3].map(|_| is_answered(&cable, path, "strange"));

    assert_eq!(strange, [false; 3]);
    wait_for("the refusal in the log", || {
        match service.said("Refusing a client because of its certificate") {
            1 => Ok(()),
            _ => Err(service.log()),
        }
    });
    assert_eq!(
        service.said("it was not issued by an authority of `client_ca`"),
        1,
        "{}",
        service.log()
    );
    assert_eq!(service.said("The TLS handshake with a client failed"), 0, "{}", service.log());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn authorities_of_the_system_that_hang_leave_the_last_certificates_in_use() {
    let cable = cable("hangca");
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    for name in ["server", "known", "strange"] {
        write_identity(path, name);
    }
    let (before, _) = WEB.split_once("  client_auth_type").unwrap();
    fs::write(path.join("web.yml"), before).unwrap();
    let web = path.join("web.yml").display().to_string();
    let authorities = path.join("known-ca.crt").display().to_string();
    let text = fs::read_to_string(&authorities).unwrap();
    let mut start = command(&[&QUICK[..], &["--web.config.file", &web]].concat());
    start.env("SSL_CERT_FILE", &authorities).env_remove("SSL_CERT_DIR");
    let mut service = Service::spawn(&cable.here, start);
    service.wait_until("it answers", |_| is_answered(&cable, path, "strange"));

    let hanging = Hanging::in_place_of(&authorities);
    fs::write(path.join("web.yml"), WEB).unwrap();
    let during = [0; 3].map(|_| is_answered(&cable, path, "strange"));

    assert_eq!(during, [true; 3], "{}", service.log());
    let told = format!("cannot read the certificate authorities of this system in `{authorities}`");
    assert_eq!(service.said_within(&told, 1), 1, "{}", service.log());

    hanging.end(&text);
    service.wait_until("they count", |_| !is_answered(&cable, path, "strange"));
    assert!(is_answered(&cable, path, "known"), "{}", service.log());
}
