//! Counting what needs no key.

use shared::{
    Count, Counts, Family, Parsed, PortProtocol, Rare, SIZE_BUCKETS, Sketch, size_bucket,
};

use crate::segments::Segments;

/// Bits of a hash that choose a register of the sketch; the others are its rank.
const REGISTER_BITS: u32 = 12;

/// The family of a cell.
#[inline(always)]
pub fn is_ip(cell: u8) -> bool {
    cell >> 5 <= Family::Ipv6 as u8
}

/// FIN and PSH, which only the last segment keeps. Source: `tcp_gso_segment` in
/// net/ipv4/tcp_offload.c.
const OF_LAST: u8 = 0x09;
/// CWR, which only the first segment keeps.
const OF_FIRST: u8 = 0x80;

/// How counters are added to.
pub trait Add: Copy {
    fn add(self, to: &mut u64, packets: u64);
    fn count(self, to: &mut Count, count: Count);
    /// Sets bits.
    fn set(self, word: &mut u64, bits: u64);
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

    #[inline(always)]
    fn set(self, word: &mut u64, bits: u64) {
        *word |= bits;
    }
}

/// Counts the frame that `parsed` describes, as the frames on the wire that it becomes.
#[inline(always)]
pub fn frame(counts: &mut Counts, parsed: &Parsed, segments: Segments) {
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

/// Frames on the wire that one buffer becomes, and that are alike.
#[derive(Clone, Copy)]
pub struct Alike {
    /// See [`size_bucket`].
    pub bucket: u32,
    /// Meant only where the frame has some.
    pub tcp_flags: u8,
    pub count: Count,
}

impl Alike {
    /// A frame that stays one.
    #[inline(always)]
    pub fn one(parsed: &Parsed, segments: Segments) -> Self {
        Self { tcp_flags: parsed.tcp_flags, ..Self::of(segments.bytes, segments.count()) }
    }

    /// Frames of one size, without flags.
    #[expect(clippy::cast_possible_truncation, reason = "there are sixteen buckets")]
    #[inline(always)]
    fn of(size: u32, count: Count) -> Self {
        Self { bucket: size_bucket(size) as u32, tcp_flags: 0, count }
    }
}

/// Returns the first segment of several, those in the middle, if there are any, and the last.
#[inline(always)]
pub fn alike(parsed: &Parsed, segments: Segments) -> [Alike; 3] {
    let flags = parsed.tcp_flags;
    let Segments { number, full, bytes } = segments;
    let before_last = u64::from(number) - 1;
    let last = u64::from(bytes) - before_last * u64::from(full);
    let full_ones =
        |packets: u64| Alike::of(full, Count { packets, bytes: packets * u64::from(full) });
    #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
    let last = Alike::of(last as u32, Count { packets: 1, bytes: last });

    [
        Alike { tcp_flags: flags & !OF_LAST, ..full_ones(1) },
        Alike { tcp_flags: flags & !OF_LAST & !OF_FIRST, ..full_ones(before_last - 1) },
        Alike { tcp_flags: flags & !OF_FIRST, ..last },
    ]
}

/// Counts sizes and flags of the segments that one buffer is cut into.
#[inline(always)]
fn many(counts: &mut Counts, parsed: &Parsed, segments: Segments) {
    for Alike { bucket, tcp_flags, count } in alike(parsed, segments) {
        counts.sizes[bucket as usize % SIZE_BUCKETS].add(count);
        if parsed.has_tcp_flags != 0 {
            counts.tcp_flags[usize::from(tcp_flags)] += count.packets;
        }
    }
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
pub fn distinct_port(sketch: &mut Sketch, protocol: PortProtocol, port: u16, by: impl Add) {
    let Some(bitmap) = sketch.distinct_ports.get_mut(protocol as usize) else { return };
    let word = &mut bitmap[usize::from(port >> 6)];
    let bit = 1 << (port & 63);

    // A read leaves the cache line clean and with this CPU alone; most ports are known.
    if *word & bit == 0 {
        by.set(word, bit);
    }
}
