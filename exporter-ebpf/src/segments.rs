//! What one buffer of the stack is on the wire: segmentation offload cuts it, receive offload has
//! merged it, the device puts a VLAN tag in.

mod header;

use shared::Count;

pub use header::repeated;

const TAG_LENGTH: u32 = 4;
/// The segments of SCTP have sizes of their own, and are in a list beside the buffer. Source:
/// `GSO_BY_FRAGS` in include/linux/skbuff.h, `sctp_packet_pack` in net/sctp/output.c.
const BY_FRAGS: u32 = 0xffff;
/// The header of a chunk, of which each segment of SCTP has one. Source: RFC 9260, section 3.2.
const CHUNK_HEADER: u32 = 4;

/// A buffer as the stack hands it to a device, or a device to the stack. Source: `struct __sk_buff` in
/// include/uapi/linux/bpf.h.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buffer {
    /// Bytes from the Ethernet header on.
    pub length: u32,
    /// The same with the headers that segments will repeat, of a frame that is sent. Source:
    /// `qdisc_pkt_len_init` in net/core/dev.c. `None` where the kernel has no such length: that of a
    /// received frame lacks the repeated headers up to Linux 6.18, and has a part of them in 7.2.
    pub wire_length: Option<u32>,
    /// Segments that the buffer will be cut into; 0 where its maker did not state it.
    pub segments: u32,
    /// Payload of every segment but the last; 0 where nothing is cut, and [`BY_FRAGS`].
    pub segment_size: u32,
    /// A VLAN tag is beside the bytes.
    pub tag_aside: bool,
    /// Bytes of the headers that no segment has.
    pub dropped: u32,
}

/// Frames on the wire that are alike but for the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// At least one.
    pub number: u32,
    /// Length of every one but the last.
    pub full: u32,
    /// Length of all together.
    pub bytes: u32,
}

impl Buffer {
    /// Returns whether it is cut and the kernel does not state the length of the headers that
    /// segments repeat.
    #[inline(always)]
    pub const fn lacks_header(&self) -> bool {
        match self.segment_size {
            0 => false,
            // What the kernel states lacks the header of SCTP.
            BY_FRAGS => true,
            _ => self.wire_length.is_none() || self.segments <= 1,
        }
    }
}

impl Segments {
    /// A frame that stays one.
    #[inline(always)]
    pub const fn one(bytes: u32) -> Self {
        Self { number: 1, full: 0, bytes }
    }

    /// Cuts a buffer as the stack or the device will; `header` is the length of the headers, meant
    /// only where the buffer lacks it.
    #[inline(always)]
    pub fn of(buffer: Buffer, header: u32) -> Self {
        let Buffer { length, wire_length, segments, segment_size, tag_aside, dropped } = buffer;
        let tag = if tag_aside { TAG_LENGTH } else { 0 };
        let whole = Self::one(length + tag);
        if segment_size == 0 {
            return whole;
        }
        if segment_size == BY_FRAGS {
            return Self::by_frags(whole, segments, header, tag);
        }
        let header = match wire_length {
            Some(wire_length) if segments > 1 => {
                wire_length.saturating_sub(length) / (segments - 1)
            }
            _ => header,
        };
        let number = if segments > 1 {
            segments
        } else {
            length.saturating_sub(header).div_ceil(segment_size)
        };
        let [length, header] = [length, header].map(|bytes| bytes.saturating_sub(dropped));
        // A claim that does not fit the buffer is not believed.
        if !(2..=0xffff).contains(&number)
            || u64::from(number - 1) * u64::from(segment_size) >= u64::from(length)
        {
            return whole;
        }

        Self {
            number,
            full: header + segment_size + tag,
            bytes: length + (number - 1) * header + number * tag,
        }
    }

    /// Cuts a buffer of SCTP, whose segments are of any size: those in between count with the mean. The
    /// kernel repeats the headers down to that of SCTP. Source: `sctp_gso_segment` in
    /// net/sctp/offload.c.
    #[inline(always)]
    fn by_frags(whole: Self, number: u32, header: u32, tag: u32) -> Self {
        let least = u64::from(header) + u64::from(number) * u64::from(CHUNK_HEADER);
        // A claim that does not fit the buffer is not believed.
        if !(2..=0xffff).contains(&number) || least > u64::from(whole.bytes) {
            return whole;
        }
        let bytes = whole.bytes + (number - 1) * (header + tag);

        Self { number, full: bytes / number, bytes }
    }

    #[inline(always)]
    pub const fn count(self) -> Count {
        Count { packets: self.number as u64, bytes: self.bytes as u64 }
    }
}

#[cfg(test)]
mod tests;
