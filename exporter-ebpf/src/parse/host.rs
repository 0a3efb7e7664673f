//! The parser on slices, for the host.

use shared::{Direction, Parsed};

use super::{Provenance, Start, parse};
use crate::packet::Packet;

/// Parses the bytes of one frame, which are all there are.
pub fn parse_bytes(frame: &[u8], direction: Direction) -> Parsed {
    #[expect(clippy::cast_possible_truncation, reason = "a frame is shorter than 4 GiB")]
    let full_length = || frame.len() as u32;

    parse_first_buffer(frame, direction, full_length)
}

/// Parses the bytes of a frame's first buffer; `full_length` returns the bytes of them all.
pub fn parse_first_buffer(
    bytes: &[u8],
    direction: Direction,
    full_length: impl Fn() -> u32,
) -> Parsed {
    parse_slice(bytes, Provenance::live(direction), full_length).meant()
}

/// Parses the bytes that a capture has of a frame of `wire_length` bytes. Fields without their
/// mark have no meaning.
#[inline(always)]
pub fn parse_captured(bytes: &[u8], start: Start, wire_length: u32) -> Parsed {
    parse_slice(bytes, Provenance::captured(start), || wire_length)
}

#[inline(always)]
fn parse_slice(bytes: &[u8], origin: Provenance, full_length: impl Fn() -> u32) -> Parsed {
    let start = bytes.as_ptr().expose_provenance();
    // SAFETY: the slice outlives the packet, which does not leave this function.
    let packet = unsafe { Packet::new(start, start + bytes.len()) };
    let mut parsed = Parsed::default();

    parse(packet, origin, full_length, &mut parsed);

    parsed
}
