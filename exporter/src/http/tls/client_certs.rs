//! What is asked of a client's certificate, as in Go.

use std::net::IpAddr;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::refused::Told;
use super::{ClientAuth, signature};
use crate::config::AlternativeName;
use crate::trusted::Trusted;

/// Makes what checks the certificates of clients; where any will do, none are `trusted`.
/// `allowed` are alternative names, any if `None`.
pub(super) fn verifier(
    policy: ClientAuth,
    trusted: Option<Trusted>,
    allowed: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
) -> Arc<dyn ClientCertVerifier> {
    if policy == ClientAuth::NoClientCert {
        return WebPkiClientVerifier::no_client_auth();
    }
    let hints = trusted.as_ref().map(Trusted::hints).unwrap_or_default();

    Arc::new(Verifier { policy, trusted, hints, allowed, algorithms, told: Told::default() })
}

#[derive(Debug)]
struct Verifier {
    policy: ClientAuth,
    trusted: Option<Trusted>,
    hints: Vec<DistinguishedName>,
    allowed: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
    told: Told,
}

impl Verifier {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if let Some(trusted) = &self.trusted {
            trusted.verify(end_entity, intermediates, now)?;
        }
        let is_allowed = self
            .allowed
            .as_ref()
            .is_none_or(|allowed| names(end_entity).iter().any(|name| allowed.contains(name)));

        if is_allowed {
            Ok(())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        // Without a certificate there is no name that could be allowed.
        let has_to_be_named = self.allowed.is_some();

        match self.policy {
            ClientAuth::RequireAnyClientCert | ClientAuth::RequireAndVerifyClientCert => true,
            ClientAuth::NoClientCert
            | ClientAuth::RequestClientCert
            | ClientAuth::VerifyClientCertIfGiven => has_to_be_named,
        }
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now)
            .inspect_err(|error| self.told.certificate(end_entity, error))
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls12(message, cert, dss, &self.algorithms)
            .inspect_err(|error| self.told.key(cert, error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls13(message, cert, dss, &self.algorithms)
            .inspect_err(|error| self.told.key(cert, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Returns the alternative names that Go compares.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let text = |name| match name {
        AlternativeName::Dns(name) | AlternativeName::Email(name) | AlternativeName::Uri(name) => {
            Some(name)
        }
        AlternativeName::Ip(address) => Some(address.to_string()),
        AlternativeName::Sha256(_) => None,
    };

    alternative_names(certificate).into_iter().filter_map(text).collect()
}

/// Returns what a certificate is known by: its alternative names, and its sum.
pub(in crate::http) fn known_names(certificate: &CertificateDer<'_>) -> Vec<AlternativeName> {
    let sum = digest(&SHA256, certificate);
    let sum = sum.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));

    alternative_names(certificate).into_iter().chain([AlternativeName::Sha256(sum)]).collect()
}

/// Returns the alternative names of a certificate: DNS, e-mail, IP and URI.
fn alternative_names(certificate: &CertificateDer<'_>) -> Vec<AlternativeName> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };

    extension.value.general_names.iter().filter_map(name).collect()
}

fn name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    match name {
        GeneralName::DNSName(text) => Some(AlternativeName::Dns((*text).to_owned())),
        GeneralName::RFC822Name(text) => Some(AlternativeName::Email((*text).to_owned())),
        GeneralName::URI(text) => Some(AlternativeName::Uri((*text).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let v6 = || <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| v6()).ok().map(AlternativeName::Ip)
        }
        GeneralName::OtherName(..)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    }
}
