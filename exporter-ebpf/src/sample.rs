//! Copies of some packets. The same source is part of the program of one device and of that of a
//! pool; all of them share the maps.

#[path = "sample/in_stack.rs"]
pub(crate) mod in_stack;

use core::ffi::c_void;
use core::mem::size_of;
use core::ptr;

use aya_ebpf::bindings::{BPF_F_MMAPABLE, BPF_RB_NO_WAKEUP};
use aya_ebpf::btf_maps::{Array, RingBuf};
use aya_ebpf::helpers::bpf_ktime_get_ns;
use aya_ebpf::macros::btf_map;
use exporter_ebpf::settle;
use shared::{Direction, Parsed, Rare, SampleHead, Sampler, TAKERS, Taker, draw};

use super::maps::settings;

#[btf_map]
static SAMPLERS: Array<Sampler, 1, { BPF_F_MMAPABLE as usize }> = Array::new();
#[btf_map]
static SAMPLES: RingBuf<SampleHead, 1> = RingBuf::new();

const HEAD: usize = size_of::<SampleHead>();

/// A packet as its hook has it.
pub(crate) trait Bytes {
    fn direction(&self) -> Direction;
    fn ifindex(&self) -> u32;
    /// Returns how many bytes there are, without a tag beside them.
    fn length(&self) -> u32;
    /// Returns the tag beside the bytes, the EtherType first; 0 for none.
    fn tag(&self) -> u32;
    /// Returns whether the packet begins with its network header.
    fn starts_with_network(&self) -> bool;
    /// Copies the first bytes; returns whether that worked.
    ///
    /// # Safety
    ///
    /// There must be room for `length` bytes.
    unsafe fn copy(&self, to: *mut c_void, length: u32) -> bool;
}

/// Copies the packet if it is the turn of one that is like it, of which `number` were merged.
#[inline(always)]
pub(crate) fn take(cpu: u32, packet: &impl Bytes, parsed: &Parsed, number: u32) {
    if !settings::samples() {
        return;
    }
    let Some(sampler) = SAMPLERS.get_ptr_mut(cpu) else { return };
    // SAFETY: the entry belongs to this CPU, on which no second run can begin before this one ends. What
    // user space writes are words, and those that matter it writes while no taker wants packets.
    let sampler = unsafe { &mut *sampler };
    // SAFETY: as above.
    let mode = unsafe { ptr::read_volatile(&raw const sampler.mode) };
    if mode == 0 {
        return;
    }
    let first = &mut sampler.takers[0];
    if mode & Sampler::CHOOSES == 0 && first.left > number {
        first.left -= number;
        return;
    }

    let mut takers = 0;
    let mut taker = 0;
    while taker < TAKERS {
        if mode & 1 << taker != 0
            && is_due(&mut sampler.takers[taker], &mut sampler.seed, packet, parsed, number)
        {
            takers |= 1 << taker;
        }
        taker += 1;
    }
    if takers != 0 {
        copy(sampler, packet, parsed, takers);
    }
    settle();
}

/// Returns whether the packet is one that a taker gets.
#[inline(always)]
fn is_due(
    taker: &mut Taker,
    seed: &mut u64,
    packet: &impl Bytes,
    parsed: &Parsed,
    number: u32,
) -> bool {
    if taker.conditions != 0 && !matches(taker, packet, parsed) {
        return false;
    }
    if taker.left > number {
        taker.left -= number;
        return false;
    }
    taker.left = draw(seed, taker.longest);
    // SAFETY: user space writes the word while programs run.
    let allowed = unsafe { ptr::read_volatile(&raw const taker.allowed) };
    if taker.taken >= allowed {
        taker.refused += 1;
        return false;
    }
    taker.taken += 1;

    true
}

#[inline(always)]
fn matches(taker: &Taker, packet: &impl Bytes, parsed: &Parsed) -> bool {
    let wants = |condition| taker.conditions & condition != 0;
    let is_ip = exporter_ebpf::count::is_ip(parsed.cell);
    if wants(Taker::HAS_DEVICE) && taker.ifindex != packet.ifindex()
        || wants(Taker::HAS_DIRECTION) && taker.direction != packet.direction() as u8
        || wants(Taker::IS_MALFORMED) && parsed.rare & Rare::MALFORMED == 0
        || wants(Taker::HAS_NUMBER) && (!is_ip || taker.number != parsed.number)
    {
        return false;
    }
    if wants(Taker::HAS_PORT)
        && (parsed.has_ports == 0
            || taker.port != parsed.source_port && taker.port != parsed.destination_port)
    {
        return false;
    }
    let [high, low] = parsed.address.0;
    let differs =
        (high ^ taker.network[0]) & taker.mask[0] | (low ^ taker.network[1]) & taker.mask[1];

    !wants(Taker::HAS_NETWORK) || is_ip && differs == 0
}

/// Copies the packet to the ring buffer, without waking its reader.
#[inline(always)]
fn copy(sampler: &mut Sampler, packet: &impl Bytes, parsed: &Parsed, takers: u8) {
    let most = settings::snap_length();
    // The verifier knows the length, because it knows the constant.
    let Some(mut record) = SAMPLES.reserve_bytes(HEAD + most as usize, 0) else {
        sampler.full += 1;
        return;
    };
    let captured = packet.length().min(most);
    let head = SampleHead {
        // SAFETY: the helper only reads a clock.
        time: unsafe { bpf_ktime_get_ns() },
        ifindex: packet.ifindex(),
        captured,
        tag: packet.tag(),
        takers,
        direction: packet.direction() as u8,
        starts_with_network: packet.starts_with_network().into(),
        reserved: 0,
        parsed: *parsed,
    };
    let start = record.as_mut_ptr().cast::<c_void>();
    // SAFETY: the record begins with room for the head, and is aligned to eight.
    unsafe { start.cast::<SampleHead>().write(head) };
    let bytes = start.wrapping_byte_add(HEAD);
    // SAFETY: behind the head is room for `most` bytes, of which `captured` are no more.
    let is_copied = captured != 0 && unsafe { packet.copy(bytes, captured) };

    if is_copied {
        record.submit(BPF_RB_NO_WAKEUP.into());
    } else {
        sampler.uncopied += 1;
        record.discard(BPF_RB_NO_WAKEUP.into());
    }
}
