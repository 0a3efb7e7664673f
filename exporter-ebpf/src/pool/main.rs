//! The programs for devices that share one program and its maps.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    reason = "aya's entry points own their context; the kernel's numbers are wider than they need be"
)]

#[path = "../buffer.rs"]
mod buffer;
#[path = "../keys.rs"]
mod keys;
mod maps;

use core::sync::atomic::{Ordering, compiler_fence};

use aya_ebpf::macros::classifier;
use aya_ebpf::programs::TcContext;
use buffer::Tap;
use maps::{Partition, settings};
use shared::Direction;

/// Lets the programs behind this one decide; as `TC_ACT_UNSPEC`, the same in clsact. Source:
/// `enum tcx_action_base` in include/uapi/linux/bpf.h.
const TCX_NEXT: i32 = -1;

/// Counts a frame that the stack has received, as the segments that were merged to it, and passes
/// it on.
#[classifier]
#[inline(always)]
fn count_ingress(ctx: TcContext) -> i32 {
    count(&ctx, Direction::Receive);

    TCX_NEXT
}

/// Counts a frame that is sent, as the segments that it becomes, and passes it on.
#[classifier]
#[inline(always)]
fn count_sent(ctx: TcContext) -> i32 {
    count(&ctx, Direction::Transmit);

    TCX_NEXT
}

/// Counts a socket buffer.
#[inline(always)]
fn count(ctx: &TcContext, direction: Direction) {
    // SAFETY: this is the only call in a run.
    if let Some((place, memory)) = unsafe { Partition::here(ifindex(ctx)) } {
        let tap = Tap { direction, starts_with_network: settings::starts_with_network() };
        let segments = buffer::parse(ctx, tap, &mut memory.parsed);
        settle();

        place.frame(memory, segments);
        keys::count(place, memory, segments.number.into(), || buffer::packet(ctx));
    }
}

#[inline(always)]
fn ifindex(ctx: &TcContext) -> u32 {
    // SAFETY: the context lives as long as the program runs.
    unsafe { (*ctx.skb.skb).ifindex }
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
