//! Headers of tunnels.

use super::Next;
use super::names;
use super::part::{Part, Show};

/// Source: RFC 2784, section 2.1; RFC 2890, section 2.
pub(super) fn gre(part: &mut Part<'_>) -> Next {
    let flags = part.number(0, 1);
    let (has_checksum, has_key, has_sequence) =
        (flags & 0x80 != 0, flags & 0x20 != 0, flags & 0x10 != 0);
    let length = 4 + 4 * [has_checksum, has_key, has_sequence].into_iter().filter(|it| *it).count();
    part.read(
        "GRE",
        length,
        &[
            (
                "flags",
                0,
                1,
                Show::Flags(&["", "", "", "", "sequence", "key", "routing", "checksum"]),
            ),
            ("version", 1, 1, Show::Bits { count: 3, behind: 0 }),
            ("protocol", 2, 2, Show::Named(names::ethertype)),
        ],
    );
    let mut at = 4;
    for (is_there, name, show) in [
        (has_checksum, "checksum", Show::Hex),
        (has_key, "key", Show::Hex),
        (has_sequence, "sequence number", Show::Number),
    ] {
        if is_there {
            part.show(name, at, if name == "checksum" { 2 } else { 4 }, show);
            at += 4;
        }
    }

    let version = part.number(1, 1) & 7;

    // Version 1 is that of PPTP.
    if version == 0 { Next::Named(part.number(2, 2)) } else { Next::End }
}

/// Source: RFC 7348, section 5.
pub(super) fn vxlan(part: &mut Part<'_>) -> Next {
    part.read("VXLAN", 8, &[("flags", 0, 1, Show::Hex), ("network", 4, 3, Show::Number)]);

    Next::Ethernet
}

/// Source: RFC 8926, section 3.4.
pub(super) fn geneve(part: &mut Part<'_>) -> Next {
    let options = (part.number(0, 1) & 0x3f) * 4;
    part.read(
        "Geneve",
        8 + usize::try_from(options).unwrap_or(0),
        &[
            ("version", 0, 1, Show::Bits { count: 2, behind: 6 }),
            ("options length", 0, 1, Show::Bits { count: 6, behind: 0 }),
            ("flags", 1, 1, Show::Flags(&["", "", "", "", "", "", "critical", "control"])),
            ("protocol", 2, 2, Show::Named(names::ethertype)),
            ("network", 4, 3, Show::Number),
        ],
    );

    Next::Named(part.number(2, 2))
}

/// Source: 3GPP TS 29.281, section 5.1.
pub(super) fn gtpu(part: &mut Part<'_>) -> Next {
    let has_more = part.number(0, 1) & 7 != 0;
    part.read(
        "GTP-U",
        if has_more { 12 } else { 8 },
        &[
            ("version", 0, 1, Show::Bits { count: 3, behind: 5 }),
            ("message type", 1, 1, Show::Number),
            ("length", 2, 2, Show::Number),
            ("tunnel", 4, 4, Show::Hex),
        ],
    );
    let has_extensions = part.number(0, 1) & 4 != 0 && part.number(11, 1) != 0;

    // 255 carries a packet.
    if part.number(1, 1) == 255 && !has_extensions { Next::Ip } else { Next::End }
}
