//! A network: an address and the length of its prefix.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::text::as_text;
use crate::samples::Prefix;

/// A network of IPv4 or of IPv6. IPv4 inside IPv6 is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits all its addresses have in common.
    prefix: u8,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error("`{0}` is not an address of IPv4 or IPv6")]
    BadAddress(String),
    #[error("`{0}` is not the length of a prefix, which is 0 to {1}")]
    BadPrefix(String, u8),
}

impl Network {
    /// Returns it as what packets are chosen by.
    pub(super) fn prefix(&self) -> Prefix {
        let Self { address, prefix } = *self;

        Prefix { address, length: prefix }
    }

    /// Returns whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let Self { address: own, prefix } = *self;
        let address = address.to_canonical();
        let differing = match (own, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };

        differing >= u32::from(prefix)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let bad = |_| NetworkError::BadAddress(address.escape_default().to_string());
        let address: IpAddr = address.parse().map_err(bad)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |text| {
            let prefix = text.parse().ok().filter(|prefix| *prefix <= most);
            prefix.ok_or_else(|| NetworkError::BadPrefix(text.escape_default().to_string(), most))
        })?;

        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, prefix } = self;

        write!(f, "{address}/{prefix}")
    }
}

as_text!(Network);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_network_by_its_first_bits() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.0", false),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db9::1", true),
            ("::1", "::1", true),
        ];

        for (network, address, is_in) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is_in, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "name/8", "10/8"]
        {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert_eq!("10.0.0.0".parse::<Network>().unwrap().to_string(), "10.0.0.0/32");
    }
}
