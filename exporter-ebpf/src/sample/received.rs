//! A frame before the stack has it, as copies are taken of it.

use core::ffi::c_void;

use aya_ebpf::helpers::bpf_xdp_load_bytes;
use aya_ebpf::programs::XdpContext;
use shared::Direction;

use crate::sample::Bytes;

/// A frame before the stack has it.
pub(crate) struct Received<'a> {
    pub(crate) ctx: &'a XdpContext,
    /// Bytes in all its buffers.
    pub(crate) length: u32,
}

impl Bytes for Received<'_> {
    #[inline(always)]
    fn direction(&self) -> Direction {
        Direction::Receive
    }

    #[inline(always)]
    fn ifindex(&self) -> u32 {
        // SAFETY: the context lives as long as the program runs.
        unsafe { (*self.ctx.ctx).ingress_ifindex }
    }

    #[inline(always)]
    fn length(&self) -> u32 {
        self.length
    }

    #[inline(always)]
    fn tag(&self) -> u32 {
        0
    }

    #[inline(always)]
    fn starts_with_network(&self) -> bool {
        false
    }

    #[inline(always)]
    unsafe fn copy(&self, to: *mut c_void, length: u32) -> bool {
        // SAFETY: the context is that of this run; of the room the caller takes care.
        unsafe { bpf_xdp_load_bytes(self.ctx.ctx, 0, to, length) == 0 }
    }
}
