//! Counting what needs no key: plain additions to memory that belongs to this CPU.

use shared::{
    Count, Family, Parsed, PortKey, PortProtocol, Rare, SIZE_BUCKETS, Totals, size_bucket,
};

use crate::segments::Segments;

/// Flags of TCP. Source: RFC 9293, section 3.1.
const SYN: u8 = 2;
const ACK: u8 = 16;
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

/// Counts the frame that `totals.parsed` describes, as the frames on the wire that it becomes.
#[inline(always)]
pub fn frame(totals: &mut Totals, segments: Segments) {
    let Parsed { cell, rare, has_tcp_flags, tcp_flags, .. } = totals.parsed;

    totals.cells[usize::from(cell)].add(segments.count());
    if segments.number > 1 {
        many(totals, segments);
    } else {
        totals.sizes[size_bucket(segments.bytes) % SIZE_BUCKETS].add(segments.count());
        if has_tcp_flags != 0 {
            totals.tcp_flags[usize::from(tcp_flags)] += 1;
        }
    }
    if rare != 0 {
        rare_marks(totals, rare, segments.number.into());
    }
}

/// Counts sizes and flags of the segments that one buffer is cut into.
#[inline(always)]
fn many(totals: &mut Totals, segments: Segments) {
    let Parsed { has_tcp_flags, tcp_flags, .. } = totals.parsed;
    let Segments { number, full, bytes } = segments;
    let before_last = u64::from(number) - 1;
    let full_bytes = before_last * u64::from(full);
    let last = u64::from(bytes) - full_bytes;

    let full_ones = Count { packets: before_last, bytes: full_bytes };
    totals.sizes[size_bucket(full) % SIZE_BUCKETS].add(full_ones);
    #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
    let bucket = size_bucket(last as u32) % SIZE_BUCKETS;
    totals.sizes[bucket].add(Count { packets: 1, bytes: last });

    if has_tcp_flags != 0 {
        let of_first = tcp_flags & !OF_LAST;
        totals.tcp_flags[usize::from(of_first)] += 1;
        totals.tcp_flags[usize::from(of_first & !OF_FIRST)] += before_last - 1;
        totals.tcp_flags[usize::from(tcp_flags & !OF_FIRST)] += 1;
    }
}

#[inline(always)]
fn rare_marks(totals: &mut Totals, rare: u8, packets: u64) {
    // Of some networks every frame has a tag; its id is counted elsewhere.
    if rare == Rare::VLAN {
        return;
    }
    let Parsed { cell, cast, icmp_type, fragment, malformed, encapsulation, .. } = totals.parsed;
    // The lowest bit of the family distinguishes the IP versions.
    let is_ipv6 = usize::from(cell >> 5 & 1);

    if rare & Rare::CAST != 0 {
        totals.cast[usize::from(cast & 3)] += packets;
    }
    if rare & Rare::ICMP != 0 {
        totals.icmp[is_ipv6][usize::from(icmp_type)] += packets;
    }
    if rare & Rare::FRAGMENT != 0 {
        totals.fragments[is_ipv6][usize::from(fragment & 3)] += packets;
    }
    if rare & Rare::MALFORMED != 0 {
        totals.malformed[usize::from(malformed & 31)] += packets;
    }
    if rare & Rare::ENCAPSULATION != 0 {
        totals.encapsulations[usize::from(encapsulation & 7)] += packets;
    }
}

/// Notes that the address with this hash was seen, in a HyperLogLog sketch: the register keeps
/// the largest rank. Source: Flajolet et al., 2007, with the rank counted from the low end.
#[inline(always)]
pub fn distinct_source(totals: &mut Totals, cell: u8, hash: u64) {
    let registers = &mut totals.distinct_sources[usize::from(cell >> 5 & 1)];
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
pub fn distinct_port(totals: &mut Totals, protocol: PortProtocol, port: u16) {
    let word = &mut totals.distinct_ports[protocol as usize & 3][usize::from(port >> 6)];
    let bit = 1 << (port & 63);

    // A read leaves the cache line clean and with this CPU alone; most ports are known.
    if *word & bit == 0 {
        *word |= bit;
    }
}

/// Returns the port for which a source gets another mark than for `key`: it opens a connection to a
/// port that the key does not name, as a scan for open ephemeral ports does.
///
/// Replies go to ephemeral ports too, but open nothing.
#[inline(always)]
pub fn opened(protocol: PortProtocol, parsed: &Parsed, key: PortKey) -> Option<PortKey> {
    let tried = PortKey::number(protocol, parsed.destination_port);
    if parsed.has_ports == 0 || key == tried {
        return None;
    }
    let opens = parsed.has_tcp_flags != 0 && parsed.tcp_flags & (SYN | ACK) == SYN;

    opens.then_some(tried)
}

/// Returns the key that a frame is counted under in the table of ports.
#[inline(always)]
pub fn port_key(
    protocol: PortProtocol,
    parsed: &Parsed,
    is_ephemeral: impl Fn(u16) -> bool,
) -> PortKey {
    if parsed.has_ports == 0 {
        return PortKey::absent(protocol);
    }
    if !is_ephemeral(parsed.destination_port) {
        return PortKey::number(protocol, parsed.destination_port);
    }
    if !is_ephemeral(parsed.source_port) {
        return PortKey::number(protocol, parsed.source_port);
    }

    PortKey::ephemeral(protocol)
}
