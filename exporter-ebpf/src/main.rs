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
mod keys;
mod maps;

use core::sync::atomic::{Ordering, compiler_fence};

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};
use buffer::Tap;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::Provenance;
use exporter_ebpf::segments::Segments;
use exporter_ebpf::{count, parse};
use maps::settings::{self, Device};
use maps::{Partition, frags};
use shared::{Direction, Totals};

/// Lets the programs behind this one decide; as `TC_ACT_UNSPEC`, the same in clsact. Source:
/// `enum tcx_action_base` in include/uapi/linux/bpf.h.
const TCX_NEXT: i32 = -1;

/// Counts a received frame and lets it pass.
#[xdp(frags)]
#[inline(always)]
fn count_received(ctx: XdpContext) -> u32 {
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

    xdp_action::XDP_PASS
}

/// Counts a frame that the stack has received, as the segments that were merged to it, and passes
/// it on.
#[classifier]
#[inline(always)]
fn count_ingress(ctx: TcContext) -> i32 {
    count_buffer(&ctx, Direction::Receive);

    TCX_NEXT
}

/// Counts a frame that is sent, as the segments that it becomes, and passes it on.
#[classifier]
#[inline(always)]
fn count_sent(ctx: TcContext) -> i32 {
    count_buffer(&ctx, Direction::Transmit);

    TCX_NEXT
}

/// Counts a socket buffer.
#[inline(always)]
fn count_buffer(ctx: &TcContext, direction: Direction) {
    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() } {
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

/// Has what was parsed read back from memory, so that the ways through the parser meet here.
#[inline(always)]
fn settle() {
    compiler_fence(Ordering::SeqCst);
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo) -> ! {
    // No code that is left can panic; the linker would name what does.
    loop {}
}

/// Dual licensed, so that the helpers for GPL programs could be used.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
