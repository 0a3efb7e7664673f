//! IPv6 and its extension headers. Source: RFC 8200, sections 3 and 4.

use shared::{Address, Direction, Family, Malformed, Protocol, cell};
use zerocopy::FromBytes;

use super::{Frame, Surroundings, settle, short};

#[repr(C, packed)]
#[derive(Clone, Copy, FromBytes)]
struct Ipv6 {
    version_class: u8,
    _class_flow: [u8; 3],
    payload_length: u16,
    next_header: u8,
    _hop_limit: u8,
    source_high: u64,
    source_low: u64,
    destination_high: u64,
    destination_low: u64,
}

pub(super) const LENGTH: usize = size_of::<Ipv6>();
/// Extension headers that are followed.
const EXTENSIONS: usize = 8;
/// The longest length that the header can claim.
const LONGEST: usize = 0xffff;

/// Next headers that are extensions. Source: IANA "IPv6 Extension Header Types".
mod extension {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const ROUTING: u8 = 43;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const AUTHENTICATION: u8 = 51;
    pub(super) const DESTINATION: u8 = 60;
}

/// The option that has the length of a jumbogram, of four bytes. Source: RFC 2675, section 2.
const JUMBO_PAYLOAD: [u8; 2] = [0xc2, 4];
/// No extension header is shorter, and a fragment header is as long.
const LEAST: usize = 8;
const MORE_FRAGMENTS: u16 = 1;
const FRAGMENT_OFFSET: u16 = 0xfff8;

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn ipv6(&mut self, offset: usize) -> Option<()> {
        let header: Ipv6 = self.header(offset, Malformed::Ipv6Truncated)?;
        if header.version_class >> 4 != 6 {
            return self.stop(Malformed::Ipv6Version);
        }
        self.out.address = Address(match self.origin.direction {
            Direction::Receive => [header.source_high, header.source_low],
            Direction::Transmit => [header.destination_high, header.destination_low],
        });

        let payload = offset + LENGTH;
        let claimed = u16::from_be(header.payload_length);
        let mut length = self.ipv6_length(payload, claimed, header.next_header);
        self.out.number = header.next_header;
        if is_extension(header.next_header) {
            self.out.cell = cell(Family::Ipv6, Protocol::Other);
            if claimed == 0 && header.next_header == extension::HOP_BY_HOP {
                length = self.jumbo_length(payload, length);
            }
            let behind = self.extensions(payload, payload + length)?;
            self.protocol(Family::Ipv6, self.out.number);
            self.leads_to_transport(behind, payload + length);
            return Some(());
        }

        self.protocol(Family::Ipv6, header.next_header);
        self.leads_to_transport(payload, payload + length);

        Some(())
    }

    /// Returns the length of the payload: as claimed where that can be, else what there is.
    #[inline(always)]
    fn ipv6_length(&mut self, payload: usize, claimed: u16, next_header: u8) -> usize {
        let claimed = usize::from(claimed);
        // Nearly always: the claim can be, and can be read.
        if claimed != 0 && claimed <= self.readable - payload {
            return claimed;
        }

        let remaining = self.remaining(payload, claimed);
        if claimed > remaining {
            self.malformed(Malformed::Ipv6PayloadLengthLong);
            return remaining;
        }
        // A jumbogram leaves the field 0. Source: RFC 2675, section 3.
        let is_big = claimed == 0 && (remaining > LONGEST || self.is_offloaded(next_header));

        if is_big { remaining } else { claimed }
    }

    /// Returns the length of a jumbogram's payload: as its option claims where that can be, else what
    /// there is. The option comes first where it is alone, as it always is. Source: RFC 2675, section 3.
    #[inline(always)]
    fn jumbo_length(&mut self, payload: usize, there: usize) -> usize {
        if payload + LEAST > self.readable {
            return there;
        }
        let Some([_, _, option, bytes, claimed @ ..]) = self.packet.read::<[u8; LEAST]>(payload)
        else {
            return there;
        };
        let claimed = u32::from_be_bytes(claimed) as usize;
        if [option, bytes] != JUMBO_PAYLOAD || claimed <= LONGEST {
            return there;
        }
        if claimed > there {
            self.malformed(Malformed::Ipv6PayloadLengthLong);
            return there;
        }

        claimed
    }

    /// Walks the extension headers from the one in `out.number`; returns where the upper-layer
    /// header begins, `None` where it is not in this frame.
    #[inline(always)]
    fn extensions(&mut self, payload: usize, end: usize) -> Option<usize> {
        self.out.transport_offset = short(payload);
        for _ in 0..EXTENSIONS {
            settle();
            // Extensions take 2,048 bytes at the most. The mask shows this to the verifier.
            let offset = usize::from(self.out.transport_offset & 0x7fff);
            self.out.transport_offset = 0;
            // Extensions belong to the payload; behind its end lies padding.
            if offset + LEAST > end {
                return self.stop(Malformed::Ipv6ExtensionTruncated);
            }
            let behind = offset + self.extension(offset)?;
            if behind > end || behind > self.readable {
                return self.stop(Malformed::Ipv6ExtensionTruncated);
            }
            if !is_extension(self.out.number) {
                return Some(behind);
            }
            self.out.transport_offset = short(behind);
        }
        self.out.transport_offset = 0;

        self.stop(Malformed::Ipv6TooManyExtensions)
    }

    /// Reads the extension header in `out.number`, leaves the next one there and returns the
    /// length; `None` where nothing follows in this frame.
    #[inline(always)]
    fn extension(&mut self, offset: usize) -> Option<usize> {
        let cut = Malformed::Ipv6ExtensionTruncated;
        if self.out.number == extension::FRAGMENT {
            let [next, _, high, low, ..] = self.header::<[u8; LEAST]>(offset, cut)?;
            self.out.number = next;
            self.ipv6_fragment(u16::from_be_bytes([high, low]))?;
            return Some(LEAST);
        }

        let is_authentication = self.out.number == extension::AUTHENTICATION;
        let [next, units, ..] = self.header::<[u8; LEAST]>(offset, cut)?;
        self.out.number = next;
        let units = usize::from(units);

        // In units of four bytes less two (RFC 4302, section 2.2), or of eight bytes less one
        // (RFC 8200, sections 4.3, 4.4 and 4.6).
        Some(if is_authentication { (units + 2) * 4 } else { (units + 1) * 8 })
    }

    /// Notes a fragment; `None` behind the first of a datagram.
    #[inline(always)]
    fn ipv6_fragment(&mut self, offset_flags: u16) -> Option<()> {
        let is_first = offset_flags & FRAGMENT_OFFSET == 0;
        let has_more = offset_flags & MORE_FRAGMENTS != 0;
        // A whole datagram with a fragment header is no fragment. Source: RFC 6946.
        if is_first && !has_more {
            return Some(());
        }
        if !is_first && !is_extension(self.out.number) {
            self.protocol(Family::Ipv6, self.out.number);
        }

        self.fragment(is_first, has_more)
    }
}

#[inline(always)]
fn is_extension(number: u8) -> bool {
    matches!(
        number,
        extension::HOP_BY_HOP
            | extension::ROUTING
            | extension::FRAGMENT
            | extension::AUTHENTICATION
            | extension::DESTINATION
    )
}
