//! Whether frames may come to XDP in several buffers, which is constant for a kernel.

use aya_ebpf::Global;

use super::settings::is_on;

#[unsafe(no_mangle)]
static XDP_FRAGS: Global<u8> = Global::new(1);

/// Returns whether they may, and then the kernel has the helper for their whole length.
#[inline(always)]
pub(crate) fn are_possible() -> bool {
    is_on(&XDP_FRAGS)
}
