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

use shared::{Family, Malformed, Parsed, Protocol, Rare, TunnelPorts, cell};

use crate::packet::Packet;

pub use host::{parse_bytes, parse_captured, parse_first_buffer, parse_live};
pub use origin::{Provenance, Start};

/// The longest frame that a device with the usual MTU of 1,500 receives: two VLAN tags and some
/// slack. A frame with more readable bytes may have further ones in other buffers.
const USUAL_FRAME: usize = 1536;

/// Where a frame is parsed. What is not in its bytes is read there, and only for the frames that
/// need it.
pub trait Surroundings {
    /// Returns the length of the frame with all its buffers; costs a call in the kernel.
    fn full_length(&self) -> u32;

    fn tunnel_ports(&self) -> TunnelPorts;
}

/// One frame on its way through the parser.
pub struct Frame<'a, S> {
    packet: Packet,
    /// Bytes that can be read and belong to the frame: behind the end that PPPoE or LLC states lies
    /// padding.
    readable: usize,
    /// Where that end is, in bytes from the start of the frame; far away where nothing states one.
    end: usize,
    origin: Provenance,
    around: S,
    out: &'a mut Parsed,
}

/// Parses one frame into `out`.
///
/// A malformed frame is in the cell of the deepest header that held and carries the reason of
/// the first check that failed. The full length is read only where the frame may have more
/// bytes than can be read.
#[inline(always)]
pub fn parse(packet: Packet, origin: Provenance, around: impl Surroundings, out: &mut Parsed) {
    reset(out);
    let readable = packet.readable();
    let mut frame = Frame { packet, readable, end: usize::MAX, origin, around, out };
    #[expect(clippy::cast_possible_truncation, reason = "a packet is shorter than 4 GiB")]
    let length = readable as u32;
    frame.out.length = length;
    if readable > USUAL_FRAME || origin.is_captured {
        frame.out.length = frame.around.full_length();
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

impl<S: Surroundings> Frame<'_, S> {
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
            self.out.length = self.around.full_length();
        }
    }

    /// Follows the frame from where it begins to its network header.
    #[inline(always)]
    fn start(&mut self) -> Option<()> {
        match self.origin.start {
            Start::Ethernet | Start::NamedIf { is_named: false, .. } => self.ethernet(),
            Start::Ip => {
                let is_ipv6 = self.packet.read::<u8>(0).is_some_and(|first| first >> 4 == 6);
                self.leads_to(if is_ipv6 { 6 } else { 4 }, 0);
                Some(())
            }
            Start::Named { ethertype, offset }
            | Start::NamedIf { is_named: true, ethertype, offset } => {
                self.behind(ethertype.to_be(), offset)
            }
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

    /// Leaves the offset of a network header that ends at `end`, with what it carries.
    #[inline(always)]
    fn leads_within(&mut self, version: u8, offset: usize, end: usize) -> Option<()> {
        let (length, cut) = if version == 4 {
            (ipv4::LENGTH, Malformed::Ipv4Truncated)
        } else {
            (ipv6::LENGTH, Malformed::Ipv6Truncated)
        };
        self.ends_at(end);
        if offset + length > end {
            self.out.network_offset = short(offset);
            return self.stop(cut);
        }
        self.leads_to(version, offset);

        Some(())
    }

    /// Takes what lies behind `end` for padding. A header that is read from now on has to be compared
    /// with that end first.
    #[inline(always)]
    fn ends_at(&mut self, end: usize) {
        self.end = end;
        self.readable = self.readable.min(end);
    }

    /// Reads the header at `offset`, or notes that the frame ends within it.
    #[inline(always)]
    fn header<H: zerocopy::FromBytes>(&mut self, offset: usize, cut: Malformed) -> Option<H> {
        match self.packet.read(offset) {
            None => self.stop(cut),
            header => header,
        }
    }

    /// Bytes of the frame behind `offset`, in all its buffers and without padding, when `claimed` of
    /// them are expected there.
    #[inline(always)]
    fn remaining(&mut self, offset: usize, claimed: usize) -> usize {
        if claimed > self.readable - offset {
            self.out.length = self.around.full_length();
        }

        (self.out.length as usize).min(self.end).saturating_sub(offset)
    }
}
