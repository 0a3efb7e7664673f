//! What is asked of a client's certificate, as in Go.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::refused::Told;
use super::{ClientAuth, anchor, signature};

/// Whose certificates are trusted.
pub(super) enum Authorities {
    Configured(Vec<CertificateDer<'static>>),
    System,
}

/// Makes what checks the certificates of clients; `allowed` are alternative names, any if `None`.
pub(super) fn verifier(
    policy: ClientAuth,
    authorities: Authorities,
    allowed: Option<Vec<String>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, VerifierBuilderError> {
    if policy == ClientAuth::NoClientCert {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let trusted = if policy.verifies() { Some(Trusted::new(authorities, provider)?) } else { None };
    let algorithms = provider.signature_verification_algorithms;

    Ok(Arc::new(Verifier { policy, trusted, allowed, algorithms, told: Told::default() }))
}

#[derive(Debug)]
struct Verifier {
    policy: ClientAuth,
    /// Where any certificate will do there is none.
    trusted: Option<Trusted>,
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

/// The certificates that are trusted, and what finds out whether they vouch for another one.
#[derive(Debug)]
struct Trusted {
    certificates: Vec<CertificateDer<'static>>,
    /// Where nobody is trusted there is none.
    chains: Option<Arc<dyn ClientCertVerifier>>,
}

impl Trusted {
    fn new(
        authorities: Authorities,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let is_system = matches!(authorities, Authorities::System);
        let certificates = match authorities {
            Authorities::Configured(certificates) => certificates,
            Authorities::System => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        if is_system && roots.is_empty() {
            // Go takes such a configuration, and so are clients without a certificate taken.
            tracing::warn!(
                "This system has no certificate authorities, every client certificate is refused; \
                 install them or set `client_ca_file`"
            );
            return Ok(Self { certificates, chains: None });
        }

        let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        // To name all of the system's authorities would only swell each handshake.
        let builder = if is_system { builder.clear_root_hint_subjects() } else { builder };

        Ok(Self { certificates, chains: Some(builder.build()?) })
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let Self { certificates, chains } = self;

        if certificates.contains(end_entity) {
            return Ok(anchor::verify(end_entity, now)?);
        }
        let Some(chains) = chains else { return Err(CertificateError::UnknownIssuer.into()) };

        chains.verify_client_cert(end_entity, intermediates, now).map(drop)
    }
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        match self.policy {
            ClientAuth::RequireAnyClientCert | ClientAuth::RequireAndVerifyClientCert => true,
            ClientAuth::NoClientCert
            | ClientAuth::RequestClientCert
            | ClientAuth::VerifyClientCertIfGiven => false,
        }
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        let chains = self.trusted.as_ref().and_then(|trusted| trusted.chains.as_ref());

        chains.map_or(&[], |chains| chains.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now)
            .inspect_err(|error| self.told.warn(end_entity, error))
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls12(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls13(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Returns the alternative names that Go compares: DNS, e-mail, IP and URI.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };

    extension.value.general_names.iter().filter_map(name).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let v6 = || <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| v6()).ok().map(|ip| ip.to_string())
        }
        GeneralName::OtherName(..)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    }
}
