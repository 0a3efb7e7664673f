//! Headers as bytes, the inner ones given to the outer ones; lengths fit unless they are changed.

use std::net::{Ipv4Addr, Ipv6Addr};

pub const IPV4: u16 = 0x0800;
pub const ARP: u16 = 0x0806;
pub const VLAN: u16 = 0x8100;
pub const PROVIDER_VLAN: u16 = 0x88a8;
pub const IPV6: u16 = 0x86dd;
pub const MPLS: u16 = 0x8847;
pub const PPPOE: u16 = 0x8864;

pub const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub const DESTINATION: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
pub const SOURCE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub const DESTINATION_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

/// The source port of every transport header here.
pub const SOURCE_PORT: u16 = 40_000;

/// Changes of a header that is built.
pub trait Change {
    /// Overwrites the bytes from `at` on.
    #[must_use]
    fn with(self, at: usize, bytes: &[u8]) -> Self;
    /// Leaves only the first `length` bytes.
    #[must_use]
    fn cut(self, length: usize) -> Self;
}

impl Change for Vec<u8> {
    fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn cut(mut self, length: usize) -> Self {
        assert!(length <= self.len(), "{length} bytes of {}", self.len());
        self.truncate(length);
        self
    }
}

/// From 02:00:00:00:00:01 to 02:00:00:00:00:02.
pub fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let addresses = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

    [&addresses, &ethertype.to_be_bytes()[..], payload].concat()
}

pub fn vlan(tag: u16, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes(), &ethertype.to_be_bytes()[..], payload].concat()
}

/// A stack of `labels`, the last of which is marked as the bottom.
pub fn mpls(labels: usize, payload: &[u8]) -> Vec<u8> {
    let label = |above: usize| [0, 1, u8::from(above + 1 == labels), 64];

    [(0..labels).map(label).collect::<Vec<_>>().as_flattened(), payload].concat()
}

pub fn pppoe(protocol: u16, payload: &[u8]) -> Vec<u8> {
    let header = [&[0x11, 0, 0, 7], &length(payload.len() + 2)[..]].concat();

    [&header, &protocol.to_be_bytes()[..], payload].concat()
}

/// A request for an IPv4 address over Ethernet.
pub fn arp() -> Vec<u8> {
    [&[0, 1, 8, 0, 6, 4, 0, 1][..], &[0; 20]].concat()
}

/// A header of 20 bytes, without a checksum.
pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let start = [&[0x45, 0], &length(20 + payload.len())[..]].concat();
    let middle = [0, 1, 0, 0, 64, protocol, 0, 0];

    [&start, &middle[..], &SOURCE.octets(), &DESTINATION.octets(), payload].concat()
}

/// An IPv4 packet that says of itself to be a fragment; `offset` is in units of eight bytes.
pub fn ipv4_fragment(offset: u16, more: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let word = offset | u16::from(more) << 13;

    ipv4(protocol, payload).with(6, &word.to_be_bytes())
}

/// An IPv4 header with `words` words of options.
pub fn ipv4_options(words: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let options = vec![1; usize::from(words) * 4];

    ipv4(protocol, &[&options, payload].concat()).with(0, &[0x45 + words])
}

pub fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let start = [&[0x60, 0, 0, 0], &length(payload.len())[..], &[next, 64]].concat();

    [&start, &SOURCE_V6.octets()[..], &DESTINATION_V6.octets(), payload].concat()
}

/// Hop-by-hop options, routing or destination options, of `units + 1` times eight bytes.
pub fn extension(next: u8, units: u8, payload: &[u8]) -> Vec<u8> {
    let rest = vec![0; 6 + usize::from(units) * 8];

    [&[next, units], &rest[..], payload].concat()
}

/// An authentication header of 24 bytes.
pub fn authentication(next: u8, payload: &[u8]) -> Vec<u8> {
    [&[next, 4], &[0; 22][..], payload].concat()
}

/// The fragment header of IPv6; `offset` is in units of eight bytes.
pub fn ipv6_fragment(offset: u16, more: bool, next: u8, payload: &[u8]) -> Vec<u8> {
    let word = offset << 3 | u16::from(more);

    [&[next, 0], &word.to_be_bytes()[..], &[0, 0, 0, 1], payload].concat()
}

/// To port 443, with a header of 20 bytes.
pub fn tcp(flags: u8, payload: &[u8]) -> Vec<u8> {
    [&ports(443), &[0; 8][..], &[5 << 4, flags, 1, 0, 0, 0, 0, 0], payload].concat()
}

pub fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    [&ports(port), &length(8 + payload.len())[..], &[0, 0], payload].concat()
}

/// To port 5000, with a checksum that covers `coverage` bytes.
pub fn udplite(coverage: u16, payload: &[u8]) -> Vec<u8> {
    [&ports(5000), &coverage.to_be_bytes()[..], &[0, 0], payload].concat()
}

/// To port 36412, with nothing behind the common header.
pub fn sctp() -> Vec<u8> {
    [&ports(36_412), &[0; 8][..]].concat()
}

/// To port 6000, with a header of `words` words; `extended` sequence numbers make it 16 bytes.
pub fn dccp(words: u8, extended: bool) -> Vec<u8> {
    let rest = [words, 0, 0, 0, u8::from(extended), 0, 0, 0, 0, 0, 0, 0];

    [&ports(6000)[..], &rest[..if extended { 12 } else { 8 }]].concat()
}

/// A message of eight bytes, with a header as ICMP and ICMPv6 have it.
pub fn icmp(number: u8) -> Vec<u8> {
    vec![number, 0, 0, 0, 0, 0, 0, 0]
}

fn ports(destination: u16) -> [u8; 4] {
    let [a, b] = SOURCE_PORT.to_be_bytes();
    let [c, d] = destination.to_be_bytes();

    [a, b, c, d]
}

/// A length that sixteen bits cannot hold is written as 0, as BIG TCP and jumbograms have it.
fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(0).to_be_bytes()
}
