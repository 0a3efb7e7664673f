//! The programs in the stack, those of one device and those of a pool.

use aya_ebpf::macros::classifier;
use aya_ebpf::programs::TcContext;
use shared::Direction;

use super::count_buffer;

/// Lets the programs behind this one decide; as `TC_ACT_UNSPEC`, the same in clsact. Source:
/// `enum tcx_action_base` in include/uapi/linux/bpf.h.
pub(crate) const TCX_NEXT: i32 = -1;

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
