//! The programs that count packets in the kernel.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    reason = "aya's entry points own their context; the kernel's numbers are wider than they need be"
)]

mod buffer;
mod in_stack;
mod keys;
mod maps;
mod object;

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};
use buffer::Tap;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::Provenance;
use exporter_ebpf::segments::Segments;
use exporter_ebpf::{count, parse, settle};
use maps::device::Device;
use maps::{Partition, frags, handover, settings};
use shared::{Direction, Totals};

/// Counts a received frame and lets it pass.
#[xdp(frags)]
#[inline(always)]
fn count_received(ctx: XdpContext) -> u32 {
    count_first(&ctx);

    xdp_action::XDP_PASS
}

/// Marks a received frame for [`count_unmarked`], counts it where it is told to, and lets it pass.
#[xdp(frags)]
#[inline(always)]
fn mark_received(ctx: XdpContext) -> u32 {
    if handover::mark(&ctx) {
        count_first(&ctx);
    }

    xdp_action::XDP_PASS
}

/// Counts a frame that the stack has received and that [`mark_received`] has not counted, as
/// [`in_stack`] does, and passes it on.
#[classifier]
#[inline(always)]
fn count_unmarked(ctx: TcContext) -> i32 {
    count_if(&ctx, Direction::Receive, |totals| handover::is_left(&ctx, totals));

    in_stack::TCX_NEXT
}

/// Counts a frame before the stack has it.
#[inline(always)]
fn count_first(ctx: &XdpContext) {
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

        let frame = Segments::one(totals.parsed.length);
        // SAFETY: as above.
        let packet = || unsafe { Packet::new(ctx.data(), ctx.data_end()) };
        count_frame(place, totals, frame, packet);
    }
}

/// Counts a socket buffer.
#[inline(always)]
fn count_buffer(ctx: &TcContext, direction: Direction) {
    count_if(ctx, direction, |_| true);
}

/// Counts a socket buffer if it `is_wanted`.
#[inline(always)]
fn count_if(ctx: &TcContext, direction: Direction, is_wanted: impl FnOnce(&mut Totals) -> bool) {
    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() }
        && is_wanted(totals)
    {
        let tap = Tap { direction, starts_with_network: settings::starts_with_network() };
        let segments = buffer::parse(ctx, tap, &mut totals.parsed);
        settle();

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
