//! The hashes that place keys in tables; user space places keys with them too.

use crate::address::Address;
use crate::port::PortKey;

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// Spreads an address over 64 bits; `seed` is drawn anew for each load, so that nobody
/// outside can aim at one set of a table.
#[inline(always)]
pub const fn hash_address(Address([high, low]): Address, seed: u64) -> u64 {
    let mixed = (low ^ seed).wrapping_mul(FIRST);
    let mixed = (mixed ^ mixed >> 32 ^ high).wrapping_mul(SECOND);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(FIRST);

    mixed ^ mixed >> 32
}

/// Spreads a port over 64 bits.
#[inline(always)]
pub const fn hash_port(PortKey(key): PortKey, seed: u64) -> u64 {
    let mixed = (key as u64 ^ seed).wrapping_mul(FIRST);

    mixed ^ mixed >> 32
}
