//! Headers in front of the network header.

use super::Next;
use super::names;
use super::part::{Part, Show};

/// The smallest EtherType: what is below is a length. Source: IEEE 802.3, section 3.2.6.
const FIRST_TYPE: u64 = 0x0600;

/// Source: IEEE 802.3, section 3.1.1.
pub(super) fn ethernet(part: &mut Part<'_>) -> Next {
    let kind = part.number(12, 2);
    let name = if kind < FIRST_TYPE { "length" } else { "type" };
    part.read("Ethernet", 14, &[("destination", 0, 6, Show::Mac), ("source", 6, 6, Show::Mac)]);
    part.show(
        name,
        12,
        2,
        if kind < FIRST_TYPE { Show::Number } else { Show::Named(names::ethertype) },
    );
    if kind < FIRST_TYPE {
        part.ends(14 + kind);
    }

    by_type(kind)
}

fn by_type(kind: u64) -> Next {
    if kind < FIRST_TYPE { Next::Llc } else { Next::Named(kind) }
}

/// Reads what an EtherType names.
pub(super) fn named(part: &mut Part<'_>, ethertype: u64) -> Next {
    match ethertype {
        0x0800 | 0x86dd => super::network::ip(part),
        0x0806 => arp(part),
        0x8100 | 0x88a8 | 0x9100 => vlan(part),
        0x8847 | 0x8848 => mpls(part),
        0x8863 | 0x8864 => pppoe(part, ethertype == 0x8864),
        0x6558 => ethernet(part),
        _ => Next::End,
    }
}

/// Source: IEEE 802.1Q, section 9.6.
fn vlan(part: &mut Part<'_>) -> Next {
    let kind = part.number(2, 2);
    part.read(
        "VLAN",
        4,
        &[
            ("priority", 0, 2, Show::Bits { count: 3, behind: 13 }),
            ("drop eligible", 0, 2, Show::Bits { count: 1, behind: 12 }),
            ("id", 0, 2, Show::Bits { count: 12, behind: 0 }),
            ("type", 2, 2, Show::Named(names::ethertype)),
        ],
    );

    by_type(kind)
}

/// Source: RFC 3032, section 2.1; RFC 5462.
fn mpls(part: &mut Part<'_>) -> Next {
    part.read(
        "MPLS",
        4,
        &[
            ("label", 0, 4, Show::Bits { count: 20, behind: 12 }),
            ("traffic class", 0, 4, Show::Bits { count: 3, behind: 9 }),
            ("bottom of stack", 0, 4, Show::Bits { count: 1, behind: 8 }),
            ("time to live", 3, 1, Show::Number),
        ],
    );
    let is_last = part.number(2, 1) & 1 == 1;

    match part.number(4, 1) >> 4 {
        _ if !is_last => Next::Named(0x8847),
        4 | 6 => Next::Ip,
        _ => Next::End,
    }
}

/// Source: RFC 2516, section 4.
fn pppoe(part: &mut Part<'_>, is_session: bool) -> Next {
    part.read(
        "PPPoE",
        6,
        &[
            ("version", 0, 1, Show::Bits { count: 4, behind: 4 }),
            ("type", 0, 1, Show::Bits { count: 4, behind: 0 }),
            ("code", 1, 1, Show::Hex),
            ("session", 2, 2, Show::Number),
            ("length", 4, 2, Show::Number),
        ],
    );
    part.ends(6 + part.number(4, 2));

    if is_session { Next::Ppp } else { Next::End }
}

/// Source: RFC 1661, sections 2 and 6.5.
pub(super) fn ppp(part: &mut Part<'_>) -> Next {
    let length = if part.number(0, 1) & 1 == 1 { 1 } else { 2 };
    part.read("PPP", length, &[("protocol", 0, length, Show::Hex)]);

    match part.number(0, length) {
        0x21 | 0x57 => Next::Ip,
        0x281 | 0x283 => Next::Named(0x8847),
        _ => Next::End,
    }
}

/// Source: IEEE 802.2, section 3.2; RFC 1042.
pub(super) fn llc(part: &mut Part<'_>) -> Next {
    let is_snap = part.number(0, 3) == 0x00aa_aa03;
    let access_points = [
        ("destination", 0, 1, Show::Hex),
        ("source", 1, 1, Show::Hex),
        ("control", 2, 1, Show::Hex),
    ];
    if !is_snap {
        part.read("LLC", 3, &access_points);
        return Next::End;
    }
    part.read("LLC/SNAP", 8, &access_points);
    part.show("organization", 3, 3, Show::Hex);
    part.show("type", 6, 2, Show::Named(names::ethertype));

    match (part.number(3, 3), part.number(6, 2)) {
        // RFC 1042; 802.1H has another organization.
        (0 | 0xf8, kind) if kind >= FIRST_TYPE => Next::Named(kind),
        _ => Next::End,
    }
}

/// Source: RFC 826.
fn arp(part: &mut Part<'_>) -> Next {
    let [hardware, protocol] =
        [part.number(4, 1), part.number(5, 1)].map(|it| usize::try_from(it).unwrap_or(0));
    let length = 8 + 2 * (hardware + protocol);
    part.read(
        "ARP",
        length,
        &[
            ("hardware type", 0, 2, Show::Number),
            ("protocol type", 2, 2, Show::Named(names::ethertype)),
            ("hardware length", 4, 1, Show::Number),
            ("protocol length", 5, 1, Show::Number),
            ("operation", 6, 2, Show::Named(names::arp)),
            ("sender", 8, hardware, Show::Mac),
            ("sender address", 8 + hardware, protocol, Show::Address),
            ("target", 8 + hardware + protocol, hardware, Show::Mac),
            ("target address", 8 + 2 * hardware + protocol, protocol, Show::Address),
        ],
    );
    part.ends(length as u64);

    Next::End
}
