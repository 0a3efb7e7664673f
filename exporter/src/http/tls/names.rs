//! Cipher suites and curves by the names that Go has for them.

use rustls::crypto::{SupportedKxGroup, ring};
use rustls::{NamedGroup, SupportedCipherSuite};

const CURVES: [(&str, NamedGroup); 3] = [
    ("X25519", NamedGroup::X25519),
    ("CurveP256", NamedGroup::secp256r1),
    ("CurveP384", NamedGroup::secp384r1),
];

pub(super) fn suites() -> Vec<String> {
    ring::ALL_CIPHER_SUITES.iter().map(name).collect()
}

pub(super) fn suite(named: &str) -> Option<SupportedCipherSuite> {
    ring::ALL_CIPHER_SUITES.iter().find(|suite| name(suite) == named).copied()
}

pub(super) fn curves() -> Vec<String> {
    CURVES.map(|(name, _)| name.to_owned()).to_vec()
}

pub(super) fn curve(named: &str) -> Option<&'static dyn SupportedKxGroup> {
    let (_, group) = CURVES.iter().find(|(name, _)| *name == named)?;

    ring::ALL_KX_GROUPS.iter().find(|known| known.name() == *group).copied()
}

/// Go's names are IANA's; rustls tells the suites of TLS 1.3 apart.
fn name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}
