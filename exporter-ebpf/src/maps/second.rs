//! The second level, which the CPUs share.

use core::arch::asm;

use aya_ebpf::bindings::BPF_NOEXIST;
use aya_ebpf::btf_maps::LruHashMap;
use shared::{Count, Overflow};

/// Adds to the second level. What gets lost there (no memory, a race for the last free entry)
/// is missing from the sum of what was admitted, and so is counted as evicted.
#[inline(always)]
pub(crate) fn more<K, const N: usize>(
    map: &LruHashMap<K, Overflow, N>,
    key: &K,
    count: Count,
    marks: u64,
) {
    if let Some(known) = map.get_ptr_mut(key) {
        add(known, count, marks);
        return;
    }
    let first = Overflow { packets: count.packets, bytes: count.bytes, marks };
    if map.insert(key, first, u64::from(BPF_NOEXIST)).is_err()
        && let Some(known) = map.get_ptr_mut(key)
    {
        // Another CPU was faster.
        add(known, count, marks);
    }
}

/// Adds to an entry that other CPUs add to at the same time.
///
/// Where the map is full, another CPU may hand the entry to another key between the look-up and the
/// addition: the packet then counts for that key, or is written over and counts as evicted.
///
/// The target has no compare-and-swap, so `AtomicU64` cannot add; the instructions can. Those that set
/// bits came later than those that add, with Linux 5.12, and an earlier one refuses a program that has
/// one anywhere. So marks are set by a read and a write: what another CPU marks in between is lost until
/// a packet brings it again.
#[inline(always)]
fn add(to: *mut Overflow, count: Count, marks: u64) {
    // SAFETY: entries are allocated with the map, which outlives the program, so the memory stays
    // an entry. It may become another key's: see `htab_lru_map_delete_node` in kernel/bpf/hashtab.c.
    unsafe {
        asm!(
            "lock *(u64 *)({to} + 0) += {packets}",
            "lock *(u64 *)({to} + 8) += {bytes}",
            to = in(reg) to,
            packets = in(reg) count.packets,
            bytes = in(reg) count.bytes,
        );
    }
    // SAFETY: the address of a part of the entry.
    let marked = unsafe { &raw mut (*to).marks };
    // SAFETY: as above; any bits are marks.
    let before = unsafe { marked.read() };
    if before & marks != marks {
        // SAFETY: as above.
        unsafe { marked.write(before | marks) };
    }
}
