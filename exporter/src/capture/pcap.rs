//! pcap. Source: draft-ietf-opsawg-pcap, sections 4 and 5.

use std::io::Read;

use super::input::{Input, Order};
use super::{Damage, Found, LONGEST, Next, OpenError};
use crate::record::{ForeignLink, Link};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Records have eight bytes more. Source: `KUZNETZOV_TCPDUMP_MAGIC` in sf-pcap.c of libpcap.
const MODIFIED: u32 = 0xa1b2_cd34;
const MORE_OF_MODIFIED: usize = 8;
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// Bits beside the link type that have to be 0.
const RESERVED: u32 = 0x0bff_0000;
/// The length of the FCS, in the high four bits, is valid.
const HAS_FCS: u32 = 1 << 26;

/// The fields of a file's header.
#[derive(Debug)]
pub(super) struct Pcap {
    order: Order,
    magic: u32,
    minor: u16,
    link: Link,
    /// Bytes of the FCS at the end of each frame.
    fcs: u32,
}

impl Pcap {
    /// Reads the header, whose first four bytes were looked at.
    pub(super) fn open(input: &mut Input<impl Read>, magic: [u8; 4]) -> Result<Self, OpenError> {
        let (order, magic) = known(magic).ok_or(OpenError::Unknown { magic })?;
        let [_magic, version, _zone, _accuracy, _longest, link] =
            input.words()?.ok_or(OpenError::CutOff)?;
        input.take(FILE_HEADER)?;
        let [major, minor] = order.halves(version);
        if major != 2 || minor > 4 {
            return Err(OpenError::Version { major, minor, known: "2.0 to 2.4 are" });
        }

        let field = order.word(link);
        if field & RESERVED != 0 {
            return Err(OpenError::ReservedBits { field });
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low half is the link type")]
        let number = field as u16;
        let link = Link::of(number).ok_or(OpenError::ForeignLink(ForeignLink(number)))?;
        // In words of two bytes.
        let fcs = if field & HAS_FCS == 0 { 0 } else { (field >> 28) * 2 };

        Ok(Self { order, magic, minor, link, fcs })
    }

    #[inline]
    pub(super) fn next(&self, input: &mut Input<impl Read>) -> Result<Next, Damage> {
        input.begin();
        let Some(header) = input.words()? else { return Ok(Next::End) };
        let [_seconds, _fraction, mut captured, mut wire_length] =
            header.map(|word| self.order.word(word));
        // Source: `swapped_type_t` in sf-pcap.c of libpcap.
        if self.minor < 3 || (self.minor == 3 && captured > wire_length) {
            (captured, wire_length) = (wire_length, captured);
        }
        if captured > LONGEST {
            return Err(Damage::TooLong { length: captured });
        }

        let more = if self.magic == MODIFIED { MORE_OF_MODIFIED } else { 0 };
        let record = input.take(RECORD_HEADER + more + captured as usize)?;
        let bytes = record.from(RECORD_HEADER + more);

        Ok(Next::Packet(Found { link: self.link, bytes, wire_length, fcs: self.fcs }))
    }

    pub(super) fn name(&self) -> String {
        let unit = if self.magic == NANOSECONDS { "nanoseconds" } else { "microseconds" };

        format!("pcap, {}, {unit}", self.order.name())
    }
}

fn known(magic: [u8; 4]) -> Option<(Order, u32)> {
    [Order::Little, Order::Big]
        .map(|order| (order, order.word(magic)))
        .into_iter()
        .find(|(_, magic)| [MICROSECONDS, NANOSECONDS, MODIFIED].contains(magic))
}
