//! Frames in the stack: socket buffers, with what it knows of them beside their bytes.

#[path = "buffer/ahead.rs"]
mod ahead;

use aya_ebpf::bindings::__sk_buff;
use aya_ebpf::programs::TcContext;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::{self, Provenance, Start};
use exporter_ebpf::segments::{Buffer, Segments, repeated};
use exporter_ebpf::settle;
use shared::{Direction, Parsed, Rare};

use super::maps::device::Device;
use ahead::ahead;

/// Bytes that are made readable where headers lie outside of the first ones; few buffers are so.
const HEADERS: u32 = 2048;
/// The id is the low twelve bits of the tag. Source: IEEE 802.1Q-2022, section 9.6.
const VLAN_ID: u32 = 0x0fff;
const JUMBO_LENGTH: usize = 8;
/// The next header is TCP, eight bytes, jumbo payload, of four bytes.
const JUMBO: [u8; 4] = [6, 0, 0xc2, 4];

/// Which frames a program sees.
#[derive(Clone, Copy)]
pub(crate) struct Tap {
    pub(crate) direction: Direction,
    /// The frames of the device have no header of a link layer.
    pub(crate) starts_with_network: bool,
}

/// Parses a frame, and returns which frames on the wire it is made of or becomes. The length in
/// `out` is that of all of them.
#[inline(always)]
pub(crate) fn parse(ctx: &TcContext, tap: Tap, out: &mut Parsed) -> Segments {
    let tag = tag(ctx);
    let may_be_ahead = tap.starts_with_network && tap.direction == Direction::Receive;
    let ahead = if may_be_ahead { ahead(ctx) } else { 0 };
    let origin = origin(ctx, tap, tag.is_some(), ahead);
    parse_bytes(ctx, origin, out);
    // The stack may leave headers in pages; then they are copied together, and read once more.
    if out.rare & Rare::MALFORMED != 0
        && packet(ctx).readable() < ctx.len()
        && ctx.pull_data(ctx.len().min(HEADERS)).is_ok()
    {
        parse_bytes(ctx, origin, out);
    }
    if let Some(id) = tag {
        out.rare |= Rare::VLAN;
        out.vlan = id;
    }

    let mut buffer = buffer(ctx, tap.direction);
    buffer.tag_aside = tag.is_some();
    buffer.length = buffer.length.saturating_sub(ahead);
    if buffer.segment_size != 0 && has_jumbo(ctx, out) {
        buffer.dropped = JUMBO_LENGTH as u32;
    }
    if buffer.lacks_header() {
        repeated(packet(ctx), out);
    }
    settle();
    let segments = Segments::of(buffer, out.length.saturating_sub(ahead));
    out.length = segments.bytes;

    segments
}

#[inline(always)]
fn origin(ctx: &TcContext, tap: Tap, tag_aside: bool, ahead: u32) -> Provenance {
    let start = Start::NamedIf {
        is_named: tap.starts_with_network,
        ethertype: u16::from_be(skb(ctx).protocol as u16),
        offset: ahead as usize,
    };

    Provenance { start, tag_aside, ..Provenance::live(tap.direction) }
}

#[inline(always)]
fn parse_bytes(ctx: &TcContext, origin: Provenance, out: &mut Parsed) {
    parse::parse(packet(ctx), origin, Device(|| ctx.len()), out);
    settle();
}

#[inline(always)]
pub(crate) fn packet(ctx: &TcContext) -> Packet {
    // SAFETY: the context's bounds are those of its readable bytes. What was made before they are
    // moved by `pull_data` is not used behind it.
    unsafe { Packet::new(ctx.data(), ctx.data_end()) }
}

/// Returns the id of a tag that is beside the bytes.
#[inline(always)]
fn tag(ctx: &TcContext) -> Option<u16> {
    let skb = skb(ctx);

    // Without the mark the tag may be that of another device. Seen on Linux 6.1.
    (skb.vlan_present != 0).then_some((skb.vlan_tci & VLAN_ID) as u16)
}

#[inline(always)]
fn buffer(ctx: &TcContext, direction: Direction) -> Buffer {
    let skb = skb(ctx);

    Buffer {
        length: skb.len,
        wire_length: match direction {
            Direction::Receive => None,
            Direction::Transmit => Some(skb.wire_len),
        },
        segments: skb.gso_segs,
        segment_size: skb.gso_size,
        tag_aside: false,
        dropped: 0,
    }
}

#[inline(always)]
pub(crate) fn skb(ctx: &TcContext) -> &__sk_buff {
    // SAFETY: the context lives as long as the program runs.
    unsafe { &*ctx.skb.skb }
}

/// Returns whether an extension before the TCP header has the length of the payload. The stack puts
/// it in where sixteen bits are too few for it, and takes it out of the segments. Source: RFC 2675,
/// section 2; `ip6_xmit` in net/ipv6/ip6_output.c, `ipv6_hopopt_jumbo_remove` in
/// include/net/ipv6.h.
#[inline(always)]
fn has_jumbo(ctx: &TcContext, parsed: &Parsed) -> bool {
    // Extensions take 16 KiB at the most. The mask shows this to the verifier.
    let transport = usize::from(parsed.transport_offset & 0x7fff);
    if transport < JUMBO_LENGTH || ctx.len() <= 0xffff {
        return false;
    }
    let extension = transport - JUMBO_LENGTH;
    let Some(found) = packet(ctx).read::<[u8; JUMBO_LENGTH]>(extension) else { return false };

    let [.., a, b, c, d] = found;
    found[..4] == JUMBO && u32::from_be_bytes([a, b, c, d]) == ctx.len() - extension as u32
}
