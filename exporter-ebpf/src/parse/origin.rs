//! What is known of a frame that is not in its bytes.

use shared::Direction;

/// What is known of a frame that is not in its bytes.
///
/// A program states it in constants, and what it rules out is no part of the program.
#[derive(Clone, Copy)]
pub struct Provenance {
    pub direction: Direction,
    pub start: Start,
    /// The outermost VLAN tag is beside the bytes, where the device will put it in.
    pub tag_aside: bool,
    /// The frame was read from a capture: its length is known beside its bytes, which may be cut
    /// off, and a length field of 0 is taken for segmentation offload.
    pub is_captured: bool,
}

impl Provenance {
    /// A frame of a device that goes in `direction`.
    #[inline(always)]
    pub const fn live(direction: Direction) -> Self {
        Self { direction, start: Start::Ethernet, tag_aside: false, is_captured: false }
    }

    /// A frame of a capture.
    #[inline(always)]
    pub const fn captured(start: Start) -> Self {
        let received = Self::live(Direction::Receive);

        Self { start, is_captured: true, ..received }
    }
}

/// What the parser finds first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// An Ethernet header, at the first byte.
    Ethernet,
    /// An IP header at the first byte. Its first four bits are the version: what is not IPv6 is
    /// read as IPv4, which then does not hold.
    Ip,
    /// What `ethertype` names, in host order, at `offset`, which is below 64.
    Named { ethertype: u16, offset: usize },
    /// The one or the other, which a constant of the load decides. Each field has a value in both
    /// cases: the verifier refuses a program that copies one that was never written.
    NamedIf { is_named: bool, ethertype: u16, offset: usize },
}

impl Start {
    #[inline(always)]
    pub(super) const fn is_ethernet(self) -> bool {
        matches!(self, Self::Ethernet | Self::NamedIf { is_named: false, .. })
    }
}
