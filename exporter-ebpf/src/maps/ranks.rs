//! What is known of every port.

use shared::{PortRank, Ranks};

/// A section of its own, and so a map of its own, in whose place the loader puts the one that all
/// programs share. Its address is a constant: unlike an array, it takes no look-up.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".data.ranks")]
static mut RANKS: Ranks = [0; size_of::<Ranks>()];

/// Returns the rank with this [`PortRank::index`].
#[inline(always)]
pub(crate) fn rank(index: usize) -> PortRank {
    let rank = (&raw const RANKS).cast::<u8>().wrapping_add(index % size_of::<Ranks>());

    // SAFETY: the place is in the map, which outlives the program. User space may write it meanwhile;
    // any byte is a rank.
    PortRank(unsafe { rank.read_volatile() })
}
