//! Counts one frame, before the stack has it and in the stack.

#[path = "sample/received.rs"]
mod received;

use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::programs::{TcContext, XdpContext};
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::Provenance;
use exporter_ebpf::segments::Segments;
use exporter_ebpf::{count, parse, settle};
use shared::{Direction, Totals};

use super::buffer::{self, Tap};
use super::keys;
use super::maps::device::Device;
use super::maps::{Partition, frags, settings};
use super::sample;
use super::sample::in_stack::InStack;
use received::Received;

/// Counts a frame before the stack has it.
#[inline(always)]
pub(crate) fn count_first(ctx: &XdpContext) {
    // SAFETY: the context's bounds are those of its packet, which is not resized.
    let packet = unsafe { Packet::new(ctx.data(), ctx.data_end()) };
    let full_length = || {
        if !frags::are_possible() {
            return (ctx.data_end() - ctx.data()) as u32;
        }
        // SAFETY: the helper only reads the lengths of the packet's buffers.
        unsafe { bpf_xdp_get_buff_len(ctx.ctx) as u32 }
    };

    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() } {
        let origin = Provenance::live(Direction::Receive);
        parse::parse(packet, origin, Device(full_length), &mut totals.parsed);
        settle();

        let length = totals.parsed.length;
        // Kernels without frames in several buffers have no way to copy from them either.
        if frags::are_possible() {
            sample::take(place.index >> 1, &Received { ctx, length }, &totals.parsed, 1);
        }
        let frame = Segments::one(length);
        // SAFETY: as above.
        let packet = || unsafe { Packet::new(ctx.data(), ctx.data_end()) };
        count_frame(place, totals, frame, packet);
    }
}

/// Counts a socket buffer if it `is_wanted`.
#[inline(always)]
pub(crate) fn count_if(
    ctx: &TcContext,
    direction: Direction,
    is_wanted: impl FnOnce(&mut Totals) -> bool,
) {
    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() }
        && is_wanted(totals)
    {
        let tap = Tap { direction, starts_with_network: settings::starts_with_network() };
        let segments = buffer::parse(ctx, tap, &mut totals.parsed);
        settle();

        sample::take(place.index >> 1, &InStack { ctx, tap }, &totals.parsed, segments.number);
        count_frame(place, totals, segments, || buffer::packet(ctx));
    }
}

/// Counts a frame that was parsed, whose bytes `packet` returns.
#[inline(always)]
fn count_frame(
    place: Partition,
    totals: &mut Totals,
    segments: Segments,
    packet: impl FnOnce() -> Packet,
) {
    let Totals { parsed, counts, .. } = totals;
    count::frame(counts, parsed, segments);

    keys::count(place, totals, segments.number.into(), packet);
}
