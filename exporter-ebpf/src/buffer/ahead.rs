//! What lies before the network header of a frame that has no link layer.

use core::mem::MaybeUninit;

use aya_ebpf::bindings::bpf_hdr_start_off::BPF_HDR_START_NET;
use aya_ebpf::helpers::bpf_skb_load_bytes_relative;
use aya_ebpf::programs::TcContext;

/// The longest header of a link layer that may be in front of the network header.
const LINK_HEADERS: u32 = 0x3f;
/// Down to the length of IPv4 and that of IPv6. Source: RFC 791, section 3.1; RFC 8200, section 3.
const START: usize = 6;
const IPV6_HEADER: u32 = 40;

/// Returns how many bytes lie there: what a tunnel of IPsec receives keeps the header of the device
/// below. The length on the wire leaves it out.
///
/// Where that length has the headers that segments repeat, as of merged frames on Linux 7.2, the length
/// in the IP header says what lies before: a merged frame has no padding behind it.
#[inline(always)]
pub(super) fn ahead(ctx: &TcContext) -> u32 {
    let skb = super::skb(ctx);
    let behind = if skb.gso_size != 0 && skb.wire_len > skb.len {
        network_length(ctx).unwrap_or(skb.len)
    } else {
        skb.wire_len
    };

    skb.len.saturating_sub(behind) & LINK_HEADERS
}

/// Returns the length in the header where the kernel sees the network header; `None` where sixteen bits
/// are too few for it.
#[inline(always)]
fn network_length(ctx: &TcContext) -> Option<u32> {
    let mut start = MaybeUninit::<[u8; START]>::uninit();
    // SAFETY: the context is that of this run, and the helper writes no more than the bytes that `start`
    // has, all of them also where it fails.
    let outcome = unsafe {
        bpf_skb_load_bytes_relative(
            ctx.skb.skb.cast(),
            0,
            start.as_mut_ptr().cast(),
            START as u32,
            BPF_HDR_START_NET,
        )
    };
    // SAFETY: the helper has written every byte.
    let [version, _, b, c, d, e] = unsafe { start.assume_init() };
    let (length, more) = match version >> 4 {
        4 => ([b, c], 0),
        _ => ([d, e], IPV6_HEADER),
    };
    let length = u32::from(u16::from_be_bytes(length));

    (outcome == 0 && length != 0).then_some(length + more)
}
