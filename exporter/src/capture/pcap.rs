//! pcap. Source: draft-ietf-opsawg-pcap, sections 4 and 5.

use std::io::Read;

use super::input::{Input, Order};
use super::{Damage, ETHERNET, LONGEST, Next, OpenError, Record};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Records have eight bytes more. Source: `KUZNETZOV_TCPDUMP_MAGIC` in sf-pcap.c of libpcap.
const MODIFIED: u32 = 0xa1b2_cd34;
const MORE_OF_MODIFIED: u32 = 8;
/// The length of the FCS, in the high four bits, is valid.
const HAS_FCS: u32 = 1 << 26;

/// What the header of a file says.
#[derive(Debug)]
pub(super) struct Pcap {
    order: Order,
    magic: u32,
    minor: u16,
    /// Bytes of the FCS at the end of each frame.
    fcs: u32,
}

impl Pcap {
    /// Reads the header behind the first four bytes.
    pub(super) fn open(input: &mut Input<impl Read>, magic: [u8; 4]) -> Result<Self, OpenError> {
        let (order, magic) = known(magic).ok_or(OpenError::Unknown { magic })?;
        let [version, _zone, _accuracy, _longest, link] = input.expect()?;
        let [major, minor] = order.halves(version);
        if major != 2 {
            return Err(OpenError::Version { major, minor, known: "2" });
        }
        let link = order.word(link);
        #[expect(clippy::cast_possible_truncation, reason = "the low half is the link type")]
        let link_type = link as u16;
        if link_type != ETHERNET {
            return Err(OpenError::NotEthernet { link_type });
        }
        // In words of two bytes.
        let fcs = if link & HAS_FCS == 0 { 0 } else { (link >> 28) * 2 };

        Ok(Self { order, magic, minor, fcs })
    }

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

        if self.magic == MODIFIED {
            input.skip(MORE_OF_MODIFIED)?;
        }
        input.hold(captured)?;

        Ok(Next::Record(Record { wire_length, fcs: self.fcs }))
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
