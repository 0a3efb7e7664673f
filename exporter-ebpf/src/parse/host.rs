//! The parser on slices, for the host.

use shared::{Direction, Parsed, TunnelPorts};

use super::{Provenance, Start, Surroundings, parse};
use crate::packet::Packet;

/// The host, with a way to the full length of a frame.
struct Host<L> {
    full_length: L,
    tunnels: TunnelPorts,
}

impl<L: Fn() -> u32> Surroundings for Host<L> {
    #[inline(always)]
    fn full_length(&self) -> u32 {
        (self.full_length)()
    }

    #[inline(always)]
    fn tunnel_bounds(&self) -> [u16; 2] {
        self.tunnels.bounds()
    }

    #[inline(always)]
    fn tunnel_ports(&self) -> TunnelPorts {
        self.tunnels
    }
}

/// Parses the bytes of one frame, which are all there are, with tunnels on their usual ports.
pub fn parse_bytes(frame: &[u8], direction: Direction) -> Parsed {
    parse_live(frame, direction, TunnelPorts::USUAL)
}

/// Parses the bytes of one frame, which are all there are.
pub fn parse_live(frame: &[u8], direction: Direction, tunnels: TunnelPorts) -> Parsed {
    #[expect(clippy::cast_possible_truncation, reason = "a frame is shorter than 4 GiB")]
    let host = Host { full_length: || frame.len() as u32, tunnels };

    parse_slice(frame, Provenance::live(direction), host).meant()
}

/// Parses the bytes of a frame's first buffer; `full_length` returns the bytes of them all.
pub fn parse_first_buffer(
    bytes: &[u8],
    direction: Direction,
    full_length: impl Fn() -> u32,
) -> Parsed {
    let host = Host { full_length, tunnels: TunnelPorts::USUAL };

    parse_slice(bytes, Provenance::live(direction), host).meant()
}

/// Parses the bytes that a capture has of a frame of `wire_length` bytes. Fields without their
/// mark have no meaning.
#[inline(always)]
pub fn parse_captured(
    bytes: &[u8],
    start: Start,
    wire_length: u32,
    tunnels: TunnelPorts,
) -> Parsed {
    parse_slice(bytes, Provenance::captured(start), Host { full_length: || wire_length, tunnels })
}

#[inline(always)]
fn parse_slice(bytes: &[u8], origin: Provenance, host: impl Surroundings) -> Parsed {
    let start = bytes.as_ptr().expose_provenance();
    // SAFETY: the slice outlives the packet, which does not leave this function.
    let packet = unsafe { Packet::new(start, start + bytes.len()) };
    let mut parsed = Parsed::default();

    parse(packet, origin, host, &mut parsed);

    parsed
}
