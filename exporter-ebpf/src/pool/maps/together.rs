//! What the CPUs write together, by atomic instructions: little of it for a usual frame.

use core::arch::asm;
use core::ptr;

use exporter_ebpf::count::{self, Add};
use shared::{Active, Attribution, Count, Counts, PoolCpu, PortProtocol, Sketch, VLAN_IDS};

use super::{ACTIVE, COUNTS, Partition, SKETCHES, TRAFFIC_CLASSES, VLANS};

/// Adds to memory that other CPUs add to at the same time.
#[derive(Clone, Copy)]
pub(super) struct Together;

impl Add for Together {
    #[inline(always)]
    fn add(self, to: &mut u64, packets: u64) {
        // SAFETY: the reference is to an aligned word of a map.
        unsafe {
            asm!("lock *(u64 *)({to} + 0) += {more}", to = in(reg) to, more = in(reg) packets);
        }
    }

    #[inline(always)]
    fn count(self, to: &mut Count, Count { packets, bytes }: Count) {
        self.add(&mut to.packets, packets);
        self.add(&mut to.bytes, bytes);
    }
}

impl Partition {
    /// Returns the counters of the slot, which are written through [`Together`] alone.
    #[inline(always)]
    pub(super) fn counts(self) -> Option<&'static mut Counts> {
        self.note(Active::COUNTS);
        let counts = COUNTS.get_ptr_mut(self.of_slot())?;

        // SAFETY: the map outlives the program; a run reads nothing of the entry, and what other CPUs
        // add is added by instructions that are atomic.
        Some(unsafe { &mut *counts })
    }

    /// Counts what goes to the second level. What may not go there each CPU counts alone, for all slots
    /// together: in a flood that is nearly every frame, and atomic instructions would wait for one
    /// another.
    #[inline(always)]
    pub(super) fn admitted(
        self,
        count: Count,
        dimension: impl FnOnce(&mut Counts) -> &mut Attribution,
    ) {
        if let Some(counts) = self.counts() {
            Together.count(&mut dimension(counts).admitted, count);
        }
    }

    /// Counts packets under the id of their outermost VLAN tag.
    #[inline(always)]
    pub(crate) fn vlan(self, id: u16, packets: u64) {
        self.note(Active::VLANS);
        if let Some(ids) = VLANS.get_ptr_mut(self.of_slot()) {
            // SAFETY: as for the counters.
            let ids = unsafe { &mut *ids };
            Together.add(&mut ids[usize::from(id) % VLAN_IDS], packets);
        }
    }

    /// Counts packets under their traffic class.
    #[inline(always)]
    pub(crate) fn traffic_class(self, class: u8, packets: u64) {
        self.note(Active::TRAFFIC_CLASSES);
        if let Some(classes) = TRAFFIC_CLASSES.get_ptr_mut(self.of_slot()) {
            // SAFETY: as for the counters.
            let classes = unsafe { &mut *classes };
            Together.add(&mut classes[usize::from(class)], packets);
        }
    }

    /// Notes that the address with this hash was seen.
    ///
    /// Where two CPUs raise one register at once, one of the ranks is lost: an estimate may be that
    /// of the other addresses alone.
    #[inline(always)]
    pub(crate) fn distinct_source(self, _memory: &mut PoolCpu, cell: u8, hash: u64) {
        if let Some(sketch) = self.sketch() {
            count::distinct_source(sketch, cell, hash);
        }
    }

    /// Notes the destination port of the frame at hand. Where two CPUs note neighbouring ports at once,
    /// one of them may be lost until its next packet.
    #[inline(always)]
    pub(crate) fn distinct_port(self, memory: &mut PoolCpu, protocol: PortProtocol) {
        if let Some(sketch) = self.sketch() {
            count::distinct_port(sketch, protocol, memory.parsed.destination_port);
        }
    }

    #[inline(always)]
    fn sketch(self) -> Option<&'static mut Sketch> {
        self.note(Active::SKETCH);
        let sketch = SKETCHES.get_ptr_mut(self.of_slot())?;

        // SAFETY: as for the counters; a register or a word that another CPU writes meanwhile is read
        // before or after that.
        Some(unsafe { &mut *sketch })
    }

    /// Marks what is written for the slot, once.
    #[inline(always)]
    fn note(self, byte: usize) {
        let Some(active) = ACTIVE.get_ptr_mut(self.of_slot()) else { return };
        let mark = active.cast::<u8>().wrapping_add(byte);
        // SAFETY: the map outlives the program, and the byte lies in the word of the slot.
        if unsafe { ptr::read_volatile(mark) } == 0 {
            // SAFETY: as above; other CPUs write the same value.
            unsafe { ptr::write_volatile(mark, 1) };
        }
    }
}
