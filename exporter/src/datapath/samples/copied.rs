//! A copy of a packet, as it comes out of the ring buffer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::{Direction, Parsed, SampleHead};
use zerocopy::FromBytes;

use super::For;
use crate::datapath::wire::since;
use crate::record::Link;
use crate::samples::Sample;

/// Where a tag belongs: behind both addresses. Source: IEEE 802.1Q-2022, section 9.4.
const TAG_AT: usize = 12;

/// A copy of a packet.
#[derive(Debug)]
pub struct Copied {
    head: SampleHead,
    bytes: Vec<u8>,
    age: Duration,
}

impl Copied {
    /// Reads a record; `None` of one that no program writes.
    pub(super) fn read(record: &[u8]) -> Option<Self> {
        let (head, rest) = SampleHead::read_from_prefix(record).ok()?;
        let bytes = rest.get(..head.captured as usize)?.to_vec();

        Some(Self { age: since(head.time), head, bytes }.with_tag())
    }

    /// Returns whether it was taken for someone.
    pub fn is_for(&self, whom: For) -> bool {
        self.head.takers & 1 << whom.place() != 0
    }

    /// Returns the index of the device.
    pub fn ifindex(&self) -> u32 {
        self.head.ifindex
    }

    /// Returns the packet, of a device of this name, read at `now`.
    pub fn sample(self, device: Arc<str>, now: SystemTime) -> Sample {
        let Self { head, bytes, age } = self;
        let SampleHead { direction, starts_with_network, parsed, .. } = head;

        Sample {
            at: now.checked_sub(age).unwrap_or(now),
            device,
            direction: if direction == Direction::Transmit as u8 {
                Direction::Transmit
            } else {
                Direction::Receive
            },
            link: if starts_with_network == 0 { Link::Ethernet } else { Link::Ip },
            length: parsed.length,
            parsed: parsed.meant(),
            bytes: bytes.into(),
        }
    }

    /// Puts a tag that is beside the bytes back where it was on the wire, and takes away what a device
    /// leaves before a network header that packets begin with.
    fn with_tag(mut self) -> Self {
        let Self { head, bytes, .. } = &mut self;
        let Parsed { network_offset, transport_offset, end, .. } = &mut head.parsed;
        if head.starts_with_network != 0 {
            let before = (*network_offset).min(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
            bytes.drain(..usize::from(before));
            *network_offset -= before;
            *transport_offset = transport_offset.saturating_sub(before);
            *end = end.saturating_sub(before.into());
        } else if head.tag != 0 && bytes.len() >= TAG_AT {
            let tag = head.tag.to_be_bytes();
            bytes.splice(TAG_AT..TAG_AT, tag);
            for offset in [network_offset, transport_offset].into_iter().filter(|it| **it != 0) {
                *offset = offset.saturating_add(4);
            }
            *end = end.saturating_add(4);
        }

        self
    }
}
