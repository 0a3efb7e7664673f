//! IPv4, IPv6 and its extension headers.

use std::net::{Ipv4Addr, Ipv6Addr};

use shared::{FragmentPosition, Malformed};

use super::{Ip, Layers, PacketEnds, Rules, number};

const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
/// More than a length field of sixteen bits can say. Source: RFC 2675, section 2.
const JUMBO: usize = 65_536;

/// The version that the header below names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

/// A fragment's place in its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// In units of eight bytes.
    pub offset: u16,
    pub more: bool,
}

impl Fragment {
    /// The whole of a datagram, which some senders mark (RFC 6946), is no fragment.
    fn of(offset: u16, more: bool) -> Option<Self> {
        (offset != 0 || more).then_some(Self { offset, more })
    }

    pub const fn position(self) -> FragmentPosition {
        match (self.offset, self.more) {
            (0, _) => FragmentPosition::First,
            (_, true) => FragmentPosition::Middle,
            (_, false) => FragmentPosition::Last,
        }
    }
}

/// Where the bytes behind the IP headers begin and end in the frame.
pub(super) struct Ends {
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Reads the IP headers at the start of `packet`, which lasts to the end of what was captured of it.
///
/// Returns the bytes behind them; `None` where there are none to be read.
pub(super) fn read(
    version: Version,
    packet: &[u8],
    rules: &Rules,
    layers: &mut Layers,
) -> Option<Ends> {
    let offset = layers.network.expect("the place of the packet");
    let (ip, ends) = match version {
        Version::V4 => v4(packet, rules, layers)?,
        Version::V6 => v6(packet, rules, layers)?,
    };
    let has_transport =
        ip.protocol.is_some() && ip.fragment.is_none_or(|fragment| fragment.offset == 0);
    layers.ip = Some(ip);

    has_transport.then_some(Ends { begin: offset + ends.begin, end: offset + ends.end })
}

/// Source: RFC 791, section 3.1.
fn v4(packet: &[u8], rules: &Rules, layers: &mut Layers) -> Option<(Ip, Ends)> {
    let on_the_wire = packet.len() + layers.missing;
    let problems = &mut layers.problems;
    let header_length = packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
    let problem = match packet.len() {
        0..20 => Some(Malformed::Ipv4Truncated),
        _ if packet[0] >> 4 != 4 => Some(Malformed::Ipv4Version),
        _ if header_length < 20 => Some(Malformed::Ipv4HeaderLength),
        left if header_length > left => Some(Malformed::Ipv4OptionsTruncated),
        _ => None,
    };
    if let Some(problem) = problem {
        problems.push(problem);
        return None;
    }

    let claimed = match usize::from(number(packet, 2)) {
        0 if on_the_wire >= JUMBO || is_offloaded(packet[9], rules) => on_the_wire,
        claimed => claimed,
    };
    let is_short = claimed < header_length;
    let is_long = claimed > on_the_wire;
    problems.extend(is_short.then_some(Malformed::Ipv4TotalLengthShort));
    problems.extend(is_long.then_some(Malformed::Ipv4TotalLengthLong));
    let is_believed = rules.packet_ends != PacketEnds::WithTheFrame && !is_short && !is_long;
    let end = if is_believed { claimed } else { on_the_wire };

    let octets = |at: usize| <[u8; 4]>::try_from(&packet[at..at + 4]).expect("four bytes");
    let flags = number(packet, 6);
    let ip = Ip {
        source: Ipv4Addr::from(octets(12)).into(),
        destination: Ipv4Addr::from(octets(16)).into(),
        options: header_length > 20,
        first: packet[9],
        extensions: Vec::new(),
        protocol: Some(packet[9]),
        fragment: Fragment::of(flags & 0x1fff, flags & 0x2000 != 0),
    };

    Some((ip, Ends { begin: header_length, end }))
}

/// Source: RFC 8200, section 3.
fn v6(packet: &[u8], rules: &Rules, layers: &mut Layers) -> Option<(Ip, Ends)> {
    let on_the_wire = packet.len() + layers.missing;
    let problems = &mut layers.problems;
    let problem = match packet.len() {
        0..40 => Some(Malformed::Ipv6Truncated),
        _ if packet[0] >> 4 != 6 => Some(Malformed::Ipv6Version),
        _ => None,
    };
    if let Some(problem) = problem {
        problems.push(problem);
        return None;
    }

    let left = on_the_wire - 40;
    let claimed = match (usize::from(number(packet, 4)), jumbo(packet)) {
        (0, Some(jumbo)) if jumbo >= JUMBO => jumbo,
        (0, _) if left >= JUMBO || is_offloaded(packet[6], rules) => left,
        (claimed, _) => claimed,
    };
    let is_long = claimed > left;
    problems.extend(is_long.then_some(Malformed::Ipv6PayloadLengthLong));
    let is_believed = rules.packet_ends != PacketEnds::WithTheFrame && !is_long;
    // A jumbogram in what is too short for one is as empty as its header says.
    let is_empty = is_long && number(packet, 4) == 0 && left < JUMBO;
    let end = match is_believed {
        true => 40 + claimed,
        false if is_empty && rules.packet_ends != PacketEnds::WithTheFrame => 40,
        false => on_the_wire,
    };

    let octets = |at: usize| <[u8; 16]>::try_from(&packet[at..at + 16]).expect("16 bytes");
    let mut ip = Ip {
        source: Ipv6Addr::from(octets(8)).into(),
        destination: Ipv6Addr::from(octets(24)).into(),
        options: false,
        first: packet[6],
        extensions: Vec::new(),
        protocol: None,
        fragment: None,
    };
    let begin = walk(&mut ip, &packet[..end.min(packet.len())], rules, problems);

    Some((ip, Ends { begin, end }))
}

/// Returns the length that the only option of the first header has. Source: RFC 2675, section 2.
fn jumbo(packet: &[u8]) -> Option<usize> {
    let length = match packet.get(40..48)? {
        [_, _, 0xc2, 4, length @ ..] if packet[6] == 0 => length,
        _ => return None,
    };

    Some(u32::from_be_bytes(length.try_into().ok()?) as usize)
}

/// Source: `ip_print` in print-ip.c of tcpdump.
fn is_offloaded(protocol: u8, rules: &Rules) -> bool {
    rules.packet_ends == PacketEnds::AsClaimedOrOffloaded && matches!(protocol, 6 | 17)
}

/// Follows the extension headers and returns the place behind them. Source: RFC 8200, section 4.
fn walk(ip: &mut Ip, packet: &[u8], rules: &Rules, problems: &mut Vec<Malformed>) -> usize {
    let mut next = ip.first;
    let mut at = 40;

    while rules.extensions.contains(&next) {
        if ip.extensions.len() == rules.extension_limit {
            if rules.extensions_are_checked {
                problems.push(Malformed::Ipv6TooManyExtensions);
                return at;
            }
            break;
        }
        let header = packet.get(at..).unwrap_or_default();
        let length = match (next, header.get(1).copied().map(usize::from)) {
            (FRAGMENT, _) | (_, None) => 8,
            (AUTHENTICATION, Some(words)) => (words + 2) * 4,
            (_, Some(units)) => (units + 1) * 8,
        };
        let needed = if rules.extensions_are_checked { length } else { 8 };
        if header.len() < needed {
            problems.push(Malformed::Ipv6ExtensionTruncated);
            return at;
        }

        ip.extensions.push(next);
        let is_fragment = next == FRAGMENT;
        next = header[0];
        at += length;
        if is_fragment {
            let flags = number(header, 2);
            ip.fragment = Fragment::of(flags >> 3, flags & 1 != 0).or(ip.fragment);
            if flags >> 3 != 0 {
                break;
            }
        }
    }
    ip.protocol = Some(next);

    at
}
