//! A socket buffer, as copies are taken of it.

use core::ffi::c_void;

use aya_ebpf::helpers::bpf_skb_load_bytes;
use aya_ebpf::programs::TcContext;
use shared::Direction;

use super::Bytes;
use crate::buffer::{Tap, skb};

/// A socket buffer.
pub(crate) struct InStack<'a> {
    pub(crate) ctx: &'a TcContext,
    pub(crate) tap: Tap,
}

impl Bytes for InStack<'_> {
    #[inline(always)]
    fn direction(&self) -> Direction {
        self.tap.direction
    }

    #[inline(always)]
    fn ifindex(&self) -> u32 {
        skb(self.ctx).ifindex
    }

    #[inline(always)]
    fn length(&self) -> u32 {
        self.ctx.len()
    }

    #[inline(always)]
    fn tag(&self) -> u32 {
        let skb = skb(self.ctx);
        if skb.vlan_present == 0 {
            return 0;
        }

        u32::from(u16::from_be(skb.vlan_proto as u16)) << 16 | skb.vlan_tci & 0xffff
    }

    #[inline(always)]
    fn starts_with_network(&self) -> bool {
        self.tap.starts_with_network
    }

    #[inline(always)]
    unsafe fn copy(&self, to: *mut c_void, length: u32) -> bool {
        // SAFETY: the context is that of this run; of the room the caller takes care.
        unsafe { bpf_skb_load_bytes(self.ctx.skb.skb.cast(), 0, to, length) == 0 }
    }
}
