//! The two levels of keys as one: what is joined, and what moves up.

use shared::{Attribution, Count, Overflow, SourceSlot, TableCount};

use crate::datapath::tables::Keys;
use crate::interval::{Keyed, Seen};

/// A key in the second level with this many packets gets a place in the first, where there is one.
const PROMOTED_FROM: u64 = 8;
/// Most keys of a dimension that are promoted in one interval, where the table is large enough.
const PROMOTED: usize = 1024;

/// Returns the keys of the second level that deserve a place in the first, the busiest first.
pub(in super::super) fn promoted<K: Copy>(more: &[(K, Overflow)]) -> Vec<K> {
    let mut busy: Vec<_> =
        more.iter().filter(|(_, count)| count.packets >= PROMOTED_FROM).collect();
    busy.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(count.packets));

    busy.into_iter().take(PROMOTED).map(|(key, _)| *key).collect()
}

/// Joins the two levels. What was sent to the second one and is not there was forgotten by it.
pub(in super::super) fn keyed<K: Ord + Copy, N: Ord>(
    mut keys: Keys<K>,
    more: Vec<(K, Overflow)>,
    attribution: Attribution,
    name: impl Fn(K) -> N,
) -> Keyed<N> {
    let Attribution { admitted, refused, mask, .. } = attribution;
    let mut kept = Count::default();
    for (key, Overflow { packets, bytes, marks }) in more {
        let marks = SourceSlot::marks_of(marks);
        kept.packets += packets;
        kept.bytes += bytes;
        keys.add(key, TableCount { packets, bytes, marks, weight: 0 });
    }
    // What is missing is called evicted; more than was sent there breaks the law of the sum.
    let seen = keys.into_iter().map(|(key, TableCount { packets, bytes, marks, .. })| Seen {
        key: name(key),
        count: Count { packets, bytes },
        marks,
    });
    let mut keys: Vec<_> = seen.collect();
    keys.sort_unstable_by(|one, other| one.key.cmp(&other.key));

    Keyed {
        keys,
        refused,
        evicted: Count {
            packets: admitted.packets.saturating_sub(kept.packets),
            bytes: admitted.bytes.saturating_sub(kept.bytes),
        },
        guarded: mask != 0,
    }
}
