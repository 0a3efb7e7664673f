//! What stands in the place of Ethernet in captures of other link types.

use shared::{Cast, Malformed};

use super::ip::Version;
use super::{Layers, Rules, link, number};
use crate::capture::{COOKED, COOKED_2, IPV4, IPV6, PPP, PPP_HDLC, PPP_WITH_DIRECTION, PPPD, RAW};

/// Returns the IP packet, to the end of what was captured; `None` where there is none.
pub(super) fn read<'a>(
    link: u16,
    bytes: &'a [u8],
    rules: &Rules,
    layers: &mut Layers,
) -> Option<(Version, &'a [u8])> {
    if link == RAW {
        let is_6 = bytes.first().is_some_and(|first| first >> 4 == 6);
        layers.network = Some(0);
        return Some((if is_6 { Version::V6 } else { Version::V4 }, bytes));
    }
    let header = match link {
        IPV4 => Some((0x0800, bytes)),
        IPV6 => Some((0x86dd, bytes)),
        COOKED => cooked(bytes, layers),
        COOKED_2 => cooked_2(bytes, layers),
        PPP_HDLC if matches!(bytes, [0x0f | 0x8f, ..]) => cisco(bytes),
        PPP | PPP_HDLC => ppp(bytes),
        PPPD => bytes.get(2..).and_then(protocol),
        PPP_WITH_DIRECTION => bytes.get(1..).and_then(ppp),
        other => panic!("the oracle does not read link type {other}"),
    };
    let Some((ethertype, rest)) = header else {
        layers.problems.push(Malformed::EthernetTruncated);
        return None;
    };

    link::behind(ethertype, rest, rules, layers)
}

/// Source: <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>.
fn cooked<'a>(bytes: &'a [u8], layers: &mut Layers) -> Option<(u16, &'a [u8])> {
    let (header, rest) = bytes.split_at_checked(16)?;
    layers.cast = cast(number(header, 0));

    Some((named(number(header, 2), number(header, 14)), rest))
}

/// Source: <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>.
fn cooked_2<'a>(bytes: &'a [u8], layers: &mut Layers) -> Option<(u16, &'a [u8])> {
    let (header, rest) = bytes.split_at_checked(20)?;
    layers.cast = cast(header[10].into());

    Some((named(number(header, 8), number(header, 0)), rest))
}

fn cast(packet_type: u16) -> Option<Cast> {
    match packet_type {
        1 => Some(Cast::Broadcast),
        2 => Some(Cast::Multicast),
        _ => None,
    }
}

/// Of Frame Relay, radiotap and netlink the protocol is no EtherType.
fn named(device: u16, protocol: u16) -> u16 {
    if matches!(device, 770 | 803 | 824) { 0 } else { protocol }
}

/// Source: RFC 1547, section 4.3.1.
fn cisco(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = bytes.split_at_checked(4)?;

    Some((number(header, 2), rest))
}

/// Source: RFC 1662, section 3.
fn ppp(bytes: &[u8]) -> Option<(u16, &[u8])> {
    protocol(bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes))
}

/// Source: RFC 1661, sections 2 and 6.5.
fn protocol(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (protocol, rest) = match bytes {
        [odd, rest @ ..] if odd & 1 == 1 => (u16::from(*odd), rest),
        [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        _ => return None,
    };
    let ethertype = match protocol {
        0x0021 => 0x0800,
        0x0057 => 0x86dd,
        0x0281 => 0x8847,
        0x0283 => 0x8848,
        _ => 0,
    };

    Some((ethertype, rest))
}
