//! What a protocol number of IP names.

use shared::Encapsulation;

use super::Next;
use super::names;
use super::network::{authentication, extension, fragment, ip, options};
use super::part::{Part, Show};
use super::tunnel;

const PORTS: [super::part::Spec; 2] =
    [("source port", 0, 2, Show::Number), ("destination port", 2, 2, Show::Number)];

/// Reads the header of a protocol; `tunnel` is what the first datagram of UDP carries.
pub(super) fn protocol(
    part: &mut Part<'_>,
    number: u64,
    tunnel: &mut Option<Encapsulation>,
) -> Next {
    match number {
        0 | 43 | 60 | 135 | 139 | 140 => extension(part, number),
        1 => icmp(part, "ICMP", names::icmp),
        2 => igmp(part),
        4 | 41 => ip(part),
        6 => tcp(part),
        17 => udp(part, tunnel.take()),
        33 => dccp(part),
        44 => fragment(part),
        47 => tunnel::gre(part),
        50 => esp(part),
        51 => authentication(part),
        58 => icmp(part, "ICMPv6", names::icmpv6),
        132 => sctp(part),
        136 => udp_lite(part),
        _ => Next::End,
    }
}

/// Source: RFC 9293, section 3.1.
fn tcp(part: &mut Part<'_>) -> Next {
    const FLAGS: &[&str] = &["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let length = ((part.number(12, 1) >> 4) * 4).max(20);
    part.read("TCP", usize::try_from(length).unwrap_or(20), &PORTS);
    let fields = [
        ("sequence number", 4, 4, Show::Number),
        ("acknowledgment number", 8, 4, Show::Number),
        ("data offset", 12, 1, Show::Bits { count: 4, behind: 4 }),
        ("flags", 13, 1, Show::Flags(FLAGS)),
        ("window", 14, 2, Show::Number),
        ("checksum", 16, 2, Show::Hex),
        ("urgent pointer", 18, 2, Show::Number),
    ];
    for (name, at, length, show) in fields {
        part.show(name, at, length, show);
    }
    options(part, 20, length, names::tcp_option);

    Next::End
}

/// Source: RFC 768.
fn udp(part: &mut Part<'_>, tunnel: Option<Encapsulation>) -> Next {
    part.read("UDP", 8, &PORTS);
    part.show("length", 4, 2, Show::Number);
    part.show("checksum", 6, 2, Show::Hex);

    match tunnel {
        Some(Encapsulation::Vxlan) => Next::Vxlan,
        Some(Encapsulation::Geneve) => Next::Geneve,
        Some(Encapsulation::Gtpu) => Next::Gtpu,
        Some(
            Encapsulation::Gre | Encapsulation::Ipip | Encapsulation::Mpls | Encapsulation::Pppoe,
        )
        | None => Next::End,
    }
}

/// Source: RFC 3828, section 3.1.
fn udp_lite(part: &mut Part<'_>) -> Next {
    part.read("UDP-Lite", 8, &PORTS);
    part.show("checksum coverage", 4, 2, Show::Number);
    part.show("checksum", 6, 2, Show::Hex);

    Next::End
}

/// Source: RFC 792; RFC 4443, section 2.1.
fn icmp(part: &mut Part<'_>, name: &'static str, names: fn(u64) -> Option<&'static str>) -> Next {
    part.read(
        name,
        8,
        &[
            ("type", 0, 1, Show::Named(names)),
            ("code", 1, 1, Show::Number),
            ("checksum", 2, 2, Show::Hex),
        ],
    );
    if matches!(part.number(0, 1), 0 | 8 | 128 | 129) {
        part.show("identifier", 4, 2, Show::Number);
        part.show("sequence number", 6, 2, Show::Number);
    } else {
        part.show("rest", 4, 4, Show::Hex);
    }

    Next::End
}

/// Source: RFC 2236, section 2.
fn igmp(part: &mut Part<'_>) -> Next {
    part.read(
        "IGMP",
        8,
        &[
            ("type", 0, 1, Show::Hex),
            ("maximum response time", 1, 1, Show::Number),
            ("checksum", 2, 2, Show::Hex),
            ("group", 4, 4, Show::Address),
        ],
    );

    Next::End
}

/// Source: RFC 4303, section 2.
fn esp(part: &mut Part<'_>) -> Next {
    part.read(
        "ESP",
        8,
        &[("security parameters index", 0, 4, Show::Hex), ("sequence number", 4, 4, Show::Number)],
    );

    Next::End
}

/// Source: RFC 9260, section 3. Of its chunks the first is read.
fn sctp(part: &mut Part<'_>) -> Next {
    part.read("SCTP", 12, &PORTS);
    for (name, at, length, show) in [
        ("verification tag", 4, 4, Show::Hex),
        ("checksum", 8, 4, Show::Hex),
        ("chunk", 12, 1, Show::Named(names::chunk)),
        ("chunk flags", 13, 1, Show::Hex),
        ("chunk length", 14, 2, Show::Number),
    ] {
        part.show(name, at, length, show);
    }

    Next::End
}

/// Source: RFC 4340, section 5.1.
fn dccp(part: &mut Part<'_>) -> Next {
    let is_long = part.number(8, 1) & 1 == 1;
    let length = (part.number(4, 1) * 4).max(12);
    part.read("DCCP", usize::try_from(length).unwrap_or(12), &PORTS);
    for (name, at, length, show) in [
        ("data offset", 4, 1, Show::Number),
        ("checksum coverage", 5, 1, Show::Bits { count: 4, behind: 0 }),
        ("checksum", 6, 2, Show::Hex),
        ("type", 8, 1, Show::Bits { count: 4, behind: 1 }),
    ] {
        part.show(name, at, length, show);
    }
    let (at, length) = if is_long { (10, 6) } else { (9, 3) };
    part.show("sequence number", at, length, Show::Number);

    Next::End
}
