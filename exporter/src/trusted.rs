//! Certificates that are trusted, and what they vouch for.
//!
//! WebPKI believes an anchor whatever its certificate says, so the holder of any trusted certificate
//! could issue others. Go checks a root as it checks every issuer, and so does this module.
//! Source: `Verify`, `isValid` and `CheckSignatureFrom` in Go's crypto/x509.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fmt, io};

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::{CertificateError, DistinguishedName, Error, OtherError};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
use x509_parser::oid_registry::{
    OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_CRL_DISTRIBUTION_POINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_INHIBIT_ANY_POLICY, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_POLICY_CONSTRAINTS, OID_X509_EXT_POLICY_MAPPINGS, OID_X509_EXT_SUBJECT_ALT_NAME,
    Oid,
};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use crate::files;

/// Extensions that may be critical. Source: `processExtensions` in crypto/x509/parser.go.
const HANDLED: [Oid<'static>; 10] = [
    OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_CRL_DISTRIBUTION_POINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_INHIBIT_ANY_POLICY,
    OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_POLICY_CONSTRAINTS,
    OID_X509_EXT_POLICY_MAPPINGS,
    OID_X509_EXT_SUBJECT_ALT_NAME,
];

/// What a certificate is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    ClientAuth,
    ServerAuth,
}

/// Certificates that are trusted for one purpose.
#[derive(Debug)]
pub struct Trusted {
    purpose: Purpose,
    algorithms: WebPkiSupportedAlgorithms,
    certificates: Vec<CertificateDer<'static>>,
    /// One for each certificate.
    anchors: Vec<TrustAnchor<'static>>,
    /// The certificates are from the system's list, whose maintainers have checked them.
    is_of_system: bool,
}

/// Why a trusted certificate does not vouch for another one.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.reason())]
pub enum Unfit {
    Unreadable,
    NoAuthority,
    TooDeep,
    CriticalExtension,
    NotValidYet,
    Expired,
    OtherPurpose,
}

/// Returns where the system keeps what it trusts, for messages.
pub fn place_of_system() -> PathBuf {
    let set = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find_map(env::var_os);

    set.map_or_else(|| "/etc/ssl/certs".into(), PathBuf::from)
}

impl Trusted {
    pub fn new(purpose: Purpose, algorithms: WebPkiSupportedAlgorithms) -> Self {
        let (certificates, anchors) = (Vec::new(), Vec::new());

        Self { purpose, algorithms, certificates, anchors, is_of_system: false }
    }

    /// Reads what the system trusts, without what cannot be used. Blocks for at most 5 seconds.
    ///
    /// # Errors
    ///
    /// Of kind `TimedOut` where it may come later, because its file system hangs.
    pub fn of_system(purpose: Purpose, algorithms: WebPkiSupportedAlgorithms) -> io::Result<Self> {
        let read = files::within(&place_of_system(), rustls_native_certs::load_native_certs)?;
        let mut trusted = Self { is_of_system: true, ..Self::new(purpose, algorithms) };
        for certificate in read.certs {
            let _is_missing_when_needed = trusted.add(certificate);
        }

        Ok(trusted)
    }

    pub fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), Error> {
        let anchor = anchor_from_trusted_cert(&certificate).map_err(error)?.to_owned();
        self.anchors.push(anchor);
        self.certificates.push(certificate);

        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Returns the names of all certificates, also of those that vouch for themselves alone; none
    /// for the system, whose many names would only swell each handshake.
    pub fn hints(&self) -> Vec<DistinguishedName> {
        let anchors = if self.is_of_system { &[] } else { &self.anchors[..] };

        anchors.iter().map(|anchor| DistinguishedName::in_sequence(&anchor.subject)).collect()
    }

    /// Checks that a certificate is trusted itself, or that one that is vouches for it.
    pub fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.certificates.contains(certificate) {
            let fits = parsed(certificate).and_then(|it| fits(&it, self.purpose, now));
            return fits.map_err(|why| CertificateError::from(why).into());
        }
        let unfit = Cell::new(None);
        let vouches = |path: &VerifiedPath<'_>| {
            self.vouches(path, now).map_err(|why| {
                unfit.set(Some(why));
                webpki::Error::UnknownIssuer
            })
        };
        let usage = match self.purpose {
            Purpose::ClientAuth => KeyUsage::client_auth(),
            Purpose::ServerAuth => KeyUsage::server_auth(),
        };

        let verified = EndEntityCert::try_from(certificate)
            .map_err(error)?
            .verify_for_usage(
                self.algorithms.all,
                &self.anchors,
                intermediates,
                now,
                usage,
                None,
                Some(&vouches),
            )
            .map(drop);
        verified.map_err(|found| unfit.get().map_or_else(|| error(found), other))
    }

    /// Checks the end of a path whose signatures are right. One name and key may have several
    /// certificates, as when an authority renewed its own.
    fn vouches(&self, path: &VerifiedPath<'_>, now: UnixTime) -> Result<(), Unfit> {
        if self.is_of_system {
            return Ok(());
        }
        let between = path.intermediate_certificates().count();

        self.anchors
            .iter()
            .zip(&self.certificates)
            .filter(|(anchor, _)| *anchor == path.anchor())
            .map(|(_, certificate)| may_issue(certificate, between, self.purpose, now))
            .fold(Err(Unfit::NoAuthority), Result::or)
    }
}

impl Unfit {
    /// Returns a sentence about the certificate that was shown.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "the certificate of its issuer cannot be read",
            Self::NoAuthority => {
                "its issuer may not issue certificates: that needs CA:TRUE and keyCertSign"
            }
            Self::TooDeep => {
                "there are more authorities in between than the pathlen of its issuer allows"
            }
            Self::CriticalExtension => {
                "its issuer has a critical extension that this program does not know"
            }
            Self::NotValidYet => "its issuer is not valid yet; compare the clocks",
            Self::Expired => {
                "its issuer's certificate has expired; renew it, and replace it in the file of \
                 trusted certificates"
            }
            Self::OtherPurpose => "the extended key usage of its issuer is for another purpose",
        }
    }
}

/// As text: that is how rustls writes the errors of others within its own.
impl fmt::Debug for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Of a certificate that is shown itself.
impl From<Unfit> for CertificateError {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Unreadable => Self::BadEncoding,
            Unfit::CriticalExtension => Self::UnhandledCriticalExtension,
            Unfit::NotValidYet => Self::NotValidYet,
            Unfit::Expired => Self::Expired,
            Unfit::OtherPurpose => Self::InvalidPurpose,
            Unfit::NoAuthority | Unfit::TooDeep => Self::UnknownIssuer,
        }
    }
}

/// Checks that a certificate may issue another one, with as many `between` the two.
fn may_issue(
    certificate: &CertificateDer<'_>,
    between: usize,
    purpose: Purpose,
    now: UnixTime,
) -> Result<(), Unfit> {
    let parsed = parsed(certificate)?;
    let basic = parsed.basic_constraints().map_err(|_| Unfit::Unreadable)?.map(|it| it.value);
    let usage = parsed.key_usage().map_err(|_| Unfit::Unreadable)?;
    // Earlier versions have no extensions that could forbid it.
    let is_authority = basic.map_or(parsed.version() != X509Version::V3, |it| it.ca);
    let most = basic.and_then(|it| it.path_len_constraint).map_or(Ok(usize::MAX), usize::try_from);

    if !is_authority || usage.is_some_and(|it| !it.value.key_cert_sign()) {
        return Err(Unfit::NoAuthority);
    }
    if most.is_ok_and(|most| between > most) {
        return Err(Unfit::TooDeep);
    }

    fits(&parsed, purpose, now)
}

/// Checks what trust does not cover: critical extensions, time and use.
fn fits(certificate: &X509Certificate<'_>, purpose: Purpose, now: UnixTime) -> Result<(), Unfit> {
    let usage = certificate.extended_key_usage().map_err(|_| Unfit::Unreadable)?;
    let validity = certificate.validity();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let is_unhandled = |oid| !HANDLED.contains(oid);
    let is_for_it = usage.is_none_or(|usage| {
        usage.value.any
            || match purpose {
                Purpose::ClientAuth => usage.value.client_auth,
                Purpose::ServerAuth => usage.value.server_auth,
            }
    });

    if certificate.extensions().iter().any(|it| it.critical && is_unhandled(&it.oid)) {
        Err(Unfit::CriticalExtension)
    } else if now < validity.not_before.timestamp() {
        Err(Unfit::NotValidYet)
    } else if now > validity.not_after.timestamp() {
        Err(Unfit::Expired)
    } else if !is_for_it {
        Err(Unfit::OtherPurpose)
    } else {
        Ok(())
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Unfit> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| Unfit::Unreadable)?;

    Ok(parsed)
}

/// Returns the error of rustls that has an alert for this one, if there is one.
#[expect(clippy::wildcard_enum_match_arm, reason = "the errors of others may become more")]
fn error(error: webpki::Error) -> Error {
    use webpki::Error as Found;

    let error = match error {
        Found::BadDer | Found::BadDerTime | Found::TrailingData(_) => CertificateError::BadEncoding,
        Found::CertNotValidYet { time, not_before } => {
            CertificateError::NotValidYetContext { time, not_before }
        }
        Found::CertExpired { time, not_after } => {
            CertificateError::ExpiredContext { time, not_after }
        }
        Found::InvalidCertValidity => CertificateError::Expired,
        Found::UnknownIssuer => CertificateError::UnknownIssuer,
        Found::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        Found::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        found => return other(found),
    };

    error.into()
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    CertificateError::Other(OtherError(Arc::new(error))).into()
}
