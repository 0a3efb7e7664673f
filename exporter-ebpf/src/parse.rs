//! The parser: the fields of one frame, none of which is believed.
//!
//! One source for the kernel and the host. Each header is read once behind one check; lengths
//! are compared before use; every loop has a constant bound.

mod arp;
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

use core::sync::atomic::{Ordering, compiler_fence};

use shared::{Family, Malformed, Parsed, Protocol, Rare, cell};

use crate::packet::Packet;

pub use host::{parse_bytes, parse_captured, parse_first_buffer};
pub use origin::{Provenance, Start};

/// The longest frame that a device with the usual MTU of 1,500 receives: two VLAN tags and some
/// slack. A frame with more readable bytes may have further ones in other buffers.
const USUAL_FRAME: usize = 1536;

/// One frame on its way through the parser.
pub struct Frame<'a, L> {
    packet: Packet,
    origin: Provenance,
    /// Asks the kernel for the length of the frame with all its buffers; costs a call.
    full_length: L,
    out: &'a mut Parsed,
}

/// Parses one frame into `out`.
///
/// A malformed frame is in the cell of the deepest header that held and carries the reason of
/// the first check that failed. `full_length` is asked only where the frame may have more
/// bytes than can be read.
#[inline(always)]
pub fn parse<L: Fn() -> u32>(packet: Packet, origin: Provenance, full_length: L, out: &mut Parsed) {
    reset(out);
    let mut frame = Frame { packet, origin, full_length, out };
    #[expect(clippy::cast_possible_truncation, reason = "a packet is shorter than 4 GiB")]
    let readable = packet.readable() as u32;
    frame.out.length = readable;
    if packet.readable() > USUAL_FRAME || origin.is_captured {
        frame.out.length = (frame.full_length)();
    }

    // Each stage leaves in memory what the next one needs. So the verifier, which follows every
    // way through a stage, meets a single state behind it: 5,000 instructions instead of more
    // than a million. `None` ends the way through the frame.
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

/// Makes the compiler read back from memory what it wrote there.
#[inline(always)]
fn settle() {
    compiler_fence(Ordering::SeqCst);
}

/// Forgets the marks of the frame before; what has no mark has no meaning.
#[inline(always)]
fn reset(out: &mut Parsed) {
    out.rare = 0;
    out.has_ports = 0;
    out.has_tcp_flags = 0;
    out.has_more = 0;
    out.number = 0;
    out.version = 0;
    out.network_offset = 0;
    out.transport_offset = 0;
    out.cell = cell(Family::Other, Protocol::None);
}

impl<L: Fn() -> u32> Frame<'_, L> {
    /// Notes the first check that failed.
    #[inline(always)]
    fn malformed(&mut self, reason: Malformed) {
        if self.out.rare & Rare::MALFORMED == 0 {
            self.out.rare |= Rare::MALFORMED;
            self.out.malformed = reason as u8;
        }
    }

    /// Notes a failed check behind which nothing can be read.
    #[inline(always)]
    fn stop<T>(&mut self, reason: Malformed) -> Option<T> {
        self.malformed(reason);
        None
    }

    /// Asks for the length of a frame with no IP header whose claim would tell of further
    /// buffers: drivers may put less than a usual frame into the first one.
    #[inline(always)]
    fn unclaimed_length(&mut self) {
        if self.out.version == 0 || self.out.rare & Rare::MALFORMED != 0 {
            self.out.length = (self.full_length)();
        }
    }

    /// Follows the frame from where it begins to its network header.
    #[inline(always)]
    fn start(&mut self) -> Option<()> {
        match self.origin.start {
            Start::Ethernet => self.ethernet(),
            Start::Ip => {
                let is_ipv6 = self.packet.read::<u8>(0).is_some_and(|first| first >> 4 == 6);
                self.leads_to(if is_ipv6 { 6 } else { 4 }, 0);
                Some(())
            }
            Start::Named { ethertype, offset } => self.behind(ethertype.to_be(), offset),
        }
    }

    /// Follows the IP header that the link layer led to.
    #[inline(always)]
    fn network(&mut self) -> Option<()> {
        match self.out.version {
            4 => self.ipv4(self.network_offset()),
            6 => self.ipv6(self.network_offset()),
            _ => None,
        }
    }

    /// Returns the offset that the link layer left.
    #[inline(always)]
    fn network_offset(&self) -> usize {
        // Two tags and eight labels take 46 bytes. The mask shows this to the verifier.
        usize::from(self.out.network_offset & 0xff)
    }

    /// Leaves the offset of a network header for the next stage.
    #[inline(always)]
    fn leads_to(&mut self, version: u8, offset: usize) {
        self.out.version = version;
        self.out.network_offset = short(offset);
    }

    /// Reads the header at `offset`, or notes that the frame ends within it.
    #[inline(always)]
    fn header<H: zerocopy::FromBytes>(&mut self, offset: usize, cut: Malformed) -> Option<H> {
        match self.packet.read(offset) {
            None => self.stop(cut),
            header => header,
        }
    }

    /// Bytes of the frame behind `offset`, in all its buffers, when `claimed` of them are
    /// expected there.
    #[inline(always)]
    fn remaining(&mut self, offset: usize, claimed: usize) -> usize {
        if claimed > self.packet.readable() - offset {
            self.out.length = (self.full_length)();
        }

        (self.out.length as usize).saturating_sub(offset)
    }
}
