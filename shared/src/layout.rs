//! A number for the layout of everything in the maps: a process compares it with its own before it
//! adopts maps.

use core::mem::offset_of;

use crate::constants::{Control, Settings};
use crate::parsed::Parsed;
use crate::table::{Overflow, PortSet, SourceSet};
use crate::totals::{SIZE_BOUNDS, Sketch, Totals};
use crate::{
    Cast, Direction, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, PortProtocol,
    Protocol,
};

/// Goes up when the meaning of something in a map changes and its place does not: a hash, a bit.
const REVISION: u64 = 5;

/// The labels of every closed set.
const SETS: [&[&str]; 9] = [
    Family::LABELS,
    Protocol::LABELS,
    IpFamily::LABELS,
    Cast::LABELS,
    FragmentPosition::LABELS,
    Encapsulation::LABELS,
    Malformed::LABELS,
    Direction::LABELS,
    PortProtocol::LABELS,
];

/// Identifies the layout: differs as soon as a size or a place of what is in the maps does, or what
/// the places in an array of counters stand for.
pub const LAYOUT: u64 = {
    let facts = [
        REVISION,
        size_of::<Control>() as u64,
        size_of::<Settings>() as u64,
        size_of::<Parsed>() as u64,
        size_of::<Totals>() as u64,
        offset_of!(Totals, counts.sources) as u64,
        offset_of!(Totals, counts.cells) as u64,
        offset_of!(Totals, counts.sizes) as u64,
        offset_of!(Totals, counts.tcp_flags) as u64,
        offset_of!(Totals, counts.icmp) as u64,
        offset_of!(Totals, counts.cast) as u64,
        offset_of!(Totals, counts.fragments) as u64,
        offset_of!(Totals, counts.malformed) as u64,
        offset_of!(Totals, counts.encapsulations) as u64,
        offset_of!(Sketch, distinct_sources) as u64,
        offset_of!(Sketch, distinct_ports) as u64,
        size_of::<SourceSet>() as u64,
        size_of::<PortSet>() as u64,
        size_of::<Overflow>() as u64,
        crate::GENERATIONS as u64,
    ];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut index = 0;
    while index < facts.len() {
        hash = hashed(hash, facts[index]);
        index += 1;
    }
    hash = bounds_hashed(hash, &SIZE_BOUNDS);
    let mut set = 0;
    while set < SETS.len() {
        hash = labels_hashed(hash, SETS[set]);
        set += 1;
    }

    hash
};

/// Adds a word to a hash: FNV-1a over whole words. Source: draft-eastlake-fnv.
const fn hashed(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Adds the bounds of the counters by size: each moves what the counters beside it stand for.
const fn bounds_hashed(hash: u64, bounds: &[u32]) -> u64 {
    let mut hash = hashed(hash, bounds.len() as u64);
    let mut index = 0;
    while index < bounds.len() {
        hash = hashed(hash, bounds[index] as u64);
        index += 1;
    }

    hash
}

/// Adds the labels of a closed set in their order, each with its length, so that none can pass for
/// a part of its neighbour.
const fn labels_hashed(hash: u64, labels: &[&str]) -> u64 {
    let mut hash = hashed(hash, labels.len() as u64);
    let mut index = 0;
    while index < labels.len() {
        let label = labels[index].as_bytes();
        hash = hashed(hash, label.len() as u64);
        let mut at = 0;
        while at < label.len() {
            hash = hashed(hash, label[at] as u64);
            at += 1;
        }
        index += 1;
    }

    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_closed_set_is_part_of_the_layout() {
        let declared = [include_str!("sets.rs"), include_str!("port.rs")]
            .iter()
            .flat_map(|source| source.lines())
            .filter(|line| *line == "closed_set! {");

        assert_eq!(SETS.len(), declared.count());
    }

    #[test]
    fn a_bound_of_sizes_that_moves_is_another_layout() {
        let mut moved = SIZE_BOUNDS;
        moved[4] += 500;

        assert_ne!(bounds_hashed(0, &moved), bounds_hashed(0, &SIZE_BOUNDS));
    }

    #[test]
    fn a_closed_set_that_changes_is_another_layout() {
        let hash = |labels: &[&str]| labels_hashed(0, labels);
        let before = hash(&["gre", "ipip", "mpls"]);

        assert_ne!(before, hash(&["ipip", "gre", "mpls"]), "another order");
        assert_ne!(before, hash(&["gre", "ipip", "gtpu"]), "another member");
        assert_ne!(before, hash(&["gre", "ipip", "mpls", "pppoe"]), "one more");
        assert_ne!(before, hash(&["gre", "ipipm", "pls"]), "another end of one");
    }
}
