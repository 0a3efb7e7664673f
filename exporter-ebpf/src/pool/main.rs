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
#[path = "../in_stack.rs"]
mod in_stack;
#[path = "../keys.rs"]
mod keys;
mod maps;
#[path = "../object.rs"]
mod object;
#[path = "../sample.rs"]
mod sample;

use aya_ebpf::programs::TcContext;
use buffer::Tap;
use exporter_ebpf::settle;
use maps::{Partition, settings};
use sample::in_stack::InStack;
use shared::Direction;

/// Counts a socket buffer.
#[inline(always)]
fn count_buffer(ctx: &TcContext, direction: Direction) {
    // SAFETY: this is the only call in a run.
    if let Some((place, memory)) = unsafe { Partition::here(ifindex(ctx)) } {
        let tap = Tap { direction, starts_with_network: settings::starts_with_network() };
        let segments = buffer::parse(ctx, tap, &mut memory.parsed);
        settle();

        sample::take(place.index >> 1, &InStack { ctx, tap }, &memory.parsed, segments.number);
        place.frame(memory, segments);
        keys::count(place, memory, segments.number.into(), || buffer::packet(ctx));
    }
}

#[inline(always)]
fn ifindex(ctx: &TcContext) -> u32 {
    // SAFETY: the context lives as long as the program runs.
    unsafe { (*ctx.skb.skb).ifindex }
}
