//! The other end of a connection, as limits tell clients apart.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or the /64 of an IPv6 address.
///
/// One host has a whole /64 to choose its addresses from. All of loopback is one peer too: a
/// program on this host may use any of 127.0.0.0/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Peer(IpAddr);

impl Peer {
    const PREFIX: u32 = 64;

    pub(super) fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Self(Ipv4Addr::LOCALHOST.into());
        }

        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => {
                Ipv6Addr::from_bits(v6.to_bits() >> Self::PREFIX << Self::PREFIX).into()
            }
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) => write!(f, "{v6}/{}", Self::PREFIX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_one_host_can_choose_from_are_one_peer() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.9.9.9", "127.0.0.1"),
            ("::1", "127.0.0.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("fe80::1", "fe80::/64"),
        ];

        for (address, peer) in cases {
            assert_eq!(Peer::of(address.parse().unwrap()).to_string(), peer, "{address}");
        }
    }
}
