//! Counting what needs no key: one counter for each kind of frame.

use exporter_ebpf::attribute;
use exporter_ebpf::count::alike::{self, Alike};
use exporter_ebpf::count::{self, Add};
use exporter_ebpf::segments::Segments;
use shared::{
    Kind, KindSet, Parsed, PoolCpu, PortKey, Protocol, SIZE_BUCKETS, first_place, hash_port,
};

use super::together::Together;
use super::{KIND_SET_MASK, KINDS, Partition, settings};

impl Partition {
    /// Counts the frame at hand, as the frames on the wire that it becomes.
    #[inline(always)]
    pub(crate) fn frame(self, memory: &mut PoolCpu, segments: Segments) {
        let parsed = &mut memory.parsed;
        let Parsed { cell, has_tcp_flags, .. } = *parsed;
        if segments.number > 1 {
            alike::each(parsed, segments, |alike| self.alike(cell, has_tcp_flags, alike));
        } else {
            self.alike(cell, has_tcp_flags, Alike::one(parsed, segments));
        }
        if count::is_marked(parsed)
            && let Some(counts) = self.counts()
        {
            count::rare_marks(counts, parsed, segments.number.into(), Together);
        }
    }

    /// Counts frames by their kind; without one, or without room for it, by everything that is in
    /// a kind.
    #[inline(always)]
    fn alike(self, cell: u8, has_tcp_flags: u8, mut alike: Alike) {
        // Of frames without flags there are those of an earlier one.
        alike.tcp_flags &= has_tcp_flags.wrapping_neg();
        let is_tcp = cell & 31 == Protocol::Tcp as u8;
        if is_tcp == (has_tcp_flags != 0) && self.in_kind(cell, alike) {
            return;
        }

        if let Some(counts) = self.counts() {
            let Alike { bucket, tcp_flags, count } = alike;
            Together.count(&mut counts.cells[usize::from(cell)], count);
            Together.count(&mut counts.sizes[usize::from(bucket) % SIZE_BUCKETS], count);
            if has_tcp_flags != 0 {
                Together.add(&mut counts.tcp_flags[usize::from(tcp_flags)], count.packets);
            }
        }
    }

    /// Counts frames by their kind, if there is room for it.
    #[inline(always)]
    fn in_kind(self, cell: u8, alike: Alike) -> bool {
        let Alike { bucket, tcp_flags, count } = alike;
        let kind = Kind::new(self.slot, cell, bucket.into(), tcp_flags);
        let last = KIND_SET_MASK.load();
        let hash = hash_port(PortKey(kind.0), settings::port_seed());
        let Some(set) = KINDS.get_ptr_mut(self.index * (last + 1) + first_place(hash, last)) else {
            return false;
        };
        // SAFETY: as for the memory of the CPU; the reference ends with this function.
        let KindSet(ways) = unsafe { &mut *set };

        attribute::in_set(ways, kind, count, 0).is_there()
    }
}
