//! IPv4, IPv6 and its extension headers.

use super::Next;
use super::names;
use super::part::{Part, Show};

/// Reads IPv4 or IPv6, by the version in front.
pub(super) fn ip(part: &mut Part<'_>) -> Next {
    match part.number(0, 1) >> 4 {
        4 => ipv4(part),
        6 => ipv6(part),
        _ => Next::End,
    }
}

/// Source: RFC 791, section 3.1; RFC 2474, section 3; RFC 3168, section 5.
fn ipv4(part: &mut Part<'_>) -> Next {
    let length = (part.number(0, 1) & 15) * 4;
    let header = length.max(20);
    let total = part.number(2, 2);
    part.read(
        "IPv4",
        usize::try_from(header).unwrap_or(20),
        &[
            ("version", 0, 1, Show::Bits { count: 4, behind: 4 }),
            ("header length", 0, 1, Show::Bits { count: 4, behind: 0 }),
            ("DSCP", 1, 1, Show::Bits { count: 6, behind: 2 }),
            ("ECN", 1, 1, Show::Bits { count: 2, behind: 0 }),
            ("total length", 2, 2, Show::Number),
            ("identification", 4, 2, Show::Hex),
            (
                "flags",
                6,
                1,
                Show::Flags(&["", "", "", "", "", "more fragments", "do not fragment", "reserved"]),
            ),
            ("fragment offset", 6, 2, Show::Bits { count: 13, behind: 0 }),
            ("time to live", 8, 1, Show::Number),
            ("protocol", 9, 1, Show::Named(names::protocol)),
            ("checksum", 10, 2, Show::Hex),
            ("source", 12, 4, Show::Address),
            ("destination", 16, 4, Show::Address),
        ],
    );
    options(part, 20, header, names::ipv4_option);
    // 0 is the length of a packet that a device cuts into segments.
    if total >= header {
        part.ends(total);
    }

    let is_later = part.number(6, 2) & 0x1fff != 0;
    if is_later || length < 20 { Next::End } else { Next::Protocol(part.number(9, 1)) }
}

/// Source: RFC 8200, section 3.
fn ipv6(part: &mut Part<'_>) -> Next {
    let payload = part.number(4, 2);
    part.read(
        "IPv6",
        40,
        &[
            ("version", 0, 1, Show::Bits { count: 4, behind: 4 }),
            ("DSCP", 0, 2, Show::Bits { count: 6, behind: 6 }),
            ("ECN", 0, 2, Show::Bits { count: 2, behind: 4 }),
            ("flow label", 0, 4, Show::Bits { count: 20, behind: 0 }),
            ("payload length", 4, 2, Show::Number),
            ("next header", 6, 1, Show::Named(names::protocol)),
            ("hop limit", 7, 1, Show::Number),
            ("source", 8, 16, Show::Address),
            ("destination", 24, 16, Show::Address),
        ],
    );
    // 0 is the length of a jumbogram.
    if payload > 0 {
        part.ends(40 + payload);
    }

    Next::Protocol(part.number(6, 1))
}

/// Reads an extension header. Source: RFC 8200, sections 4.3 to 4.6.
pub(super) fn extension(part: &mut Part<'_>, number: u64) -> Next {
    let (name, has_options) = match number {
        0 => ("Hop-by-hop options", true),
        43 => ("Routing", false),
        60 => ("Destination options", true),
        135 => ("Mobility", false),
        139 => ("HIP", false),
        _ => ("Shim6", false),
    };
    let length = (part.number(1, 1) + 1) * 8;
    part.read(
        name,
        usize::try_from(length).unwrap_or(8),
        &[("next header", 0, 1, Show::Named(names::protocol)), ("length", 1, 1, Show::Number)],
    );
    if number == 43 {
        part.show("type", 2, 1, Show::Number);
        part.show("segments left", 3, 1, Show::Number);
    }
    if has_options {
        options(part, 2, length, names::ipv6_option);
    }

    Next::Protocol(part.number(0, 1))
}

/// Source: RFC 8200, section 4.5.
pub(super) fn fragment(part: &mut Part<'_>) -> Next {
    part.read(
        "Fragment",
        8,
        &[
            ("next header", 0, 1, Show::Named(names::protocol)),
            ("offset", 2, 2, Show::Bits { count: 13, behind: 3 }),
            ("more fragments", 2, 2, Show::Bits { count: 1, behind: 0 }),
            ("identification", 4, 4, Show::Hex),
        ],
    );
    let is_later = part.number(2, 2) >> 3 != 0;

    if is_later { Next::End } else { Next::Protocol(part.number(0, 1)) }
}

/// Source: RFC 4302, section 2.
pub(super) fn authentication(part: &mut Part<'_>) -> Next {
    let length = (part.number(1, 1) + 2) * 4;
    part.read(
        "AH",
        usize::try_from(length.max(12)).unwrap_or(12),
        &[
            ("next header", 0, 1, Show::Named(names::protocol)),
            ("length", 1, 1, Show::Number),
            ("security parameters index", 4, 4, Show::Hex),
            ("sequence number", 8, 4, Show::Number),
        ],
    );

    Next::Protocol(part.number(0, 1))
}

/// Reads options of one byte of kind and one of length. Kinds 0 and 1 are a byte alone, but in IPv6,
/// where only 0 is. Their lengths count the two bytes, but in IPv6.
pub(super) fn options(part: &mut Part<'_>, from: u64, to: u64, name: fn(u8) -> &'static str) {
    let is_ipv6 = name(194) != "option";
    let to = usize::try_from(to).unwrap_or(usize::MAX);
    let mut at = usize::try_from(from).unwrap_or(usize::MAX);
    while let [kind, rest @ ..] = part.bytes(at, to) {
        let length = match (kind, rest) {
            (0, _) => 1,
            (1, _) if !is_ipv6 => 1,
            (_, [length, ..]) if is_ipv6 => 2 + usize::from(*length),
            (_, [length, ..]) => usize::from(*length),
            (_, []) => 0,
        };
        let is_padding = *kind <= 1;
        // One that cannot be ends all of them.
        if length == 0 || !is_padding && length < 2 || length > rest.len() + 1 {
            return;
        }
        if !is_padding {
            let value = option_value(*kind, &rest[1..length - 1]);
            part.add(name(*kind), at, length, value);
        }
        if *kind == 0 && !is_ipv6 {
            return;
        }
        at += length;
    }
}

fn option_value(kind: u8, value: &[u8]) -> String {
    let shown = match value.len() {
        0 => "empty".into(),
        1..=4 => Show::Number.value(value),
        _ => Show::Hex.value(value),
    };

    format!("{shown} (kind {kind})")
}
