//! Why a client is refused by its certificate, told once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, Error, OtherError};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use crate::trusted::Unfit;

/// The reasons that were told since certificates were read last.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeSet<&'static str>>);

impl Told {
    /// Warns of a certificate that is refused, if its reason was not told yet.
    pub(super) fn certificate(&self, certificate: &CertificateDer<'_>, error: &Error) {
        let parsed = X509Certificate::from_der(certificate).ok().map(|(_, parsed)| parsed);

        self.tell(reason(error, parsed.as_ref()), parsed, error);
    }

    /// Warns of a key that is not that of the certificate, if it was not told yet.
    pub(super) fn key(&self, certificate: &CertificateDer<'_>, error: &Error) {
        let parsed = X509Certificate::from_der(certificate).ok().map(|(_, parsed)| parsed);

        if is_told(error) {
            self.tell("the client does not have the key of its certificate", parsed, error);
        }
    }

    fn tell(&self, reason: &'static str, parsed: Option<X509Certificate<'_>>, error: &Error) {
        let subject = parsed.map(|parsed| parsed.subject().to_string());

        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(reason) {
            tracing::warn!(reason, subject, %error, "Refusing a client because of its certificate");
        } else {
            tracing::debug!(
                reason,
                subject,
                %error,
                "Refusing a client because of its certificate"
            );
        }
    }
}

/// Returns whether a handshake failed for a reason that is told here.
pub(super) fn is_told(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(_))
}

fn reason(error: &Error, parsed: Option<&X509Certificate<'_>>) -> &'static str {
    use CertificateError::{
        ApplicationVerificationFailure, BadSignature, Expired, ExpiredContext, InvalidPurpose,
        InvalidPurposeContext, NotValidYet, NotValidYetContext, Other, UnknownIssuer,
    };

    let Some(parsed) = parsed else { return "it cannot be read" };
    let Error::InvalidCertificate(error) = error else { return "it is not valid" };
    if let Other(OtherError(other)) = error
        && let Some(unfit) = other.downcast_ref::<Unfit>()
    {
        return unfit.reason();
    }

    if matches!(error, Expired | ExpiredContext { .. }) {
        "it has expired; issue a new one"
    } else if matches!(error, NotValidYet | NotValidYetContext { .. }) {
        "it is not valid yet; compare the clocks"
    } else if matches!(error, InvalidPurpose | InvalidPurposeContext { .. }) {
        "its extended key usage is not for clients; issue it with clientAuth"
    } else if *error == ApplicationVerificationFailure {
        "none of its alternative names is in `client_allowed_sans`"
    } else if parsed.version() == X509Version::V1 {
        "it is X.509 v1, which must itself be in `client_ca`; issue it as v3, with extensions"
    } else if matches!(error, Other(_)) && parsed.is_ca() {
        "it is an authority's certificate, which must itself be in `client_ca`; issue it with \
         CA:FALSE"
    } else if matches!(error, UnknownIssuer | BadSignature) {
        "it was not issued by an authority of `client_ca` (without `client_ca`: of this system), \
         or the client did not send the certificates in between"
    } else {
        "it is not valid"
    }
}
