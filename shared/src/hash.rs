//! The hashes that place keys in tables; user space places keys with them too.

use crate::address::Address;
use crate::port::PortKey;

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// Spreads an address over 64 bits.
///
/// `seeds` are drawn anew for each load, one for each word, so that no outsider can aim at one
/// set of a table or at one register of a sketch. For that each word is multiplied with its seed
/// before the two meet: a word that joins as it came cancels what the sender chose in the other.
/// A product shows the highest bits of its factor unchanged, so one of the two is turned round: the
/// predictable bits of each meet those of the other that depend on every bit.
#[inline(always)]
pub const fn hash_address(Address([high, low]): Address, seeds: [u64; 2]) -> u64 {
    let high = (high ^ seeds[0]).wrapping_mul(SECOND);
    let low = (low ^ seeds[1]).wrapping_mul(FIRST);

    let mixed = low ^ high.swap_bytes();
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(SECOND);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(FIRST);

    mixed ^ mixed >> 32
}

/// Spreads a port over 64 bits.
#[inline(always)]
pub const fn hash_port(PortKey(key): PortKey, seed: u64) -> u64 {
    let mixed = (key as u64 ^ seed).wrapping_mul(FIRST);

    mixed ^ mixed >> 32
}
