//! Receivers behind TLS, with certificates that are good and bad.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tests::patience::wait_for;
use tests::receivers::oracle::{Options, Oracle};
use tests::tools::tool;

use super::faults::{FAILURES, failures};
use super::{PYTHON, cable, start};

/// By protocol: where the receiver is, under the name in its certificate.
const RECEIVERS: [(&str, &str); 2] =
    [("grpc", "https://localhost:4317"), ("http/protobuf", "https://localhost:4318/v1/metrics")];

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_certificate_of_the_given_authority_is_trusted() {
    let test = "a_certificate_of_the_given_authority_is_trusted";
    let Some(python) = tool(test, PYTHON) else { return };
    let folder = TempDir::new().unwrap();
    let authority = authority();
    let file = file(&folder, "ca.pem", &authority.pem());
    let cable = cable("trusted");
    let (certificate, key) = vouch(&authority, "localhost");
    let oracle = behind_tls(&cable.here, &python, &certificate, &key);

    for (protocol, endpoint) in RECEIVERS {
        let service =
            start(&cable, &[endpoint], &["--otlp.protocol", protocol, "--otlp.ca-file", &file]);
        oracle.next();
        assert_eq!(service.scrape().find(FAILURES, &[]), Some(0), "{}", service.log());
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_certificate_of_somebody_or_for_somebody_else_is_refused_by_its_name() {
    let test = "a_certificate_of_somebody_or_for_somebody_else_is_refused_by_its_name";
    let Some(python) = tool(test, PYTHON) else { return };
    let folder = TempDir::new().unwrap();
    let (authority, stranger) = (authority(), authority());
    let file = file(&folder, "ca.pem", &authority.pem());
    for (what, (certificate, key)) in [
        ("of a stranger", vouch(&stranger, "localhost")),
        ("for another", vouch(&authority, "elsewhere")),
    ] {
        let cable = cable("refusedtls");
        let oracle = behind_tls(&cable.here, &python, &certificate, &key);
        for (protocol, endpoint) in RECEIVERS {
            let arguments = ["--otlp.protocol", protocol, "--otlp.ca-file", &file];
            let service = start(&cable, &[endpoint], &arguments);

            wait_for("a failure", || match failures(&service, endpoint, "tls") {
                failures if failures > 0 && service.said(endpoint) > 0 => Ok(()),
                _ => Err(service.log()),
            });

            let log = service.log();
            let lines: Vec<_> = log.lines().filter(|line| line.contains(endpoint)).collect();
            println!("{what}, {protocol}: {}", lines.join("\n"));
            assert!(lines.iter().any(|line| line.contains("certificate")), "{what}: {log}");
        }
        assert_eq!(oracle.pushes().len(), 0, "{what}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_certificate_that_is_its_own_authority_is_trusted_if_it_is_the_given_one() {
    let test = "a_certificate_that_is_its_own_authority_is_trusted_if_it_is_the_given_one";
    let Some(python) = tool(test, PYTHON) else { return };
    let folder = TempDir::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    let file = file(&folder, "own.pem", &certificate);
    let cable = cable("owncert");
    let oracle = behind_tls(&cable.here, &python, &certificate, &key.serialize_pem());

    for (protocol, endpoint) in RECEIVERS {
        let service =
            start(&cable, &[endpoint], &["--otlp.protocol", protocol, "--otlp.ca-file", &file]);
        oracle.next();
        assert_eq!(service.scrape().find(FAILURES, &[]), Some(0), "{}", service.log());
    }
}

pub(super) fn behind_tls<'a>(
    here: &'a tests::cable::Namespace,
    python: &Path,
    certificate: &str,
    key: &str,
) -> Oracle<'a> {
    let options = Options { identity: Some((certificate, key)), ..Options::default() };

    Oracle::start_with(here, python, &options)
}

pub(super) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);

    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, in PEM.
pub(super) fn vouch(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();

    (certificate.pem(), key.serialize_pem())
}

pub(super) fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();

    path.display().to_string()
}
