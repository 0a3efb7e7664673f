//! The parser: what one frame says about itself, with no header field believed.
//!
//! One source for the kernel and the host. Each header is read once behind one check; lengths
//! are compared before use; every loop has a constant bound.

mod arp;
mod icmp;
mod ipv4;
mod ipv6;
mod link;
mod mpls;
mod pppoe;
mod transport;
mod tunnel;

use core::sync::atomic::{Ordering, compiler_fence};

use shared::{Direction, Family, Malformed, Parsed, Protocol, Rare, cell};

use crate::packet::Packet;

/// The longest frame that a device with the usual MTU of 1,500 receives: two VLAN tags and some
/// slack. A frame with more readable bytes may have further ones in other buffers.
const USUAL_FRAME: usize = 1536;

/// What is known of a frame that is not in its bytes.
#[derive(Clone, Copy)]
pub struct Origin {
    pub direction: Direction,
    /// The outermost VLAN tag is beside the bytes, where the device will put it in.
    pub tag_aside: bool,
}

impl From<Direction> for Origin {
    #[inline(always)]
    fn from(direction: Direction) -> Self {
        Self { direction, tag_aside: false }
    }
}

/// One frame on its way through the parser.
pub struct Frame<'a, L> {
    packet: Packet,
    origin: Origin,
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
pub fn parse<L: Fn() -> u32>(packet: Packet, origin: Origin, full_length: L, out: &mut Parsed) {
    reset(out);
    let mut frame = Frame { packet, origin, full_length, out };
    #[expect(clippy::cast_possible_truncation, reason = "a packet is shorter than 4 GiB")]
    let readable = packet.readable() as u32;
    frame.out.length = readable;
    if packet.readable() > USUAL_FRAME {
        frame.out.length = (frame.full_length)();
    }

    // Each stage leaves in memory what the next one needs. So the verifier, which follows every
    // way through a stage, meets a single state behind it: 5,000 instructions instead of more
    // than a million. `None` says that the way through the frame ends.
    let _end = frame.link();
    settle();
    let _end = frame.network();
    settle();
    let _end = frame.transport();
    settle();
    frame.unclaimed_length();
}

/// Gives an offset in two bytes; header chains are bounded far below that.
#[expect(clippy::cast_possible_truncation, reason = "the longest chain takes 17 KiB")]
#[inline(always)]
const fn short(offset: usize) -> u16 {
    offset as u16
}

/// Says of a condition that it nearly always holds, so that it is asked first.
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

/// Parses the bytes of one frame, which are all there are.
pub fn parse_bytes(frame: &[u8], direction: Direction) -> Parsed {
    #[expect(clippy::cast_possible_truncation, reason = "a frame is shorter than 4 GiB")]
    let full_length = || frame.len() as u32;

    parse_first_buffer(frame, direction, full_length)
}

/// Parses the bytes of a frame's first buffer; `full_length` gives the bytes of them all.
pub fn parse_first_buffer(
    bytes: &[u8],
    direction: Direction,
    full_length: impl Fn() -> u32,
) -> Parsed {
    let start = bytes.as_ptr().expose_provenance();
    // SAFETY: the slice outlives the packet, which does not leave this function.
    let packet = unsafe { Packet::new(start, start + bytes.len()) };
    let mut parsed = Parsed::default();

    parse(packet, direction.into(), full_length, &mut parsed);

    parsed.meant()
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

    /// Follows the IP header that the link layer led to.
    #[inline(always)]
    fn network(&mut self) -> Option<()> {
        match self.out.version {
            4 => self.ipv4(self.network_offset()),
            6 => self.ipv6(self.network_offset()),
            _ => None,
        }
    }

    /// Gives the offset that the link layer left.
    #[inline(always)]
    fn network_offset(&self) -> usize {
        // Two tags and eight labels take 46 bytes. The mask tells the verifier.
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
