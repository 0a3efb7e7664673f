//! IPv6: its checks, its extension headers, its fragments.

use std::net::{Ipv4Addr, Ipv6Addr};

use shared::{Encapsulation, Family, FragmentPosition, Malformed, Protocol};

use super::Case;
use super::bytes::{
    Change, IPV6, authentication, ethernet, extension, icmp, ipv6, ipv6_fragment, tcp, udp,
};
use super::expect::{link, syn_v6, v6};
use crate::outcome::Outcome;

const SYN: u8 = 2;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const NOTHING: u8 = 59;
const OPTIONS: u8 = 60;

pub(super) fn cases() -> Vec<Case> {
    [headers(), protocols(), extensions(), bad_extensions(), fragments()].concat()
}

fn packet(next: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV6, &ipv6(next, payload))
}

fn syn() -> Vec<u8> {
    packet(6, &tcp(SYN, b""))
}

fn headers() -> Vec<Case> {
    let fails = |reason| link(Family::Other).at(14, 0).malformed(reason);
    let long = || syn_v6().malformed(Malformed::Ipv6PayloadLengthLong);
    let claims = |bytes: u16| syn().with(18, &bytes.to_be_bytes());
    let mapped = Ipv4Addr::new(203, 0, 113, 9);
    let jumbo = |payload: usize| packet(6, &tcp(SYN, &vec![0; payload]));
    let jumbogram = |name: &str, payload: usize, claimed: u32, expected: Outcome| {
        let option = [&[0xc2, 4], &claimed.to_be_bytes()[..]].concat();
        let behind = extension(NOTHING, 0, &vec![0; payload]).with(2, &option);
        Case::new(name, packet(HOP_BY_HOP, &behind).with(18, &[0, 0]), expected)
    };
    let behind = || v6(Protocol::Other).at(14, 62);
    let behind_long = || behind().malformed(Malformed::Ipv6PayloadLengthLong);

    vec![
        Case::new("tcp over ipv6", syn(), syn_v6()),
        Case::new("ipv6 that is not there", syn().cut(14), fails(Malformed::Ipv6Truncated)),
        Case::new("ipv6 cut off", syn().cut(53), fails(Malformed::Ipv6Truncated)),
        Case::new(
            "ipv6 cut off, of another version",
            syn().with(14, &[0x45]).cut(53),
            fails(Malformed::Ipv6Truncated),
        ),
        Case::new("ipv6 of version 4", syn().with(14, &[0x45]), fails(Malformed::Ipv6Version)),
        Case::new("ipv6 with a traffic class and a label", syn().with(14, &[0x6f; 4]), syn_v6()),
        Case::new("ipv6 with a payload length of one more than the frame", claims(21), long()),
        Case::new("ipv6 with the longest payload length", claims(65_535), long()),
        Case::new("ipv6 with padding", [syn(), vec![0; 6]].concat(), syn_v6()),
        Case::new(
            "ipv6 padding is not of the flags",
            claims(13),
            v6(Protocol::Tcp).port(443).malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "ipv6 with a payload length of 0",
            claims(0),
            v6(Protocol::Tcp).malformed(Malformed::TcpTruncated),
        ),
        Case::new("big tcp over ipv6", jumbo(65_516), syn_v6()),
        Case::new("a payload of 65,535 bytes", jumbo(65_515), syn_v6()),
        Case::new(
            "a payload of 65,535 bytes without its length",
            jumbo(65_515).with(18, &[0, 0]),
            v6(Protocol::Tcp).malformed(Malformed::TcpTruncated),
        ),
        jumbogram("a jumbogram", 65_529, 65_537, behind()),
        jumbogram("a jumbogram of one byte more than there is", 65_529, 65_538, behind_long()),
        jumbogram("a jumbogram of less than there is", 65_529, 65_536, behind()),
        jumbogram("a jumbogram of less than it may have", 65_529, 65_535, behind()),
        jumbogram("a jumbogram of a packet that is none", 100, 65_536, {
            let without = v6(Protocol::Other).at(14, 0);
            without.malformed(Malformed::Ipv6PayloadLengthLong)
        }),
        Case::new(
            "a jumbogram of udp",
            packet(17, &udp(53, &vec![0; 65_528])),
            v6(Protocol::Udp).port(53),
        ),
        Case::new(
            "from an ipv4 address in ipv6",
            syn().with(22, &mapped.to_ipv6_mapped().octets()),
            syn_v6().address(mapped),
        ),
        Case::new(
            "from the unspecified address",
            syn().with(22, &[0; 16]),
            syn_v6().address(Ipv6Addr::UNSPECIFIED),
        ),
    ]
}

fn protocols() -> Vec<Case> {
    let carries = |name: &str, number: u8, protocol: Protocol| {
        Case::new(format!("{name} over ipv6"), packet(number, &[0; 24]), v6(protocol))
    };

    vec![
        carries("igmp", 2, Protocol::Igmp),
        carries("esp", 50, Protocol::Esp),
        carries("ospf", 89, Protocol::Ospf),
        carries("pim", 103, Protocol::Pim),
        carries("vrrp", 112, Protocol::Vrrp),
        carries("mobility", 135, Protocol::Other),
        carries("an unused number", 253, Protocol::Other),
        // A message of the other version's protocol is neither read nor checked.
        carries("icmp", 1, Protocol::Icmp),
        Case::new("icmp over ipv6, cut off", packet(1, &[8]), v6(Protocol::Icmp)),
        Case::new("no next header", packet(NOTHING, b""), v6(Protocol::Other)),
    ]
}

fn extensions() -> Vec<Case> {
    let segment = || tcp(SYN, b"");
    let behind = |bytes: u16| syn_v6().at(14, 54 + bytes);
    let one = |number: u8, payload: Vec<u8>| packet(number, &payload);
    let report = extension(58, 0, &icmp(143));
    let every = authentication(OPTIONS, &extension(6, 0, &segment()));
    let every = ipv6_fragment(0, false, AUTHENTICATION, &every);
    let every = extension(ROUTING, 0, &extension(FRAGMENT, 1, &every));

    vec![
        Case::new(
            "hop-by-hop options",
            one(HOP_BY_HOP, report),
            v6(Protocol::Icmpv6).icmp(143).at(14, 62),
        ),
        Case::new("a routing header", one(ROUTING, extension(6, 2, &segment())), behind(24)),
        Case::new("destination options", one(OPTIONS, extension(6, 0, &segment())), behind(8)),
        Case::new(
            "the longest extension header",
            one(OPTIONS, extension(6, 255, &segment())),
            behind(2048),
        ),
        Case::new(
            "an authentication header",
            one(AUTHENTICATION, authentication(6, &segment())),
            behind(24),
        ),
        Case::new("each extension header once", packet(HOP_BY_HOP, &every), behind(64)),
        Case::new("eight extension headers", packet(OPTIONS, &chain(8)), behind(64)),
        Case::new(
            "an extension header before nothing",
            one(OPTIONS, extension(NOTHING, 0, b"")),
            v6(Protocol::Other).at(14, 62),
        ),
        Case::new(
            "an extension header before ipv6",
            one(OPTIONS, extension(41, 0, &ipv6(6, &segment()))),
            v6(Protocol::Ipv6).inside(Encapsulation::Ipip).at(14, 62),
        ),
    ]
}

/// As many destination options, then TCP.
fn chain(headers: usize) -> Vec<u8> {
    (1..headers).fold(extension(6, 0, &tcp(SYN, b"")), |rest, _| extension(OPTIONS, 0, &rest))
}

fn bad_extensions() -> Vec<Case> {
    let fails = |reason| v6(Protocol::Other).at(14, 0).malformed(reason);
    let cut = || fails(Malformed::Ipv6ExtensionTruncated);
    let deep = || fails(Malformed::Ipv6TooManyExtensions);
    let options = || extension(6, 0, b"");

    vec![
        Case::new("nine extension headers", packet(OPTIONS, &chain(9)), deep()),
        Case::new(
            "the ninth extension header is not there",
            packet(OPTIONS, &chain(9)[..64]),
            deep(),
        ),
        Case::new("an extension header that is not there", packet(OPTIONS, b""), cut()),
        Case::new("an extension header of one byte", packet(OPTIONS, &options()[..1]), cut()),
        Case::new("an extension header cut off", packet(OPTIONS, &options()[..7]), cut()),
        Case::new(
            "a long extension header cut off",
            packet(OPTIONS, &extension(6, 1, b"")[..15]),
            cut(),
        ),
        Case::new(
            "an authentication header cut off",
            packet(AUTHENTICATION, &authentication(6, b"")[..23]),
            cut(),
        ),
        Case::new(
            "a fragment header cut off",
            packet(FRAGMENT, &ipv6_fragment(0, true, 6, b"")[..7]),
            cut(),
        ),
        Case::new(
            "a payload length that is long and an extension header cut off",
            packet(OPTIONS, &options()).cut(14 + 47),
            fails(Malformed::Ipv6PayloadLengthLong),
        ),
    ]
}

fn fragments() -> Vec<Case> {
    let fragment = |offset: u16, more: bool, next: u8, payload: &[u8]| {
        packet(FRAGMENT, &ipv6_fragment(offset, more, next, payload))
    };
    let first = FragmentPosition::First;
    let later = |protocol| v6(protocol).at(14, 0);
    let last = |protocol| later(protocol).fragment(FragmentPosition::Last);

    vec![
        Case::new("an atomic fragment", fragment(0, false, 6, &tcp(SYN, b"")), syn_v6().at(14, 62)),
        Case::new(
            "first ipv6 fragment",
            fragment(0, true, 6, &tcp(SYN, b"")),
            syn_v6().fragment(first).at(14, 62),
        ),
        Case::new(
            "middle ipv6 fragment",
            fragment(1, true, 6, &tcp(SYN, b"")),
            later(Protocol::Tcp).fragment(FragmentPosition::Middle),
        ),
        Case::new(
            "last ipv6 fragment",
            fragment(8191, false, 17, &udp(53, b"")),
            last(Protocol::Udp),
        ),
        Case::new(
            "last ipv6 fragment of a ping",
            fragment(1, false, 58, &icmp(128)),
            last(Protocol::Icmpv6),
        ),
        Case::new(
            "last ipv6 fragment of gre",
            fragment(1, false, 47, &[0; 8]),
            last(Protocol::Gre),
        ),
        // What is behind it begins in the first fragment, so there is nothing to walk.
        Case::new(
            "last ipv6 fragment of an extension header",
            fragment(1, false, OPTIONS, &[0; 8]),
            last(Protocol::Other),
        ),
        Case::new(
            "last ipv6 fragment of an authentication header",
            fragment(1, false, AUTHENTICATION, &[0; 8]),
            last(Protocol::Other),
        ),
        Case::new(
            "first ipv6 fragment of options",
            fragment(0, true, OPTIONS, &extension(6, 0, &tcp(SYN, b""))),
            syn_v6().fragment(first).at(14, 70),
        ),
        Case::new(
            "first ipv6 fragment with options cut off",
            fragment(0, true, OPTIONS, &extension(6, 1, b"")[..8]),
            {
                let first = later(Protocol::Other).fragment(first);
                first.malformed(Malformed::Ipv6ExtensionTruncated)
            },
        ),
        Case::new(
            "first ipv6 fragment of a long datagram",
            fragment(0, true, 17, &udp(53, b"12345678").with(4, &[16, 0])),
            v6(Protocol::Udp).port(53).fragment(first).at(14, 62),
        ),
    ]
}
