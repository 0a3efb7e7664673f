//! The programs of a device that goes over from the stack to XDP: both are on it for a while.

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};
use shared::Direction;

use super::frame::{count_first, count_if};
use super::in_stack::TCX_NEXT;
use super::maps::handover;

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
/// `count_ingress` does, and passes it on.
#[classifier]
#[inline(always)]
fn count_unmarked(ctx: TcContext) -> i32 {
    count_if(&ctx, Direction::Receive, |totals| handover::is_left(&ctx, totals));

    TCX_NEXT
}
