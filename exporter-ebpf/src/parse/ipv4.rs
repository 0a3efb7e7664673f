//! IPv4 with options and fragments. Source: RFC 791, section 3.1.

use shared::{Address, Direction, Family, FragmentPosition, Malformed, Rare, number};
use zerocopy::FromBytes;

use super::{Frame, Surroundings};

#[repr(C, packed)]
#[derive(Clone, Copy, FromBytes)]
struct Ipv4 {
    version_ihl: u8,
    _type_of_service: u8,
    total_length: u16,
    _identification: u16,
    flags_offset: u16,
    _time_to_live: u8,
    protocol: u8,
    _checksum: u16,
    source: u32,
    destination: u32,
}

pub(super) const LENGTH: usize = size_of::<Ipv4>();
/// Version 4 and a header of five words: no options.
const VERSION_4_NO_OPTIONS: u8 = 0x45;
const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1fff;
/// The longest length that the header can claim.
const LONGEST: usize = 0xffff;

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn ipv4(&mut self, offset: usize) -> Option<()> {
        let header: Ipv4 = self.header(offset, Malformed::Ipv4Truncated)?;
        let header_length = self.ipv4_header_length(offset, header.version_ihl)?;
        let address = match self.origin.direction {
            Direction::Receive => header.source,
            Direction::Transmit => header.destination,
        };
        self.out.address = Address::from_ipv4_bytes(address);
        self.protocol(Family::Ipv4, header.protocol);

        let total_length = usize::from(u16::from_be(header.total_length));
        let length = self.ipv4_length(offset, header_length, total_length);
        let flags_offset = u16::from_be(header.flags_offset);
        if flags_offset & (MORE_FRAGMENTS | FRAGMENT_OFFSET) != 0 {
            let is_first = flags_offset & FRAGMENT_OFFSET == 0;
            self.fragment(is_first, flags_offset & MORE_FRAGMENTS != 0)?;
        }

        self.leads_to_transport(offset + header_length, offset + length);

        Some(())
    }

    /// Returns the length of the header with its options.
    #[inline(always)]
    fn ipv4_header_length(&mut self, offset: usize, version_ihl: u8) -> Option<usize> {
        if version_ihl == VERSION_4_NO_OPTIONS {
            return Some(LENGTH);
        }
        if version_ihl >> 4 != 4 {
            return self.stop(Malformed::Ipv4Version);
        }
        let length = usize::from(version_ihl & 0x0f) * 4;
        if length < LENGTH {
            return self.stop(Malformed::Ipv4HeaderLength);
        }
        if length > self.readable() - offset {
            return self.stop(Malformed::Ipv4OptionsTruncated);
        }

        Some(length)
    }

    /// Returns the length of the datagram: as claimed where that can be, else what there is.
    #[inline(always)]
    fn ipv4_length(&mut self, offset: usize, header_length: usize, total_length: usize) -> usize {
        // Nearly always: the claim can be, and can be read.
        if total_length >= header_length && total_length <= self.readable() - offset {
            return total_length;
        }

        let remaining = self.remaining(offset, total_length);
        if total_length > remaining {
            self.malformed(Malformed::Ipv4TotalLengthLong);
            return remaining;
        }
        if total_length < header_length {
            // BIG TCP leaves the field 0. Source: `iph_set_totlen` in include/net/ip.h.
            let is_big =
                total_length == 0 && (remaining > LONGEST || self.is_offloaded(self.out.number));
            if !is_big {
                self.malformed(Malformed::Ipv4TotalLengthShort);
            }
            return remaining;
        }

        total_length
    }

    /// Returns whether a datagram with a length field of 0 leaves its length to the device that
    /// cuts it into segments: where frames are captured before that, TCP and UDP look so. Source:
    /// `ip_print` in print-ip.c of tcpdump.
    #[inline(always)]
    pub(super) fn is_offloaded(&self, protocol: u8) -> bool {
        self.origin.is_captured && matches!(protocol, number::TCP | number::UDP)
    }

    /// Notes where a fragment lies in its datagram; `None` behind the first.
    #[inline(always)]
    pub(super) fn fragment(&mut self, is_first: bool, has_more: bool) -> Option<()> {
        let position = match (is_first, has_more) {
            (true, _) => FragmentPosition::First,
            (false, true) => FragmentPosition::Middle,
            (false, false) => FragmentPosition::Last,
        };

        self.out.rare |= Rare::FRAGMENT;
        self.out.fragment = position as u8;
        self.out.has_more = u8::from(has_more);

        is_first.then_some(())
    }
}
