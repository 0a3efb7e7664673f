//! Lists of counts that are added up.

use shared::Count;

use crate::interval::sum;

/// Merges two lists that are in order, and adds up what is in both.
pub(super) fn merged<K: Copy + Ord>(one: &[(K, Count)], other: &[(K, Count)]) -> Vec<(K, Count)> {
    let mut merged = Vec::with_capacity(one.len().max(other.len()));
    let mut other = other.iter().peekable();
    for (key, count) in one {
        while let Some(new) = other.next_if(|(new, _)| new < key) {
            merged.push(*new);
        }
        let same = other.next_if(|(same, _)| same == key).map(|(_, count)| *count);
        merged.push((*key, sum([*count, same.unwrap_or_default()].iter())));
    }
    merged.extend(other);
    merged.shrink_to_fit();

    merged
}
