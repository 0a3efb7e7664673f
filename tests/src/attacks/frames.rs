//! Frames of attacks, from the Ethernet header on.

use std::net::Ipv4Addr;

use super::Way;
use super::list::Frames;
use crate::senders::checksum;

const UDP: u8 = 17;
const TCP: u8 = 6;
const NTP: u16 = 123;
const HTTPS: u16 = 443;
const DISCARD: u16 = 9;
const SMB: u16 = 445;
/// Flags of TCP. Source: RFC 9293, section 3.1.
const SYN: u8 = 2;
const ACK: u8 = 16;
/// Source: RFC 5737.
const SERVERS: u32 = 0xc633_6400;
/// An address that nobody here has, so that neither SYN-ACK nor RST comes back. Source: RFC 5737.
const NOBODY: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
/// Source: RFC 1918.
const ANYBODY: u32 = 0x0a00_0000;

/// Returns a frame of an attack; `number` counts them.
pub(super) fn frame(kind: Frames, number: u32, way: &Way) -> Vec<u8> {
    match kind {
        Frames::Answers => {
            let source = (SERVERS + 1 + number % 200).into();
            let answer = datagram([NTP, 40_000], 1300);
            whole(way.to_device, &ipv4(UDP, [source, way.to], &answer))
        }
        Frames::Malformed => whole(way.to_device, &malformed(number, way)),
        Frames::Broadcast => {
            let ends = [way.from, Ipv4Addr::BROADCAST];
            whole([0xff; 6], &ipv4(UDP, ends, &datagram([40_000, DISCARD], 64)))
        }
        Frames::SynsAmidAcks { acks } => {
            let (source, flags) = match number % (acks + 1) {
                0 => (anybody(number, 1 << 24), SYN),
                _ => ((SERVERS + 1 + number % 200).into(), ACK),
            };
            whole(way.to_device, &ipv4(TCP, [source, NOBODY], &segment(HTTPS, flags)))
        }
        Frames::Syns => whole(way.to_device, &ipv4(TCP, [way.from, NOBODY], &segment(HTTPS, SYN))),
        Frames::Sweep => {
            let ends = [way.from, anybody(number, 1 << 24)];
            whole(way.to_device, &ipv4(TCP, ends, &segment(SMB, SYN)))
        }
        Frames::Datagrams { sources } => {
            let source = match sources {
                0 => way.from,
                some => anybody(number, some),
            };
            let datagram = datagram([40_000, HTTPS], 32);
            whole(way.to_device, &ipv4(UDP, [source, way.to], &datagram))
        }
    }
}

/// Returns one of so many addresses.
fn anybody(number: u32, of: u32) -> Ipv4Addr {
    // The low bits of a product repeat soon.
    (ANYBODY + 1 + (number.wrapping_mul(2_654_435_769) >> 8) % of).into()
}

/// Returns a packet that is broken in one of four ways.
fn malformed(number: u32, way: &Way) -> Vec<u8> {
    let ends = [way.from, way.to];
    let mut packet = ipv4(UDP, ends, &datagram([40_000, DISCARD], 32));
    match number % 4 {
        // A header of 12 bytes.
        0 => packet[0] = 0x43,
        // Longer than the frame.
        1 => packet[2..4].copy_from_slice(&1200_u16.to_be_bytes()),
        // Cut off within the header.
        2 => packet.truncate(10),
        // An ACK of TCP whose header has 8 bytes.
        _ => {
            let mut segment = segment(80, ACK);
            segment[12] = 2 << 4;
            packet = ipv4(TCP, ends, &segment);
        }
    }

    packet
}

fn datagram([from, to]: [u16; 2], length: u16) -> Vec<u8> {
    let header = [from, to, 8 + length, 0].map(u16::to_be_bytes);

    [header.as_flattened(), &vec![0; length.into()]].concat()
}

/// Source: RFC 9293, section 3.1.
fn segment(to: u16, flags: u8) -> [u8; 20] {
    let mut segment = [0; 20];
    segment[..4].copy_from_slice([40_000, to].map(u16::to_be_bytes).as_flattened());
    segment[12..14].copy_from_slice(&[5 << 4, flags]);

    segment
}

/// Source: RFC 791, section 3.1.
fn ipv4(protocol: u8, ends: [Ipv4Addr; 2], payload: &[u8]) -> Vec<u8> {
    const TTL: u8 = 64;
    let length = u16::try_from(20 + payload.len()).expect("a packet");
    let mut header = [0; 20];
    header[0] = 0x45;
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[8..10].copy_from_slice(&[TTL, protocol]);
    header[12..].copy_from_slice(ends.map(|end| end.octets()).as_flattened());
    let checksum = checksum(&header);
    header[10..12].copy_from_slice(&checksum.to_be_bytes());

    [&header, payload].concat()
}

/// Puts the Ethernet header before a packet of IPv4.
fn whole(to: [u8; 6], packet: &[u8]) -> Vec<u8> {
    [&to[..], &[2, 0, 0, 0, 0, 9], &[8, 0], packet].concat()
}
