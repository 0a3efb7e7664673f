//! The parser: the fields of one frame, none of which is believed.
//!
//! One source for the kernel and the host. Each header is read once behind one check; lengths
//! are compared before use; every loop has a constant bound.

mod arp;
mod frame;
mod host;
mod icmp;
mod ipv4;
mod ipv6;
mod link;
mod mpls;
mod origin;
mod pppoe;
mod transport;
mod tunnel;

use shared::{Family, Parsed, Protocol, TunnelPorts, cell};

use crate::packet::Packet;
use crate::settle;
use frame::Frame;

pub use host::{parse_bytes, parse_captured, parse_first_buffer, parse_live};
pub use origin::{Provenance, Start};

/// The longest frame that a device with the usual MTU of 1,500 receives: two VLAN tags and some
/// slack. A frame with more readable bytes may have further ones in other buffers.
const USUAL_FRAME: u32 = 1536;

/// Where a frame is parsed. What is not in its bytes is read there, and only for the frames that
/// need it.
pub trait Surroundings {
    /// Returns the length of the frame with all its buffers; costs a call in the kernel.
    fn full_length(&self) -> u32;

    /// Returns [`TunnelPorts::bounds`], which is quick.
    fn tunnel_bounds(&self) -> [u16; 2];

    fn tunnel_ports(&self) -> TunnelPorts;
}

/// Parses one frame into `out`.
///
/// A malformed frame is in the cell of the deepest header that held and carries the reason of
/// the first check that failed. The full length is read only where the frame may have more
/// bytes than can be read.
#[inline(always)]
pub fn parse(packet: Packet, origin: Provenance, around: impl Surroundings, out: &mut Parsed) {
    let readable = packet.readable();
    reset(out, readable);
    let mut frame = Frame { packet, origin, around, out };
    if readable > USUAL_FRAME || origin.is_captured {
        frame.out.length = frame.around.full_length();
    }

    // Each stage leaves in memory what the next one needs. So the verifier, which follows every
    // way through a stage, meets a single state behind it: a whole program takes 7,400
    // instructions instead of more than a million. `None` ends the way through the frame.
    let _end = frame.start();
    settle();
    let _end = frame.network();
    settle();
    let _end = frame.transport();
    settle();
    frame.unclaimed_length();
}

/// Returns an offset in two bytes; header chains are bounded far below that.
#[expect(clippy::cast_possible_truncation, reason = "the longest chain takes 17 KiB")]
#[inline(always)]
const fn short(offset: usize) -> u16 {
    offset as u16
}

/// Marks a condition as one that nearly always holds, so that it is tested first.
#[cfg(target_arch = "bpf")]
#[inline(always)]
fn usually(condition: bool) -> bool {
    core::hint::likely(condition)
}

#[cfg(not(target_arch = "bpf"))]
#[inline(always)]
fn usually(condition: bool) -> bool {
    condition
}

/// Forgets the marks of the frame before; what has no mark has no meaning.
#[inline(always)]
fn reset(out: &mut Parsed, readable: u32) {
    out.rare = 0;
    out.has_ports = 0;
    out.has_tcp_flags = 0;
    out.has_more = 0;
    out.number = 0;
    out.version = 0;
    out.network_offset = 0;
    out.transport_offset = 0;
    out.cell = cell(Family::Other, Protocol::None);
    out.length = readable;
    out.readable = readable;
    out.end = u32::MAX;
}
