//! What one CPU counts in one generation, without any key.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::parsed::Parsed;
use crate::port::PortProtocol;

/// Packets and their bytes on the wire.
#[repr(C)]
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

/// Upper bounds of the size buckets in bytes, inclusive; one more bucket takes the rest.
pub const SIZE_BOUNDS: [u32; 9] = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];
/// Places for size buckets: the bounds, the rest, and room up to a power of two.
pub const SIZE_BUCKETS: usize = 16;
/// Places for (family, protocol) cells: every value of [`crate::cell`].
pub const CELLS: usize = 256;
/// Registers of a HyperLogLog sketch. Error 1.04 / sqrt(registers) = 1.6 %.
pub const SKETCH_REGISTERS: usize = 4096;
/// Words of a bitmap with one bit for each port.
pub const PORT_BITMAP_WORDS: usize = 65536 / 64;
/// Values of a VLAN id.
pub const VLAN_IDS: usize = 4096;
/// Values of a traffic class: DSCP in the high six bits, ECN in the low two. Source: RFC 2474,
/// section 3; RFC 3168, section 5.
pub const TRAFFIC_CLASSES: usize = 256;

/// Where the packets of one keyed dimension went that found no room in the table of the CPU.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Attribution {
    /// Packets that found no room.
    pub misses: u64,
    /// Misses up to which the present mask holds; 0 stands for the budget.
    pub threshold: u64,
    /// One in `mask + 1` misses is admitted.
    pub mask: u64,
    pub reserved: u64,
    /// What was sent to the second level.
    pub admitted: Count,
    /// What the guard refused.
    pub refused: Count,
}

/// What is counted without a key.
#[repr(C, align(64))]
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Counts {
    pub sources: Attribution,
    pub ports: Attribution,
    /// By [`crate::cell`].
    pub cells: [Count; CELLS],
    /// By [`size_bucket`].
    pub sizes: [Count; SIZE_BUCKETS],
    /// By the flag byte.
    pub tcp_flags: [u64; 256],
    /// By IP family and type.
    pub icmp: [[u64; 256]; 2],
    /// By [`crate::Cast`]; unicast stays 0 here, it is what the others leave.
    pub cast: [u64; 4],
    /// By IP family and [`crate::FragmentPosition`].
    pub fragments: [[u64; 4]; 2],
    /// By [`crate::Malformed`].
    pub malformed: [u64; 32],
    /// By [`crate::Encapsulation`].
    pub encapsulations: [u64; 8],
    pub reserved: [u64; 4],
}

/// Sketches of how many different keys there were.
#[repr(C, align(64))]
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Sketch {
    /// HyperLogLog registers of addresses, by IP family.
    pub distinct_sources: [[u8; SKETCH_REGISTERS]; 2],
    /// One bit for each destination port that was seen, by [`crate::PortProtocol`].
    pub distinct_ports: [[u64; PORT_BITMAP_WORDS]; PortProtocol::ALL.len()],
}

/// Everything that one CPU counts in one generation without a key.
#[repr(C, align(64))]
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Totals {
    /// The frame at hand. It lies here because here it costs no stack and no second lookup.
    pub parsed: Parsed,
    /// Frames that came to the stack without a mark of XDP and with one, as long as both have a program
    /// on the device; else 0.
    pub unmarked: u32,
    pub marked: u32,
    pub counts: Counts,
}

/// Returns the size bucket of a frame of `length` bytes.
#[inline(always)]
pub const fn size_bucket(length: u32) -> usize {
    if length <= 512 {
        if length <= 128 {
            if length <= 64 { 0 } else { 1 }
        } else if length <= 256 {
            2
        } else {
            3
        }
    } else if length <= 2048 {
        if length <= 1024 { 4 } else { 5 }
    } else if length <= 8192 {
        if length <= 4096 { 6 } else { 7 }
    } else if length <= 16384 {
        8
    } else {
        9
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self::new_zeroed()
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self::new_zeroed()
    }
}

impl Count {
    /// Adds packets with all their bytes.
    #[inline(always)]
    pub const fn add(&mut self, count: Self) {
        self.packets += count.packets;
        self.bytes += count.bytes;
    }
}

// The layout is a contract with an object file that was compiled separately.
const _: () = {
    assert!(size_of::<Count>() == 16);
    assert!(size_of::<Attribution>() == 64);
    assert!(size_of::<Totals>().is_multiple_of(64));
    assert!(core::mem::offset_of!(Totals, parsed) == 0);
    assert!(core::mem::offset_of!(Totals, counts.sources) == 64);
    assert!(core::mem::offset_of!(Totals, counts.cells) == 192);
};
