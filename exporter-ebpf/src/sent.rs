//! Frames on their way out: socket buffers with what the stack knows beside their bytes.

use aya_ebpf::programs::TcContext;
use exporter_ebpf::packet::Packet;
use exporter_ebpf::parse::{self, Provenance};
use exporter_ebpf::segments::{Buffer, Segments};
use shared::{Direction, Parsed, Protocol, Rare};

use super::maps::settings::Device;
use super::settle;

/// Bytes that are made readable where headers lie outside of the first ones; few buffers are so.
const HEADERS: u32 = 2048;
/// The id is the low twelve bits of the tag. Source: IEEE 802.1Q-2022, section 9.6.
const VLAN_ID: u32 = 0x0fff;
const UDP_LENGTH: u32 = 8;
/// Where a TCP header has its length. Source: RFC 9293, section 3.1.
const TCP_DATA_OFFSET: usize = 12;
const JUMBO_LENGTH: usize = 8;
/// The next header is TCP, eight bytes, jumbo payload, of four bytes.
const JUMBO: [u8; 4] = [6, 0, 0xc2, 4];

/// Parses a frame, and returns which frames on the wire it becomes. The length in `out` is that of
/// all of them.
#[inline(always)]
pub(crate) fn parse(ctx: &TcContext, out: &mut Parsed) -> Segments {
    let tag = tag(ctx);
    parse_bytes(ctx, tag.is_some(), out);
    settle();
    // The stack may leave headers in pages; then they are copied together, and read once more.
    if out.rare & Rare::MALFORMED != 0
        && packet(ctx).readable() < ctx.len() as usize
        && ctx.pull_data(ctx.len().min(HEADERS)).is_ok()
    {
        parse_bytes(ctx, tag.is_some(), out);
        settle();
    }
    if let Some(id) = tag {
        out.rare |= Rare::VLAN;
        out.vlan = id;
    }

    let mut buffer = buffer(ctx, tag.is_some());
    if buffer.segment_size != 0 && has_jumbo(ctx, out) {
        buffer.dropped = JUMBO_LENGTH as u32;
    }
    let segments = Segments::of(buffer, || header(ctx, out));
    out.length = segments.bytes;

    segments
}

#[inline(always)]
fn parse_bytes(ctx: &TcContext, tag_aside: bool, out: &mut Parsed) {
    let origin = Provenance { tag_aside, ..Provenance::live(Direction::Transmit) };

    parse::parse(packet(ctx), origin, Device(|| ctx.len()), out);
}

#[inline(always)]
fn packet(ctx: &TcContext) -> Packet {
    // SAFETY: the context's bounds are those of its readable bytes. What was made before they are
    // moved by `pull_data` is not used behind it.
    unsafe { Packet::new(ctx.data(), ctx.data_end()) }
}

/// Returns the id of a tag that is beside the bytes.
#[inline(always)]
fn tag(ctx: &TcContext) -> Option<u16> {
    // SAFETY: the context lives as long as the program runs.
    let skb = unsafe { &*ctx.skb.skb };

    (skb.vlan_present != 0).then_some((skb.vlan_tci & VLAN_ID) as u16)
}

#[inline(always)]
fn buffer(ctx: &TcContext, tag_aside: bool) -> Buffer {
    // SAFETY: as for `tag`.
    let skb = unsafe { &*ctx.skb.skb };

    Buffer {
        length: skb.len,
        wire_length: skb.wire_len,
        segments: skb.gso_segs,
        segment_size: skb.gso_size,
        tag_aside,
        dropped: 0,
    }
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

/// Returns the length of all headers, which every segment has.
#[inline(always)]
fn header(ctx: &TcContext, parsed: &Parsed) -> u32 {
    // Extensions take 16 KiB at the most. The mask shows this to the verifier.
    let transport = usize::from(parsed.transport_offset & 0x7fff);
    if parsed.cell & 31 != Protocol::Tcp as u8 {
        return transport as u32 + UDP_LENGTH;
    }
    let data_offset = packet(ctx).read::<u8>(transport + TCP_DATA_OFFSET).unwrap_or(0);

    transport as u32 + u32::from(data_offset >> 4) * 4
}
