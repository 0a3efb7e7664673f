//! The programs that count packets in the kernel.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    reason = "aya's entry points own their context; the kernel's numbers are wider than they need be"
)]

mod maps;
mod sent;

use core::sync::atomic::{Ordering, compiler_fence};

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};
use exporter_ebpf::attribute::Found;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::Provenance;
use exporter_ebpf::segments::Segments;
use exporter_ebpf::{count, parse};
use maps::{Partition, settings};
use shared::{
    Direction, PortProtocol, Protocol, Rare, SourceSlot, Totals, hash_address, hash_port,
};

/// Lets the programs behind this one decide; as `TC_ACT_UNSPEC`, the same in clsact. Source:
/// `enum tcx_action_base` in include/uapi/linux/bpf.h.
const TCX_NEXT: i32 = -1;

/// Counts a received frame and lets it pass.
#[xdp(frags)]
#[inline(always)]
fn count_received(ctx: XdpContext) -> u32 {
    // SAFETY: the context's bounds are those of its packet, which is not resized.
    let packet = unsafe { Packet::new(ctx.data(), ctx.data_end()) };
    // SAFETY: the helper only reads the lengths of the packet's buffers.
    let full_length = || unsafe { bpf_xdp_get_buff_len(ctx.ctx) } as u32;

    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() } {
        let origin = Provenance::live(Direction::Receive);
        parse::parse(packet, origin, full_length, &mut totals.parsed);
        settle();

        let frame = Segments::one(totals.parsed.length);
        count::frame(totals, frame);
        count_keys(place, totals, frame.number.into());
    }

    xdp_action::XDP_PASS
}

/// Counts a frame that is sent, as the segments that it becomes, and passes it on.
#[classifier]
#[inline(always)]
fn count_sent(ctx: TcContext) -> i32 {
    // SAFETY: this is the only call in a run.
    if let Some((place, totals)) = unsafe { Partition::here() } {
        let segments = sent::parse(&ctx, &mut totals.parsed);
        settle();

        count::frame(totals, segments);
        count_keys(place, totals, segments.number.into());
    }

    TCX_NEXT
}

/// Has what was parsed read back from memory, so that the ways through the parser meet here.
#[inline(always)]
fn settle() {
    compiler_fence(Ordering::SeqCst);
}

/// Counts `packets` under everything that has a key.
#[inline(always)]
fn count_keys(place: Partition, totals: &mut Totals, packets: u64) {
    let cell = totals.parsed.cell;

    if totals.parsed.rare & Rare::VLAN != 0 && settings::vlans() {
        place.vlan(totals.parsed.vlan, packets);
    }
    if !count::is_ip(cell) {
        return;
    }
    let mark = count_port(place, totals, cell & 31, packets);
    let hash = hash_address(totals.parsed.address, settings::address_seeds());
    let mut found = Found::First;
    if settings::sources() {
        found = place.source(totals, packets, hash, mark);
    }
    // A source that has packets was noted with the first of them.
    if found != Found::Known && settings::signals() {
        count::distinct_source(totals, cell, hash);
    }
}

/// Counts `packets` under their port; returns the mark that the source gets for it.
#[inline(always)]
fn count_port(place: Partition, totals: &mut Totals, protocol: u8, packets: u64) -> u64 {
    let protocol = match protocol {
        _ if protocol == Protocol::Tcp as u8 => PortProtocol::Tcp,
        _ if protocol == Protocol::Udp as u8 => PortProtocol::Udp,
        _ if protocol == Protocol::Sctp as u8 => PortProtocol::Sctp,
        _ => return 0,
    };
    let key = count::port_key(protocol, &totals.parsed, settings::is_ephemeral);
    let hash = hash_port(key, settings::port_seed());
    if settings::ports() {
        place.port(totals, packets, key, hash);
    }
    if !settings::signals() {
        return 0;
    }
    // A known key tells nothing about this port: its first packet may have been a reply from it.
    if totals.parsed.has_ports != 0 {
        count::distinct_port(totals, protocol, totals.parsed.destination_port);
    }

    match count::opened(protocol, &totals.parsed, key) {
        Some(tried) => SourceSlot::mark(hash_port(tried, settings::port_seed())),
        None => SourceSlot::mark(hash),
    }
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
