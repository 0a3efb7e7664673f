//! IPv4: its checks, its protocols, its fragments.

use shared::{Family, FragmentPosition, Malformed, Protocol};

use super::Case;
use super::bytes::{
    Change, IPV4, dccp, ethernet, icmp, ipv4, ipv4_fragment, ipv4_options, sctp, tcp, udp,
};
use super::expect::{link, syn_v4, v4};

const SYN: u8 = 2;

pub(super) fn cases() -> Vec<Case> {
    [headers(), total_lengths(), protocols(), fragments()].concat()
}

fn syn() -> Vec<u8> {
    ethernet(IPV4, &ipv4(6, &tcp(SYN, b"")))
}

fn fragment(offset: u16, more: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV4, &ipv4_fragment(offset, more, protocol, payload))
}

fn headers() -> Vec<Case> {
    let fails = |reason| link(Family::Other).at(14, 0).malformed(reason);
    let first = |byte: u8| syn().with(14, &[byte]);
    let options = |words: u8| ethernet(IPV4, &ipv4_options(words, 6, &tcp(SYN, b"")));

    vec![
        Case::new("ipv4 that is not there", syn().cut(14), fails(Malformed::Ipv4Truncated)),
        Case::new("ipv4 cut off", syn().cut(33), fails(Malformed::Ipv4Truncated)),
        Case::new(
            "ipv4 cut off, of another version",
            first(0x65).cut(33),
            fails(Malformed::Ipv4Truncated),
        ),
        Case::new("ipv4 of version 6", first(0x65), fails(Malformed::Ipv4Version)),
        Case::new(
            "ipv4 of version 6 and a short header",
            first(0x60),
            fails(Malformed::Ipv4Version),
        ),
        Case::new(
            "ipv4 with a header of 16 bytes",
            first(0x44),
            fails(Malformed::Ipv4HeaderLength),
        ),
        Case::new(
            "ipv4 with a header of no bytes",
            first(0x40),
            fails(Malformed::Ipv4HeaderLength),
        ),
        Case::new(
            "ipv4 with options beyond the frame",
            options(10).cut(14 + 59),
            fails(Malformed::Ipv4OptionsTruncated),
        ),
        Case::new("ipv4 with options", options(1), syn_v4().at(14, 38)),
        Case::new("ipv4 with all options", options(10), syn_v4().at(14, 74)),
        Case::new(
            "ipv4 with all options and nothing else",
            ethernet(IPV4, &ipv4_options(10, 253, b"")),
            v4(Protocol::Other).at(14, 74),
        ),
    ]
}

fn total_lengths() -> Vec<Case> {
    let short = || syn_v4().malformed(Malformed::Ipv4TotalLengthShort);
    let long = || syn_v4().malformed(Malformed::Ipv4TotalLengthLong);
    let claims = |bytes: u16| syn().with(16, &bytes.to_be_bytes());
    let padded = |bytes: u16| [claims(bytes), vec![0; 6]].concat();
    let big = |payload: usize| ethernet(IPV4, &ipv4(6, &tcp(SYN, &vec![0; payload])));

    vec![
        Case::new("ipv4 with a total length of 0", claims(0), short()),
        Case::new("ipv4 with a total length of 19", claims(19), short()),
        Case::new(
            "ipv4 with a total length of its header",
            claims(20),
            v4(Protocol::Tcp).malformed(Malformed::TcpTruncated),
        ),
        Case::new("ipv4 with a total length of one more than the frame", claims(41), long()),
        Case::new("ipv4 with the longest total length", claims(65_535), long()),
        Case::new("ipv4 with padding", padded(40), syn_v4()),
        Case::new(
            "padding is not of the flags",
            padded(33),
            v4(Protocol::Tcp).port(443).malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "flags in the last byte of the packet",
            padded(34),
            syn_v4().malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "padding is not of the ports",
            padded(23),
            v4(Protocol::Tcp).malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "ports in the last byte of the packet",
            padded(24),
            v4(Protocol::Tcp).port(443).malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "a total length that is long and a segment cut off",
            claims(40).cut(14 + 30),
            v4(Protocol::Tcp).port(443).malformed(Malformed::Ipv4TotalLengthLong),
        ),
        Case::new("big tcp over ipv4", big(65_496), syn_v4()),
        Case::new(
            "a packet of 65,535 bytes without a total length",
            big(65_495).with(16, &[0, 0]),
            short(),
        ),
        Case::new("a packet of 65,535 bytes", big(65_495), syn_v4()),
    ]
}

fn protocols() -> Vec<Case> {
    let carries = |name: &str, number: u8, protocol: Protocol| {
        Case::new(
            format!("{name} over ipv4"),
            ethernet(IPV4, &ipv4(number, &[0; 24])),
            v4(protocol),
        )
    };

    vec![
        carries("igmp", 2, Protocol::Igmp),
        carries("esp", 50, Protocol::Esp),
        carries("ah", 51, Protocol::Ah),
        carries("ospf", 89, Protocol::Ospf),
        carries("pim", 103, Protocol::Pim),
        carries("vrrp", 112, Protocol::Vrrp),
        carries("hop-by-hop options", 0, Protocol::Other),
        carries("an ipv6 fragment header", 44, Protocol::Other),
        carries("an unused number", 253, Protocol::Other),
        carries("the last number", 255, Protocol::Other),
        // A message of the other version's protocol is neither read nor checked.
        carries("icmpv6", 58, Protocol::Icmpv6),
        Case::new(
            "icmpv6 over ipv4, cut off",
            ethernet(IPV4, &ipv4(58, &[128])),
            v4(Protocol::Icmpv6),
        ),
    ]
}

fn fragments() -> Vec<Case> {
    let first = FragmentPosition::First;
    let later = |protocol| v4(protocol).at(14, 0);

    let mut all = vec![
        Case::new("an ipv4 packet that must not be fragmented", syn().with(20, &[0x40]), syn_v4()),
        Case::new("an ipv4 packet with the evil bit", syn().with(20, &[0x80]), syn_v4()),
        Case::new(
            "first ipv4 fragment",
            fragment(0, true, 6, &tcp(SYN, b"")),
            syn_v4().fragment(first),
        ),
        Case::new(
            "middle ipv4 fragment",
            fragment(1, true, 6, &tcp(SYN, b"")),
            later(Protocol::Tcp).fragment(FragmentPosition::Middle),
        ),
        Case::new(
            "last ipv4 fragment",
            fragment(8191, false, 17, &udp(53, b"")),
            later(Protocol::Udp).fragment(FragmentPosition::Last),
        ),
        Case::new(
            "last ipv4 fragment of one byte",
            fragment(1, false, 6, b"x"),
            later(Protocol::Tcp).fragment(FragmentPosition::Last),
        ),
        Case::new(
            "last ipv4 fragment of an echo",
            fragment(1, false, 1, &icmp(8)),
            later(Protocol::Icmp).fragment(FragmentPosition::Last),
        ),
        Case::new(
            "last ipv4 fragment of gre",
            fragment(1, false, 47, &[0; 8]),
            later(Protocol::Gre).fragment(FragmentPosition::Last),
        ),
        Case::new(
            "last ipv4 fragment with a total length that is long",
            fragment(1, false, 6, b"12345678").cut(14 + 27),
            {
                let last = later(Protocol::Tcp).fragment(FragmentPosition::Last);
                last.malformed(Malformed::Ipv4TotalLengthLong)
            },
        ),
    ];
    all.extend(first_fragments());

    all
}

fn first_fragments() -> Vec<Case> {
    let first = FragmentPosition::First;

    vec![
        Case::new(
            "first ipv4 fragment, tiny",
            fragment(0, true, 6, &tcp(SYN, b"")[..8]),
            v4(Protocol::Tcp).port(443).fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of a segment up to its flags",
            fragment(0, true, 6, &tcp(SYN, b"")[..16]),
            syn_v4().fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of a segment amid its options",
            fragment(0, true, 6, &tcp(SYN, b"1234").with(12, &[10 << 4])),
            syn_v4().fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of a segment with a short header",
            fragment(0, true, 6, &tcp(SYN, b"1234").with(12, &[4 << 4])),
            syn_v4().fragment(first).malformed(Malformed::TcpDataOffset),
        ),
        Case::new(
            "first ipv4 fragment of a segment without its ports",
            fragment(0, true, 6, &tcp(SYN, b"")[..3]),
            v4(Protocol::Tcp).fragment(first).malformed(Malformed::TcpTruncated),
        ),
        Case::new(
            "first ipv4 fragment of sctp amid its header",
            fragment(0, true, 132, &sctp()[..8]),
            v4(Protocol::Sctp).port(36_412).fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of dccp amid its header",
            fragment(0, true, 33, &dccp(4, true)[..8]),
            v4(Protocol::Dccp).port(6000).fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of dccp amid its options",
            fragment(0, true, 33, &dccp(6, true)),
            v4(Protocol::Dccp).port(6000).fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of a long datagram",
            fragment(0, true, 17, &udp(53, b"12345678").with(4, &[16, 0])),
            v4(Protocol::Udp).port(53).fragment(first),
        ),
        Case::new(
            "first ipv4 fragment of a datagram that is too short",
            fragment(0, true, 17, &udp(53, b"12345678").with(4, &[0, 7])),
            v4(Protocol::Udp).port(53).fragment(first).malformed(Malformed::UdpLength),
        ),
        Case::new(
            "first ipv4 fragment of sctp",
            fragment(0, true, 132, &sctp()),
            v4(Protocol::Sctp).port(36_412).fragment(first),
        ),
    ]
}
