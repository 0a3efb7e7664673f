//! The address of a host as the key of a map.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An IPv6 address, or an IPv4 address in its IPv4-mapped form (RFC 4291, section 2.5.5.2),
/// as two words that hold the sixteen bytes in network order.
#[repr(C)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct Address(pub [u64; 2]);

impl Address {
    /// Takes the four bytes of an IPv4 address, read as they lie in memory.
    #[inline(always)]
    pub const fn from_ipv4_bytes(bytes: u32) -> Self {
        let low = u64::from_ne_bytes([0, 0, 0xff, 0xff, 0, 0, 0, 0]);
        let high = if cfg!(target_endian = "little") { (bytes as u64) << 32 } else { bytes as u64 };

        Self([0, low | high])
    }

    /// Returns the address as people write it: IPv4-mapped addresses become IPv4 ones.
    pub fn to_ip(self) -> IpAddr {
        let Self([high, low]) = self;
        let mut octets = [0; 16];
        octets[..8].copy_from_slice(&high.to_ne_bytes());
        octets[8..].copy_from_slice(&low.to_ne_bytes());

        Ipv6Addr::from(octets).to_canonical()
    }
}

impl From<Ipv4Addr> for Address {
    fn from(address: Ipv4Addr) -> Self {
        Self::from_ipv4_bytes(u32::from_ne_bytes(address.octets()))
    }
}

impl From<Ipv6Addr> for Address {
    fn from(address: Ipv6Addr) -> Self {
        let octets = address.octets();
        let mut words = [[0; 8]; 2];
        words[0].copy_from_slice(&octets[..8]);
        words[1].copy_from_slice(&octets[8..]);

        Self(words.map(u64::from_ne_bytes))
    }
}

const _: () = assert!(size_of::<Address>() == 16);
