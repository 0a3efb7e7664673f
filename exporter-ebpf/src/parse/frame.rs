//! One frame on its way through the stages of the parser.

use shared::{Malformed, Parsed, Rare};

use super::{Provenance, Start, Surroundings, ipv4, ipv6, settle, short};
use crate::packet::Packet;

/// One frame on its way through the parser. What one stage leaves for the next lies in `out`.
pub(super) struct Frame<'a, S> {
    pub(super) packet: Packet,
    pub(super) origin: Provenance,
    pub(super) around: S,
    pub(super) out: &'a mut Parsed,
}

impl<S: Surroundings> Frame<'_, S> {
    /// Notes the first check that failed.
    #[inline(always)]
    pub(super) fn malformed(&mut self, reason: Malformed) {
        if self.out.rare & Rare::MALFORMED == 0 {
            self.out.rare |= Rare::MALFORMED;
            self.out.malformed = reason as u8;
        }
    }

    /// Notes a failed check behind which nothing can be read.
    #[inline(always)]
    pub(super) fn stop<T>(&mut self, reason: Malformed) -> Option<T> {
        self.malformed(reason);
        None
    }

    /// Reads the length of a frame with no IP header whose claim would tell of further
    /// buffers: drivers may put less than a usual frame into the first one.
    #[inline(always)]
    pub(super) fn unclaimed_length(&mut self) {
        if self.out.version == 0 || self.out.rare & Rare::MALFORMED != 0 {
            self.out.length = self.around.full_length();
        }
    }

    /// Follows the frame from where it begins to its network header.
    #[inline(always)]
    pub(super) fn start(&mut self) -> Option<()> {
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
    pub(super) fn network(&mut self) -> Option<()> {
        match self.out.version {
            4 => self.ipv4(self.network_offset()),
            6 => {
                self.ipv6(self.network_offset())?;
                settle();
                self.ipv6_payload()
            }
            _ => None,
        }
    }

    /// Returns the offset that the link layer left.
    #[inline(always)]
    pub(super) fn network_offset(&self) -> usize {
        // Two tags and eight labels take 46 bytes. The mask shows this to the verifier.
        usize::from(self.out.network_offset & 0xff)
    }

    /// Takes the offset that was left: there is no network header where nothing leaves one again.
    #[inline(always)]
    pub(super) fn taken_offset(&mut self) -> usize {
        let offset = self.network_offset();
        self.out.network_offset = 0;

        offset
    }

    /// Leaves the offset of a network header for the next stage.
    #[inline(always)]
    pub(super) fn leads_to(&mut self, version: u8, offset: usize) {
        self.out.version = version;
        self.out.network_offset = short(offset);
    }

    /// Leaves the offset of a network header that ends at `end`, with what it carries.
    #[inline(always)]
    pub(super) fn leads_within(&mut self, version: u8, offset: usize, end: usize) -> Option<()> {
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
    pub(super) fn ends_at(&mut self, end: usize) {
        #[expect(clippy::cast_possible_truncation, reason = "a length field has two bytes")]
        let end = end as u32;
        self.out.end = end;
        self.out.readable = self.out.readable.min(end);
    }

    /// Returns the bytes that can be read and belong to the frame.
    #[inline(always)]
    pub(super) fn readable(&self) -> usize {
        self.out.readable as usize
    }

    /// Reads the header at `offset`, or notes that the frame ends within it.
    #[inline(always)]
    pub(super) fn header<H: zerocopy::FromBytes>(
        &mut self,
        offset: usize,
        cut: Malformed,
    ) -> Option<H> {
        match self.packet.read(offset) {
            None => self.stop(cut),
            header => header,
        }
    }

    /// Bytes of the frame behind `offset`, in all its buffers and without padding, when `claimed` of
    /// them are expected there.
    #[inline(always)]
    pub(super) fn remaining(&mut self, offset: usize, claimed: usize) -> usize {
        if claimed > self.readable() - offset {
            self.out.length = self.around.full_length();
        }

        (self.out.length.min(self.out.end) as usize).saturating_sub(offset)
    }
}
