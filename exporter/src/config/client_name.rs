//! A name in the certificate of a client, and what the client may do.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::text::as_text;
use crate::scope::{Scope, UnknownScope};

/// A name in the certificate of a client, and what the client may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName {
    pub name: AlternativeName,
    pub scope: Scope,
}

/// A subject alternative name, or what the certificate itself is known by. Source: RFC 5280, section 4.2.1.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// Without regard to case.
    Dns(String),
    Email(String),
    Uri(String),
    Ip(IpAddr),
    /// SHA-256 of the whole certificate, as 64 digits in lower case.
    Sha256(String),
}

/// Why a text is no name with a scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientNameError {
    #[error("it has no \"=\" between name and scope")]
    NoScope,
    #[error(
        "it has to begin with \"dns:\", \"email:\", \"uri:\", \"ip:\" or \"sha256:\", and a name behind it"
    )]
    NoName,
    #[error("`{0}` is not an address of IPv4 or IPv6")]
    BadAddress(String),
    #[error("`{0}` is no SHA-256 of 64 digits")]
    BadSum(String),
    #[error(transparent)]
    Scope(#[from] UnknownScope),
}

impl AlternativeName {
    /// Makes a DNS name, of which the case says nothing.
    pub fn dns(name: &str) -> Self {
        Self::Dns(name.to_ascii_lowercase())
    }

    /// Reads a sum, also as `openssl x509 -fingerprint` prints it.
    fn sum(text: &str) -> Result<Self, ClientNameError> {
        let digits = text.replace(':', "").to_ascii_lowercase();
        if digits.len() != 64 || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(ClientNameError::BadSum(text.escape_default().to_string()));
        }

        Ok(Self::Sha256(digits))
    }
}

impl FromStr for ClientName {
    type Err = ClientNameError;

    fn from_str(text: &str) -> Result<Self, ClientNameError> {
        let (name, scope) = text.rsplit_once('=').ok_or(ClientNameError::NoScope)?;
        let (name, scope) = (name.trim().parse()?, scope.trim().parse()?);

        Ok(Self { name, scope })
    }
}

impl FromStr for AlternativeName {
    type Err = ClientNameError;

    fn from_str(text: &str) -> Result<Self, ClientNameError> {
        let (kind, name) = text.split_once(':').ok_or(ClientNameError::NoName)?;
        if name.is_empty() {
            return Err(ClientNameError::NoName);
        }
        let bad = |_| ClientNameError::BadAddress(name.escape_default().to_string());

        Ok(match kind.to_ascii_lowercase().as_str() {
            "dns" => Self::dns(name),
            "email" => Self::Email(name.into()),
            "uri" => Self::Uri(name.into()),
            "ip" => Self::Ip(name.parse().map_err(bad)?),
            "sha256" => Self::sum(name)?,
            _ => return Err(ClientNameError::NoName),
        })
    }
}

impl fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Email(name) => write!(f, "email:{name}"),
            Self::Uri(name) => write!(f, "uri:{name}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
            Self::Sha256(sum) => write!(f, "sha256:{sum}"),
        }
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, scope } = self;

        write!(f, "{name}={scope}")
    }
}

as_text!(ClientName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let cases = [
            ("dns:Node-1.example=read", "dns:node-1.example=read"),
            ("URI:spiffe://x.example/a=b = admin", "uri:spiffe://x.example/a=b=admin"),
            ("email:Ann@x.example=inspect", "email:Ann@x.example=inspect"),
            ("ip:2001:DB8:0::1=metrics", "ip:2001:db8::1=metrics"),
            ("ip:192.0.2.1=read", "ip:192.0.2.1=read"),
        ];

        let printed = format!("sha256:{}0A = read", "0B:".repeat(31));
        let sum = format!("sha256:{}0a=read", "0b".repeat(31));

        for (text, shown) in cases.into_iter().chain([(&*printed, &*sum)]) {
            let name: ClientName = text.parse().unwrap();
            assert_eq!(name.to_string(), shown);
            assert_eq!(shown.parse(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_with_a_scope_is_refused() {
        let reason = |text: &str| text.parse::<ClientName>().unwrap_err().to_string();

        assert!(reason("dns:a").contains("no \"=\""));
        for text in ["a=read", "dns:=read", ":a=read", "name:a=read", "=read"] {
            assert!(reason(text).contains("begin with \"dns:\""), "{text}");
        }
        assert!(reason("ip:a=read").contains("`a` is not an address"));
        assert!(reason("sha256:0a=read").contains("`0a` is no SHA-256"));
        assert!(reason("dns:a=root").contains("`root` is no scope"));
    }
}
