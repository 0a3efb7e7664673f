//! IPv6. Source: RFC 8200, section 3.

mod extensions;

use shared::{Address, Direction, Malformed};
use zerocopy::FromBytes;

use super::{Frame, Surroundings};

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
/// The longest length that the header can claim.
const LONGEST: usize = 0xffff;

impl<S: Surroundings> Frame<'_, S> {
    /// Follows the header to its payload, which extensions may begin.
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
        let length = self.ipv6_length(payload, claimed, header.next_header);
        self.out.number = header.next_header;
        self.leads_to_transport(payload, payload + length);

        Some(())
    }

    /// Returns the length of the payload: as claimed where that can be, else what there is.
    #[inline(always)]
    fn ipv6_length(&mut self, payload: usize, claimed: u16, next_header: u8) -> usize {
        let claimed = usize::from(claimed);
        // Nearly always: the claim can be, and can be read.
        if claimed != 0 && claimed <= self.readable() - payload {
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
}
