//! Programs for tests and benchmarks, never part of the service: floors to compare the program
//! that counts with, and a generator of frames in front of it.
#![no_std]
#![no_main]
#![expect(clippy::needless_pass_by_value, reason = "the entry points of aya take their context")]

mod linger;
mod maps;
#[path = "../object.rs"]
mod object;
#[expect(unreachable_pub, reason = "the crate `tests` compiles this file too")]
mod profile;

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::{bpf_skb_vlan_push, bpf_xdp_get_buff_len};
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::{self, Provenance};
use exporter_ebpf::settle;
use maps::UNDER_TEST;
use profile::{PORT_AT, SOURCE_AT, draw};
use shared::Direction;

/// The floor of every program.
#[xdp(frags)]
fn pass(_ctx: XdpContext) -> u32 {
    xdp_action::XDP_PASS
}

/// The floor of every program that knows what is in a frame: parses it into the memory of this
/// CPU, as the program that counts does, and stops there.
#[expect(clippy::cast_possible_truncation, reason = "a packet is shorter than 4 GiB")]
#[xdp(frags)]
fn parse(ctx: XdpContext) -> u32 {
    // SAFETY: the context's bounds are those of its packet, which is not resized.
    let packet = unsafe { Packet::new(ctx.data(), ctx.data_end()) };
    // SAFETY: the helper only reads the lengths of the packet's buffers.
    let full_length = || unsafe { bpf_xdp_get_buff_len(ctx.ctx) } as u32;

    if let Some(totals) = maps::totals() {
        let origin = Provenance::live(Direction::Receive);
        parse::parse(packet, origin, maps::Device(full_length), &mut totals.parsed);
        settle();
    }

    xdp_action::XDP_PASS
}

/// Makes of the frame the next one of the profile, and hands it to the program under test.
#[xdp(frags)]
fn generate(ctx: XdpContext) -> u32 {
    if rewrite(&ctx).is_none() {
        return xdp_action::XDP_ABORTED;
    }
    // SAFETY: nothing here has to be dropped.
    unsafe { UNDER_TEST.tail_call(&ctx, 0) };

    // There is no program under test.
    xdp_action::XDP_ABORTED
}

/// Makes of the frame the next one of the profile, and sends it out of the device on which it
/// came in; the device at the other end of the cable receives it.
#[xdp(frags)]
fn emit(ctx: XdpContext) -> u32 {
    match rewrite(&ctx) {
        Some(()) => xdp_action::XDP_TX,
        None => xdp_action::XDP_ABORTED,
    }
}

/// Puts a VLAN tag beside a frame that is sent, as a VLAN device does.
#[classifier]
fn tag(ctx: TcContext) -> i32 {
    const NEXT: i32 = -1;
    const VLAN: u16 = 0x8100;
    const ID: u16 = 42;

    // SAFETY: the context is that of the program that runs.
    unsafe { bpf_skb_vlan_push(ctx.skb.skb, VLAN.to_be(), ID) };

    NEXT
}

/// The floor of every program of TCX: the programs behind it decide.
#[classifier]
fn pass_on(_ctx: TcContext) -> i32 {
    const NEXT: i32 = -1;

    NEXT
}

/// Lets a frame go, past all programs behind it.
#[classifier]
fn accept(_ctx: TcContext) -> i32 {
    const TC_ACT_OK: i32 = 0;

    TC_ACT_OK
}

/// `None` where the frame is too short to be rewritten.
#[inline(always)]
fn rewrite(ctx: &XdpContext) -> Option<()> {
    let start = ctx.data();
    if start + PORT_AT + size_of::<u16>() > ctx.data_end() {
        return None;
    }
    let drawn = draw(&maps::profile(), maps::next()?, maps::quantile);

    if let Some(source) = drawn.source {
        let place = core::ptr::with_exposed_provenance_mut::<u32>(start + SOURCE_AT);
        // SAFETY: the check above keeps the place inside the packet.
        unsafe { place.write_unaligned(source.to_be()) };
    }
    if let Some(port) = drawn.port {
        let place = core::ptr::with_exposed_provenance_mut::<u16>(start + PORT_AT);
        // SAFETY: the check above keeps the place inside the packet.
        unsafe { place.write_unaligned(port.to_be()) };
    }

    Some(())
}
