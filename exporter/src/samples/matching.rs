//! Whether a packet is one that is wanted.

use std::net::IpAddr;
use std::str::FromStr;

use shared::{Family, Rare};

use super::{Matching, Prefix, Sample};

/// A text that is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no prefix: write an address with or without its length, whose other bits are 0")]
pub struct NoPrefix(String);

impl Matching {
    /// Returns whether a packet is like this.
    pub fn has(&self, sample: &Sample) -> bool {
        let Self { device, direction, prefix, port, protocol, malformed } = self;
        let Sample { parsed, .. } = sample;
        let ports = [parsed.source_port, parsed.destination_port];
        let is_ip = usize::from(parsed.cell >> 5) <= Family::Ipv6.index();

        device.as_ref().is_none_or(|it| *it == sample.device)
            && direction.is_none_or(|it| it == sample.direction)
            && prefix.is_none_or(|it| is_ip && it.has(parsed.address.to_ip()))
            && port.is_none_or(|it| parsed.has_ports != 0 && ports.contains(&it))
            && protocol.is_none_or(|it| is_ip && parsed.number == it)
            && (!malformed || parsed.rare & Rare::MALFORMED != 0)
    }
}

impl Prefix {
    /// Returns whether an address is in it.
    pub fn has(self, address: IpAddr) -> bool {
        let Self { address: own, length } = self;

        match (own, address) {
            (IpAddr::V4(own), IpAddr::V4(address)) => {
                let different = u32::from(own) ^ u32::from(address);
                different.leading_zeros() >= u32::from(length)
            }
            (IpAddr::V6(own), IpAddr::V6(address)) => {
                let different = u128::from(own) ^ u128::from(address);
                different.leading_zeros() >= u32::from(length)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Prefix {
    type Err = NoPrefix;

    fn from_str(text: &str) -> Result<Self, NoPrefix> {
        let read = || {
            let (address, length) = match text.split_once('/') {
                Some((address, length)) => (address, Some(length)),
                None => (text, None),
            };
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let length = match length {
                None => most,
                Some(length) if length.bytes().all(|it| it.is_ascii_digit()) => {
                    length.parse().ok()?
                }
                Some(_) => return None,
            };
            let rest = match address {
                IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
                IpAddr::V6(address) => address.into(),
            };
            let is_prefix = length <= most && rest.checked_shl(length.into()).unwrap_or(0) == 0;

            is_prefix.then_some(Self { address, length })
        };

        read().ok_or_else(|| NoPrefix(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use shared::{Address, Direction, Parsed, Protocol, cell};

    use super::*;
    use crate::samples::example::sample;

    #[test]
    fn a_prefix_is_read_with_and_without_its_length_and_only_without_host_bits() {
        let prefix =
            |text: &str| text.parse::<Prefix>().map(|it| (it.address.to_string(), it.length));

        assert_eq!(prefix("192.0.2.0/24"), Ok(("192.0.2.0".into(), 24)));
        assert_eq!(prefix("192.0.2.1"), Ok(("192.0.2.1".into(), 32)));
        assert_eq!(prefix("0.0.0.0/0"), Ok(("0.0.0.0".into(), 0)));
        assert_eq!(prefix("2001:db8::/32"), Ok(("2001:db8::".into(), 32)));
        assert_eq!(prefix("::1"), Ok(("::1".into(), 128)));
        for text in
            ["", "/", "192.0.2.1/24", "192.0.2.0/33", "::/129", "::/+1", "2001:db8::1/64", "x/8"]
        {
            assert!(prefix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_prefix_has_the_addresses_that_begin_with_it() {
        let has = |prefix: &str, address: &str| {
            prefix.parse::<Prefix>().unwrap().has(address.parse().unwrap())
        };

        assert!(has("192.0.2.0/24", "192.0.2.255") && !has("192.0.2.0/24", "192.0.3.0"));
        assert!(has("0.0.0.0/0", "8.8.8.8") && !has("0.0.0.0/0", "::1"));
        assert!(has("2001:db8::/32", "2001:db8:1::2") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("::1", "::1") && !has("::1", "::2"));
    }

    #[test]
    fn a_packet_is_wanted_if_all_of_it_is() {
        let mut wanted = sample(&[]);
        wanted.parsed = Parsed {
            address: Address::from(Ipv4Addr::new(192, 0, 2, 9)),
            cell: cell(Family::Ipv4, Protocol::Udp),
            number: 17,
            has_ports: 1,
            source_port: 40_000,
            destination_port: 53,
            ..Parsed::default()
        };
        let any = Matching::default;
        let prefix = |text: &str| text.parse().ok();
        let right = [
            any(),
            Matching { device: Some("eth0".into()), ..any() },
            Matching { direction: Some(Direction::Receive), ..any() },
            Matching { prefix: prefix("192.0.2.0/24"), ..any() },
            Matching { port: Some(53), ..any() },
            Matching { port: Some(40_000), protocol: Some(17), ..any() },
        ];
        let wrong = [
            Matching { device: Some("eth1".into()), ..any() },
            Matching { direction: Some(Direction::Transmit), ..any() },
            Matching { prefix: prefix("192.0.3.0/24"), ..any() },
            Matching { port: Some(54), ..any() },
            Matching { protocol: Some(6), port: Some(53), ..any() },
            Matching { malformed: true, ..any() },
        ];

        for matching in &right {
            assert!(matching.has(&wanted), "{matching:?}");
        }
        for matching in &wrong {
            assert!(!matching.has(&wanted), "{matching:?}");
        }
        let other = Parsed { cell: cell(Family::Arp, Protocol::None), ..wanted.parsed };
        wanted.parsed = other;
        assert!(!right[3].has(&wanted), "only IP has addresses");
    }
}
