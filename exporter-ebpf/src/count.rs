//! Counting what needs no key.

pub mod alike;

use shared::{
    Count, Counts, Family, Parsed, PortProtocol, Rare, SIZE_BUCKETS, Sketch, size_bucket,
};

use crate::packet::Packet;
use crate::segments::Segments;
use alike::Alike;

/// Bits of a hash that choose a register of the sketch; the others are its rank.
const REGISTER_BITS: u32 = 12;

/// The family of a cell.
#[inline(always)]
pub fn is_ip(cell: u8) -> bool {
    cell >> 5 <= Family::Ipv6 as u8
}

/// How counters are added to.
pub trait Add: Copy {
    fn add(self, to: &mut u64, packets: u64);
    fn count(self, to: &mut Count, count: Count);
}

/// Adds to memory that belongs to this CPU.
#[derive(Clone, Copy)]
pub struct Alone;

impl Add for Alone {
    #[inline(always)]
    fn add(self, to: &mut u64, packets: u64) {
        *to += packets;
    }

    #[inline(always)]
    fn count(self, to: &mut Count, count: Count) {
        to.add(count);
    }
}

/// Counts the frame that `parsed` describes, as the frames on the wire that it becomes.
#[inline(always)]
pub fn frame(counts: &mut Counts, parsed: &mut Parsed, segments: Segments) {
    let Parsed { cell, rare, has_tcp_flags, tcp_flags, .. } = *parsed;

    counts.cells[usize::from(cell)].add(segments.count());
    if segments.number > 1 {
        many(counts, parsed, segments);
    } else {
        counts.sizes[size_bucket(segments.bytes) % SIZE_BUCKETS].add(segments.count());
        if has_tcp_flags != 0 {
            counts.tcp_flags[usize::from(tcp_flags)] += 1;
        }
    }
    if rare != 0 {
        rare_marks(counts, parsed, segments.number.into(), Alone);
    }
}

/// Counts sizes and flags of the segments that one buffer is cut into.
#[inline(always)]
fn many(counts: &mut Counts, parsed: &mut Parsed, segments: Segments) {
    let has_tcp_flags = parsed.has_tcp_flags != 0;

    alike::each(parsed, segments, |Alike { bucket, tcp_flags, count }| {
        counts.sizes[usize::from(bucket) % SIZE_BUCKETS].add(count);
        if has_tcp_flags {
            counts.tcp_flags[usize::from(tcp_flags)] += count.packets;
        }
    });
}

/// Returns whether a frame has marks that [`rare_marks`] counts.
///
/// Of some networks every frame has a tag; its id is counted elsewhere.
#[inline(always)]
pub fn is_marked(parsed: &Parsed) -> bool {
    parsed.rare & !Rare::VLAN != 0
}

/// Counts what most frames do not have.
#[inline(always)]
pub fn rare_marks(counts: &mut Counts, parsed: &Parsed, packets: u64, by: impl Add) {
    if !is_marked(parsed) {
        return;
    }
    let Parsed { cell, rare, cast, icmp_type, fragment, malformed, encapsulation, .. } = *parsed;
    // The lowest bit of the family distinguishes the IP versions.
    let is_ipv6 = usize::from(cell >> 5 & 1);

    if rare & Rare::CAST != 0 {
        by.add(&mut counts.cast[usize::from(cast & 3)], packets);
    }
    if rare & Rare::ICMP != 0 {
        by.add(&mut counts.icmp[is_ipv6][usize::from(icmp_type)], packets);
    }
    if rare & Rare::FRAGMENT != 0 {
        by.add(&mut counts.fragments[is_ipv6][usize::from(fragment & 3)], packets);
    }
    if rare & Rare::MALFORMED != 0 {
        by.add(&mut counts.malformed[usize::from(malformed & 31)], packets);
    }
    if rare & Rare::ENCAPSULATION != 0 {
        by.add(&mut counts.encapsulations[usize::from(encapsulation & 7)], packets);
    }
}

/// Returns the traffic class of a packet whose IP header held. Source: RFC 791, section 3.1; RFC 8200,
/// section 3.
#[inline(always)]
pub fn traffic_class(packet: Packet, parsed: &Parsed) -> Option<u8> {
    // The parser leaves no greater one. The mask shows this to the verifier.
    let offset = usize::from(parsed.network_offset & 0xff);
    let [first, second] = packet.read::<[u8; 2]>(offset)?;
    let is_ipv4 = parsed.cell >> 5 == Family::Ipv4 as u8;

    Some(if is_ipv4 { second } else { first << 4 | second >> 4 })
}

/// Notes that the address with this hash was seen, in a HyperLogLog sketch: the register keeps
/// the largest rank. Source: Flajolet et al., 2007, with the rank counted from the low end.
#[inline(always)]
pub fn distinct_source(sketch: &mut Sketch, cell: u8, hash: u64) {
    let registers = &mut sketch.distinct_sources[usize::from(cell >> 5 & 1)];
    let register = &mut registers[(hash & ((1 << REGISTER_BITS) - 1)) as usize];
    let rest = hash >> REGISTER_BITS;

    // Nearly always the known rank is not reached, which one test shows.
    if rest & ((1 << (*register & 63)) - 1) == 0 {
        *register = rank(rest);
    }
}

/// Returns the number of zeros below the lowest one, and one more: 1 to 53.
///
/// The kernel's instruction set cannot count zeros, so the halves are tried one by one.
#[inline(always)]
const fn rank(rest: u64) -> u8 {
    let mut left = rest | 1 << (64 - REGISTER_BITS);
    let mut rank = 1;
    let mut half = 32;
    while half > 0 {
        if left & ((1 << half) - 1) == 0 {
            left >>= half;
            rank += half;
        }
        half /= 2;
    }

    rank
}

/// Notes that a frame was addressed to this port.
#[inline(always)]
pub fn distinct_port(sketch: &mut Sketch, protocol: PortProtocol, port: u16) {
    let Some(bitmap) = sketch.distinct_ports.get_mut(protocol as usize) else { return };
    let word = &mut bitmap[usize::from(port >> 6)];
    let bit = 1 << (port & 63);

    // A read leaves the cache line clean and with this CPU alone; most ports are known.
    if *word & bit == 0 {
        *word |= bit;
    }
}
