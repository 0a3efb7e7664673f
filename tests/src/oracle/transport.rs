//! What lies behind IP: ports, flags, types, tunnels over UDP, and whether lengths fit.

use shared::{Encapsulation, Malformed};

use super::ip::Ends;
use super::{Layers, Transport, number};

/// Bytes that a length field of sixteen bits cannot count. Source: RFC 2675, section 4.
const JUMBO: usize = 65_536;

/// Reads the transport header of a packet whose IP header held.
pub(super) fn read(frame: &[u8], Ends { begin, end }: Ends, layers: &mut Layers) {
    let Some(ip) = &layers.ip else { return };
    let Some(protocol) = ip.protocol else { return };
    // Extension headers may reach beyond the packet's end; then nothing is left of it.
    let bytes = frame.get(begin..end.min(frame.len())).unwrap_or_default();
    let length = end.saturating_sub(begin);
    let is_v6 = ip.source.is_ipv6();
    let goes_on = ip.fragment.is_some();
    // All headers of IPv6 are in the first fragment. Source: RFC 7112, section 5.
    let header_goes_on = goes_on && !is_v6;
    let is_icmp = matches!((protocol, is_v6), (1, false) | (58, true));
    let has_ports = matches!(protocol, 6 | 17 | 33 | 132 | 136);

    let mut transport = Transport { offset: begin, length: bytes.len(), ..Transport::default() };
    if has_ports && bytes.len() >= 4 {
        transport.ports = Some((number(bytes, 0), number(bytes, 2)));
    }
    if protocol == 6 {
        transport.tcp_flags = bytes.get(13).copied();
        transport.tcp_words = bytes.get(12).map(|byte| byte >> 4);
    }
    if is_icmp {
        transport.icmp_type = bytes.first().copied();
    }
    if protocol == 17 {
        transport.tunnel = tunnel(bytes);
    }

    let problem = match protocol {
        6 => tcp(bytes, length, header_goes_on),
        17 => udp(bytes, length, is_v6, goes_on),
        136 => udplite(bytes, length, goes_on),
        132 => cut(bytes, length, 12, header_goes_on).then_some(Malformed::SctpTruncated),
        33 => dccp(bytes, length, header_goes_on),
        1 if is_icmp => (bytes.len() < 8).then_some(Malformed::IcmpTruncated),
        58 if is_icmp => (bytes.len() < 4).then_some(Malformed::Icmpv6Truncated),
        _ => None,
    };
    layers.problems.extend(problem);
    layers.transport = Some(transport);
}

/// Returns whether a header of `needed` bytes is cut. Its rest may be in the next fragment, but its
/// ports never are: a fragment has eight bytes. Source: RFC 791, section 3.2.
fn cut(bytes: &[u8], length: usize, needed: usize, goes_on: bool) -> bool {
    let is_in_the_next = goes_on && length < needed && bytes.len() >= 4;

    bytes.len() < needed && !is_in_the_next
}

/// Source: RFC 9293, section 3.1.
fn tcp(bytes: &[u8], length: usize, goes_on: bool) -> Option<Malformed> {
    if cut(bytes, length, 20, goes_on) {
        return Some(Malformed::TcpTruncated);
    }
    let header_length = usize::from(bytes.get(..20)?[12] >> 4) * 4;
    let is_beyond = header_length > length && !goes_on;

    (header_length < 20 || is_beyond).then_some(Malformed::TcpDataOffset)
}

/// Source: RFC 768; RFC 2675, section 4, for the length 0.
fn udp(bytes: &[u8], length: usize, is_v6: bool, goes_on: bool) -> Option<Malformed> {
    let Some(header) = bytes.get(..8) else { return Some(Malformed::UdpTruncated) };

    let fits = match usize::from(number(header, 4)) {
        0 => is_v6 && length >= JUMBO,
        1..8 => false,
        claimed => goes_on || claimed <= length,
    };

    (!fits).then_some(Malformed::UdpLength)
}

/// Source: RFC 3828, section 3.1.
fn udplite(bytes: &[u8], length: usize, goes_on: bool) -> Option<Malformed> {
    let Some(header) = bytes.get(..8) else { return Some(Malformed::UdpLiteTruncated) };

    let fits = match usize::from(number(header, 4)) {
        0 => true,
        1..8 => false,
        coverage => goes_on || coverage <= length,
    };

    (!fits).then_some(Malformed::UdpLiteCoverage)
}

/// Source: RFC 4340, section 5.1.
fn dccp(bytes: &[u8], length: usize, goes_on: bool) -> Option<Malformed> {
    let is_extended = bytes.get(8).is_some_and(|byte| byte & 1 == 1);
    let least = if is_extended { 16 } else { 12 };
    if cut(bytes, length, least, goes_on) {
        return Some(Malformed::DccpTruncated);
    }
    let header_length = usize::from(bytes.get(..least)?[4]) * 4;
    let is_beyond = header_length > length && !goes_on;

    (header_length < least || is_beyond).then_some(Malformed::DccpDataOffset)
}

/// Source: RFC 7348, section 5; vxlan_core.c of Linux; RFC 8926, section 3.4; 3GPP TS 29.281,
/// sections 5.1 and 7.
fn tunnel(bytes: &[u8]) -> Option<Encapsulation> {
    let inner = bytes.get(8..).filter(|inner| inner.len() >= 8)?;

    match number(bytes, 2) {
        4789 | 8472 if inner[0] & 0x08 != 0 => Some(Encapsulation::Vxlan),
        6081 if inner[0] >> 6 == 0 => Some(Encapsulation::Geneve),
        2152 if inner[0] & 0xf0 == 0x30 && inner[1] == 255 => Some(Encapsulation::Gtpu),
        _ => None,
    }
}
