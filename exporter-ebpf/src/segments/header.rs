//! The headers that every segment of a merged frame repeats.

use shared::{Encapsulation, Parsed, Rare, number};

use crate::packet::Packet;
use crate::settle;

const UDP_LENGTH: usize = 8;
/// Source: RFC 9260, section 3.1.
const SCTP_LENGTH: usize = 12;
/// VXLAN and Geneve without options. Source: RFC 7348, section 5; RFC 8926, section 3.4.
const TUNNEL_LENGTH: usize = 8;
/// Where a TCP header has its length. Source: RFC 9293, section 3.1.
const TCP_DATA_OFFSET: usize = 12;
const ETHERNET_LENGTH: usize = 14;
/// What GRE and Geneve name an Ethernet frame. Source: IANA "IEEE 802 Numbers".
const BRIDGED: u16 = 0x6558;
/// Extensions take 16 KiB at the most. The mask shows this to the verifier.
const OFFSETS: u32 = 0x7fff;

/// Leaves in `parsed.length` the bytes of all headers of a merged frame, from its first byte on: down
/// to the innermost TCP, UDP or SCTP header, behind one tunnel at the most. Of what is deeper only the
/// headers up to there are known.
///
/// In memory, because the verifier then meets one state behind all ways through this.
#[inline(always)]
pub fn repeated(packet: Packet, parsed: &mut Parsed) {
    let transport = u32::from(parsed.transport_offset) & OFFSETS;
    // Of a frame without a transport header nothing is known that its segments repeat.
    let has_transport = transport != 0;
    let mut found =
        if has_transport { of_transport(packet, transport as usize, parsed.number) } else { None };
    if has_transport
        && parsed.rare & Rare::ENCAPSULATION != 0
        && let Some(inner) = inner_ip(packet, transport as usize, parsed)
    {
        parsed.length = short(inner);
        settle();
        found = of_ip(packet, (parsed.length & OFFSETS) as usize).or(found);
    }
    parsed.length = found.map_or(transport, short);
}

/// Returns where a transport header ends.
#[inline(always)]
fn of_transport(packet: Packet, offset: usize, protocol: u8) -> Option<usize> {
    match protocol {
        number::TCP => {
            let data_offset = packet.read::<u8>(offset + TCP_DATA_OFFSET)?;
            Some(offset + usize::from(data_offset >> 4) * 4)
        }
        number::UDP => Some(offset + UDP_LENGTH),
        number::SCTP => Some(offset + SCTP_LENGTH),
        _ => None,
    }
}

/// Returns where the transport header behind an inner IP header ends. Options are followed,
/// extensions are not.
#[inline(always)]
fn of_ip(packet: Packet, offset: usize) -> Option<usize> {
    const IPV4_PROTOCOL: usize = 9;
    const IPV6_NEXT_HEADER: usize = 6;
    const IPV6_LENGTH: usize = 40;
    let version_ihl = packet.read::<u8>(offset)?;
    if version_ihl >> 4 == 4 {
        let protocol = packet.read::<u8>(offset + IPV4_PROTOCOL)?;
        return of_transport(packet, offset + usize::from(version_ihl & 0x0f) * 4, protocol);
    }
    let next_header = packet.read::<u8>(offset + IPV6_NEXT_HEADER)?;

    of_transport(packet, offset + IPV6_LENGTH, next_header)
}

/// Returns where the IP header inside of a tunnel begins.
#[inline(always)]
fn inner_ip(packet: Packet, transport: usize, parsed: &Parsed) -> Option<usize> {
    const VXLAN: u8 = Encapsulation::Vxlan as u8;
    const GENEVE: u8 = Encapsulation::Geneve as u8;
    const GRE: u8 = Encapsulation::Gre as u8;
    const IPIP: u8 = Encapsulation::Ipip as u8;
    let behind_udp = transport + UDP_LENGTH;

    match parsed.encapsulation {
        VXLAN => Some(behind_udp + TUNNEL_LENGTH + ETHERNET_LENGTH),
        GENEVE => {
            let [options, _, high, low] = packet.read::<[u8; 4]>(behind_udp)?;
            let behind = behind_udp + TUNNEL_LENGTH + usize::from(options & 0x3f) * 4;
            Some(behind_protocol(behind, [high, low]))
        }
        GRE => {
            let [flags, _version, high, low] = packet.read::<[u8; 4]>(transport)?;
            // Checksum, key and sequence number. Source: RFC 2784, 2.1; RFC 2890, section 2.
            let fields = (flags >> 7 & 1) + (flags >> 5 & 1) + (flags >> 4 & 1);
            Some(behind_protocol(transport + 4 + usize::from(fields) * 4, [high, low]))
        }
        IPIP => Some(transport),
        _ => None,
    }
}

/// Returns where IP begins in what a tunnel carries.
#[inline(always)]
fn behind_protocol(offset: usize, protocol: [u8; 2]) -> usize {
    if u16::from_be_bytes(protocol) == BRIDGED { offset + ETHERNET_LENGTH } else { offset }
}

#[expect(clippy::cast_possible_truncation, reason = "headers take less than 64 KiB")]
#[inline(always)]
const fn short(offset: usize) -> u32 {
    offset as u32
}

#[cfg(test)]
mod tests;
