//! A number for the layout of everything in the maps: who adopts maps compares it with its own.

use core::mem::offset_of;

use crate::constants::{Control, Settings};
use crate::parsed::Parsed;
use crate::table::{Overflow, PortSet, SourceSet};
use crate::totals::Totals;

/// Goes up when the meaning of something in a map changes and its place does not: the order of a
/// closed set, a hash, a bit.
const REVISION: u64 = 2;

/// Tells layouts apart: differs as soon as a size or a place of what is in the maps does.
pub const LAYOUT: u64 = {
    let facts = [
        REVISION,
        size_of::<Control>() as u64,
        size_of::<Settings>() as u64,
        size_of::<Parsed>() as u64,
        size_of::<Totals>() as u64,
        offset_of!(Totals, sources) as u64,
        offset_of!(Totals, cells) as u64,
        offset_of!(Totals, sizes) as u64,
        offset_of!(Totals, tcp_flags) as u64,
        offset_of!(Totals, icmp) as u64,
        offset_of!(Totals, cast) as u64,
        offset_of!(Totals, fragments) as u64,
        offset_of!(Totals, malformed) as u64,
        offset_of!(Totals, encapsulations) as u64,
        offset_of!(Totals, distinct_sources) as u64,
        offset_of!(Totals, distinct_ports) as u64,
        size_of::<SourceSet>() as u64,
        size_of::<PortSet>() as u64,
        size_of::<Overflow>() as u64,
        crate::GENERATIONS as u64,
        crate::Malformed::ALL.len() as u64,
        crate::Protocol::ALL.len() as u64,
    ];
    // FNV-1a over whole words. Source: draft-eastlake-fnv.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < facts.len() {
        hash = (hash ^ facts[index]).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }

    hash
};
