//! TCP, UDP, UDP-Lite, SCTP, DCCP, ICMP and ICMPv6.

use shared::{Malformed, Protocol};

use super::Case;
use super::bytes::{Change, IPV4, IPV6, dccp, ethernet, icmp, ipv4, ipv6, sctp, tcp, udp, udplite};
use super::expect::{syn_v4, v4, v6};

const SYN: u8 = 2;

pub(super) fn cases() -> Vec<Case> {
    [flags(), tcp_cases(), udp_cases(), udplite_cases(), sctp_and_dccp(), icmp_cases()].concat()
}

fn over_v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV4, &ipv4(protocol, payload))
}

fn over_v6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(IPV6, &ipv6(protocol, payload))
}

/// Each flag byte once.
fn flags() -> Vec<Case> {
    let segment = |flags: u8| {
        let name = format!("tcp with flags {flags:#04x}");
        Case::new(name, over_v4(6, &tcp(flags, b"")), v4(Protocol::Tcp).port(443).flags(flags))
    };

    (0..=255).map(segment).collect()
}

fn tcp_cases() -> Vec<Case> {
    let words = |words: u8, payload: &[u8]| over_v4(6, &tcp(SYN, payload).with(12, &[words << 4]));
    let first = |bytes: usize| over_v4(6, &tcp(SYN, b"")[..bytes]);
    let without_flags = || v4(Protocol::Tcp).malformed(Malformed::TcpTruncated);
    let offset = || syn_v4().malformed(Malformed::TcpDataOffset);

    vec![
        Case::new("tcp with all options", words(15, &[1; 40]), syn_v4()),
        Case::new("tcp with reserved bits", over_v4(6, &tcp(SYN, b"").with(12, &[0x5f])), syn_v4()),
        Case::new("tcp with a header of 16 bytes", words(4, b""), offset()),
        Case::new("tcp with a header of no bytes", words(0, b""), offset()),
        Case::new("tcp with options beyond the packet", words(6, b"123"), offset()),
        Case::new("tcp with options to the end", words(6, b"1234"), syn_v4()),
        Case::new(
            "tcp with options in the padding",
            [words(6, b""), vec![0; 4]].concat(),
            offset(),
        ),
        Case::new("tcp that is not there", first(0), without_flags()),
        Case::new("tcp cut in its ports", first(3), without_flags()),
        Case::new("tcp cut behind its ports", first(4), without_flags().port(443)),
        Case::new("tcp cut before its flags", first(13), without_flags().port(443)),
        Case::new("tcp cut behind its flags", first(14), without_flags().port(443).flags(SYN)),
        Case::new("tcp cut in its last byte", first(19), without_flags().port(443).flags(SYN)),
    ]
}

fn udp_cases() -> Vec<Case> {
    let claims = |bytes: u16| udp(53, b"query").with(4, &bytes.to_be_bytes());
    let query = || v4(Protocol::Udp).port(53);
    let cut = || v4(Protocol::Udp).malformed(Malformed::UdpTruncated);
    let length = || query().malformed(Malformed::UdpLength);

    vec![
        Case::new("udp over ipv4", over_v4(17, &claims(13)), query()),
        Case::new("udp over ipv6", over_v6(17, &claims(13)), v6(Protocol::Udp).port(53)),
        Case::new("udp without payload", over_v4(17, &udp(53, b"")), query()),
        Case::new("udp shorter than the packet", over_v4(17, &claims(8)), query()),
        Case::new("udp longer than the packet", over_v4(17, &claims(14)), length()),
        Case::new(
            "udp into the padding",
            [over_v4(17, &claims(14)), vec![0; 9]].concat(),
            length(),
        ),
        Case::new("udp shorter than its header", over_v4(17, &claims(7)), length()),
        Case::new("udp without a length", over_v4(17, &claims(0)), length()),
        Case::new(
            "udp without a length over ipv6",
            over_v6(17, &claims(0)),
            v6(Protocol::Udp).port(53).malformed(Malformed::UdpLength),
        ),
        Case::new(
            "udp of 65,535 bytes without a length over ipv6",
            over_v6(17, &udp(53, &vec![0; 65_527]).with(4, &[0, 0])),
            v6(Protocol::Udp).port(53).malformed(Malformed::UdpLength),
        ),
        // Only a jumbogram of IPv6 may leave it out; its case is with IPv6.
        Case::new(
            "udp of 65,536 bytes without a length",
            over_v4(17, &udp(53, &vec![0; 65_528])),
            length(),
        ),
        Case::new("udp cut in its ports", over_v4(17, &claims(13)[..3]), cut()),
        Case::new("udp cut in its last byte", over_v4(17, &claims(13)[..7]), cut().port(53)),
    ]
}

fn udplite_cases() -> Vec<Case> {
    let covers = |bytes: u16| over_v4(136, &udplite(bytes, b"12345"));
    let sound = || v4(Protocol::UdpLite).port(5000);
    let coverage = || sound().malformed(Malformed::UdpLiteCoverage);

    vec![
        Case::new("udplite that covers all", covers(0), sound()),
        Case::new("udplite that covers its header", covers(8), sound()),
        Case::new("udplite that covers to the end", covers(13), sound()),
        Case::new("udplite that covers too much", covers(14), coverage()),
        Case::new("udplite that covers one byte", covers(1), coverage()),
        Case::new("udplite that covers seven bytes", covers(7), coverage()),
        Case::new(
            "udplite cut off",
            over_v4(136, &udplite(0, b"")[..7]),
            sound().malformed(Malformed::UdpLiteTruncated),
        ),
        Case::new(
            "udplite over ipv6",
            over_v6(136, &udplite(0, b"")),
            v6(Protocol::UdpLite).port(5000),
        ),
    ]
}

fn sctp_and_dccp() -> Vec<Case> {
    let association = || v4(Protocol::Sctp).port(36_412);
    let request = || v4(Protocol::Dccp).port(6000);
    let cut = || request().malformed(Malformed::DccpTruncated);
    let offset = || request().malformed(Malformed::DccpDataOffset);

    vec![
        Case::new("sctp", over_v4(132, &sctp()), association()),
        Case::new("sctp over ipv6", over_v6(132, &sctp()), v6(Protocol::Sctp).port(36_412)),
        Case::new(
            "sctp cut off",
            over_v4(132, &sctp()[..11]),
            association().malformed(Malformed::SctpTruncated),
        ),
        Case::new(
            "sctp cut in its ports",
            over_v4(132, &sctp()[..3]),
            v4(Protocol::Sctp).malformed(Malformed::SctpTruncated),
        ),
        Case::new("dccp", over_v4(33, &dccp(3, false)), request()),
        Case::new("dccp with extended sequence numbers", over_v4(33, &dccp(4, true)), request()),
        Case::new("dccp over ipv6", over_v6(33, &dccp(4, true)), v6(Protocol::Dccp).port(6000)),
        Case::new("dccp cut off", over_v4(33, &dccp(3, false)[..11]), cut()),
        Case::new(
            "dccp with extended sequence numbers cut off",
            over_v4(33, &dccp(4, true)[..15]),
            cut(),
        ),
        Case::new("dccp with a short header", over_v4(33, &dccp(2, false)), offset()),
        Case::new("dccp with a short extended header", over_v4(33, &dccp(3, true)), offset()),
        Case::new("dccp with a header beyond the packet", over_v4(33, &dccp(4, false)), offset()),
    ]
}

fn icmp_cases() -> Vec<Case> {
    let echo = || v4(Protocol::Icmp).icmp(8);
    let ping = || v6(Protocol::Icmpv6).icmp(128);

    vec![
        Case::new("an echo request", over_v4(1, &icmp(8)), echo()),
        Case::new("an icmp message of type 0", over_v4(1, &icmp(0)), v4(Protocol::Icmp).icmp(0)),
        Case::new(
            "an icmp message of type 255",
            over_v4(1, &icmp(255)),
            v4(Protocol::Icmp).icmp(255),
        ),
        Case::new(
            "icmp cut off",
            over_v4(1, &icmp(8)[..7]),
            echo().malformed(Malformed::IcmpTruncated),
        ),
        Case::new("icmp of one byte", over_v4(1, &[8]), echo().malformed(Malformed::IcmpTruncated)),
        Case::new(
            "icmp that is not there",
            over_v4(1, b""),
            v4(Protocol::Icmp).malformed(Malformed::IcmpTruncated),
        ),
        Case::new("an echo request over ipv6", over_v6(58, &icmp(128)), ping()),
        Case::new("the shortest icmpv6", over_v6(58, &icmp(128)[..4]), ping()),
        Case::new(
            "icmpv6 cut off",
            over_v6(58, &icmp(128)[..3]),
            ping().malformed(Malformed::Icmpv6Truncated),
        ),
        Case::new(
            "icmpv6 that is not there",
            over_v6(58, b""),
            v6(Protocol::Icmpv6).malformed(Malformed::Icmpv6Truncated),
        ),
    ]
}
