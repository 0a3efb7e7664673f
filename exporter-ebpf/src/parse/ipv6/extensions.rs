//! The extension headers of IPv6. Source: RFC 8200, section 4.

use core::mem::offset_of;

use shared::{Family, Malformed, Protocol, cell};

use super::super::{Frame, Surroundings, settle, short};
use super::{Ipv6, LONGEST};

/// Extension headers that are followed.
const EXTENSIONS: usize = 8;

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
    /// Follows the payload, which the stage before left, behind the extensions that begin it.
    #[inline(always)]
    pub(in super::super) fn ipv6_payload(&mut self) -> Option<()> {
        if is_extension(self.out.number) {
            self.out.cell = cell(Family::Ipv6, Protocol::Other);
            self.jumbogram();
            self.extensions()?;
            settle();
        }
        self.protocol(Family::Ipv6, self.out.number);

        Some(())
    }

    /// Leaves the end of a jumbogram: as its option claims where that can be, else where the frame
    /// ends. The option comes first where it is alone, as it always is. Source: RFC 2675, section 3.
    #[inline(always)]
    fn jumbogram(&mut self) -> Option<()> {
        if self.out.number != extension::HOP_BY_HOP {
            return None;
        }
        let field = self.network_offset() + offset_of!(Ipv6, payload_length);
        let payload = self.transport_offset();
        if self.packet.read::<u16>(field)? != 0 || payload + LEAST > self.readable() {
            return None;
        }
        let [_, _, option, bytes, claimed @ ..] = self.packet.read::<[u8; LEAST]>(payload)?;
        let claimed = u32::from_be_bytes(claimed) as usize;
        if [option, bytes] != JUMBO_PAYLOAD || claimed <= LONGEST {
            return None;
        }
        if payload + claimed > self.out.end as usize {
            return self.stop(Malformed::Ipv6PayloadLengthLong);
        }
        self.leads_to_transport(payload, payload + claimed);

        Some(())
    }

    /// Walks the extension headers from the one in `out.number`; leaves where the upper-layer
    /// header begins, or returns `None` where it is not in this frame.
    #[inline(always)]
    fn extensions(&mut self) -> Option<()> {
        for _ in 0..EXTENSIONS {
            settle();
            if !is_extension(self.out.number) {
                return Some(());
            }
            self.extension()?;
        }
        settle();
        if is_extension(self.out.number) {
            self.out.transport_offset = 0;
            return self.stop(Malformed::Ipv6TooManyExtensions);
        }

        Some(())
    }

    /// Reads the extension header in `out.number` and leaves what follows it; `None` where nothing
    /// follows in this frame.
    #[inline(always)]
    fn extension(&mut self) -> Option<()> {
        const CUT: Malformed = Malformed::Ipv6ExtensionTruncated;
        let offset = self.transport_offset();
        let end = self.out.end as usize;
        self.out.transport_offset = 0;
        // Extensions belong to the payload; behind its end lies padding.
        if offset + LEAST > end {
            return self.stop(CUT);
        }

        let extension = self.out.number;
        let [next, units, high, low, ..] = self.header::<[u8; LEAST]>(offset, CUT)?;
        self.out.number = next;
        if extension == extension::FRAGMENT {
            self.ipv6_fragment(u16::from_be_bytes([high, low]))?;
        }
        let units = usize::from(units);
        let length = match extension {
            extension::FRAGMENT => LEAST,
            // In units of four bytes less two. Source: RFC 4302, section 2.2.
            extension::AUTHENTICATION => (units + 2) * 4,
            // Of eight bytes less one. Source: RFC 8200, sections 4.3, 4.4 and 4.6.
            _ => (units + 1) * 8,
        };
        let behind = offset + length;
        if behind > end || behind > self.readable() {
            return self.stop(CUT);
        }
        self.out.transport_offset = short(behind);

        Some(())
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
