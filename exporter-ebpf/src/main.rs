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
mod frame;
mod handing_over;
mod in_stack;
mod keys;
mod maps;
mod object;
mod sample;

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::macros::xdp;
use aya_ebpf::programs::{TcContext, XdpContext};
use shared::Direction;

/// Counts a received frame and lets it pass.
#[xdp(frags)]
#[inline(always)]
fn count_received(ctx: XdpContext) -> u32 {
    frame::count_first(&ctx);

    xdp_action::XDP_PASS
}

/// Counts a socket buffer.
#[inline(always)]
fn count_buffer(ctx: &TcContext, direction: Direction) {
    frame::count_if(ctx, direction, |_| true);
}
