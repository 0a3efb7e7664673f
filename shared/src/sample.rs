//! Packets that programs take copies of: which ones, and how they lie in the ring buffer.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::parsed::Parsed;

/// Those who get copies, each with packets of its own choice.
pub const TAKERS: usize = 2;

/// What a packet must be like, and which of those that are alike are taken.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Taker {
    /// Packets that may have been taken in all. User space writes it alone.
    pub allowed: u64,
    /// Packets that were taken, also those that were lost then.
    pub taken: u64,
    /// Packets that were not taken because no more were allowed.
    pub refused: u64,
    /// The next packet is taken that makes so many; drawn anew each time.
    pub left: u32,
    /// Numbers are drawn from 1 to this one.
    pub longest: u32,
    /// The words of the [`crate::Address`] that the far end must have, where the mask has bits.
    pub network: [u64; 2],
    pub mask: [u64; 2],
    /// 0 for any.
    pub ifindex: u32,
    /// Host order, the source or the destination; meant with [`Self::HAS_PORT`].
    pub port: u16,
    /// A [`crate::Direction`], meant with [`Self::HAS_DIRECTION`].
    pub direction: u8,
    /// Of IP, meant with [`Self::HAS_NUMBER`].
    pub number: u8,
    /// What is meant.
    pub conditions: u32,
    pub reserved: u32,
}

impl Taker {
    pub const HAS_PORT: u32 = 1;
    pub const HAS_DIRECTION: u32 = 1 << 1;
    pub const HAS_NUMBER: u32 = 1 << 2;
    pub const IS_MALFORMED: u32 = 1 << 3;
    pub const HAS_NETWORK: u32 = 1 << 4;
    pub const HAS_DEVICE: u32 = 1 << 5;
}

/// What one CPU has for taking packets.
#[repr(C, align(64))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Sampler {
    /// A bit for each taker that wants packets, and [`Self::CHOOSES`]. User space writes it alone.
    pub mode: u32,
    pub reserved: u32,
    /// Where random numbers come from.
    pub seed: u64,
    /// Packets that were taken and lost: the ring buffer was full.
    pub full: u64,
    /// Packets that were taken and lost: the bytes could not be copied.
    pub uncopied: u64,
    pub takers: [Taker; TAKERS],
}

impl Sampler {
    /// In [`Self::mode`]: there is more to look at than how many packets are left.
    pub const CHOOSES: u32 = 1 << 31;
}

/// Draws a number from 1 to `longest`, all equally likely but for one part in 2^32, by splitmix64.
/// Source: Steele et al., "Fast splittable pseudorandom number generators", 2014.
#[inline(always)]
pub const fn draw(seed: &mut u64, longest: u32) -> u32 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;

    (((mixed >> 32) * longest as u64) >> 32) as u32 + 1
}

/// What is in front of the bytes of a packet in the ring buffer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SampleHead {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub time: u64,
    pub ifindex: u32,
    /// Bytes that follow and are the packet's.
    pub captured: u32,
    /// The tag beside the bytes as on the wire, the EtherType first; 0 for none.
    pub tag: u32,
    /// A bit for each taker.
    pub takers: u8,
    /// A [`crate::Direction`].
    pub direction: u8,
    /// 1: the packet begins with its network header.
    pub starts_with_network: u8,
    pub reserved: u8,
    pub parsed: Parsed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_drawn_from_one_to_the_longest_with_the_mean_between() {
        let mut seed = 7;

        for longest in [1, 2, 19, 1999, u32::MAX] {
            let drawn: [u32; 4096] = core::array::from_fn(|_| draw(&mut seed, longest));
            let sum: u64 = drawn.iter().map(|it| u64::from(*it)).sum();
            let mean = u64::from(longest).div_ceil(2);

            assert!(drawn.iter().all(|it| (1..=longest).contains(it)), "{longest}");
            assert!((sum / 4096).abs_diff(mean) <= mean / 20 + 1, "{longest}: {}", sum / 4096);
        }
    }
}
