//! Two programs on one device that share their maps: while the one in the stack gives way to that of
//! XDP, XDP leaves a mark before each frame, by which the one behind knows whether it was counted.

use core::mem::size_of;
use core::ptr;

use aya_ebpf::Global;
use aya_ebpf::helpers::bpf_xdp_adjust_meta;
use aya_ebpf::programs::{TcContext, XdpContext};
use exporter_ebpf::packet::Packet;
use shared::{Control, Totals};

use super::CONTROL;

/// The mark of a frame that is not counted yet, an even number that was drawn at random: the
/// metadata of other programs looks otherwise. That of a frame that was counted is one more.
#[unsafe(no_mangle)]
static HANDOVER_MARK: Global<u32> = Global::new(2);

const LENGTH: usize = size_of::<u32>();
/// A multicast frame of this host, which it gets back without a device. Source:
/// `dev_loopback_xmit` in net/core/dev.c.
const PACKET_LOOPBACK: u32 = 5;

/// Marks a frame; returns whether it is to be counted here. One that cannot be marked is left to the
/// program in the stack as long as there is one.
#[inline(always)]
pub(crate) fn mark(ctx: &XdpContext) -> bool {
    let told = told();
    let counts = told & Control::PROBING == 0;
    // SAFETY: the helper moves the start of the metadata, of which nothing is in use.
    let moved = unsafe { bpf_xdp_adjust_meta(ctx.ctx, -(LENGTH as i32)) };
    let start = ctx.metadata();
    if moved != 0 || start + LENGTH > ctx.metadata_end() {
        return told & Control::ALONE != 0;
    }
    let mark = HANDOVER_MARK.load() | u32::from(counts);
    // SAFETY: the check keeps these bytes before the packet, and the write needs no alignment.
    unsafe { ptr::with_exposed_provenance_mut::<u32>(start).write_unaligned(mark) };

    counts
}

/// Returns whether a frame is to be counted in the stack, and notes whether it has a mark.
#[inline(always)]
pub(crate) fn is_left(ctx: &TcContext, totals: &mut Totals) -> bool {
    // SAFETY: the context lives as long as the program runs.
    let skb = unsafe { &*ctx.skb.skb };
    // SAFETY: the context's bounds are those of its metadata, which nothing moves.
    let metadata = unsafe { Packet::new(skb.data_meta as usize, ctx.data()) };
    let found = metadata.read::<u32>(0);
    let uncounted = HANDOVER_MARK.load();
    if found == Some(uncounted | 1) {
        return false;
    }
    if found == Some(uncounted) {
        totals.marked += 1;
    } else if skb.pkt_type != PACKET_LOOPBACK {
        totals.unmarked += 1;
    }

    true
}

/// Returns the bits that tell what to do.
#[inline(always)]
fn told() -> u32 {
    let Some(control) = CONTROL.get_ptr(0) else { return Control::PROBING };
    // SAFETY: the map outlives the program and user space writes whole words.
    let Control { generation, .. } = unsafe { ptr::read_volatile(control) };

    generation
}
