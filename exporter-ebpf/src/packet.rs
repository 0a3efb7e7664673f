//! The bytes of one packet.

use core::ptr;

use zerocopy::FromBytes;

/// The bytes of one packet: `data..data_end` of its context.
///
/// Of a packet in several buffers these are the bytes of the first one.
#[derive(Clone, Copy)]
pub struct Packet {
    start: usize,
    end: usize,
}

impl Packet {
    /// # Safety
    ///
    /// `start..end` must stay readable for as long as the packet is in use.
    /// The bounds of an XDP or TC context do, until a helper resizes the packet.
    #[inline(always)]
    pub unsafe fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Returns how many bytes can be read.
    #[expect(clippy::cast_possible_truncation, reason = "a packet is shorter than 4 GiB")]
    #[inline(always)]
    pub const fn readable(&self) -> u32 {
        (self.end - self.start) as u32
    }

    /// Copies out the header at `offset`; `None` if the readable bytes end within it.
    #[inline(always)]
    pub fn read<H: FromBytes>(&self, offset: usize) -> Option<H> {
        let from = pinned(self.start, offset);

        // A `>` on the far end: unpatched kernels before 5.16 reject reads behind a
        // `>=` on the near one (fixed by torvalds/linux 2fa7d94afc1a).
        if from + size_of::<H>() > self.end {
            return None;
        }

        // SAFETY: the check keeps `from..from + size_of::<H>()` inside the packet,
        // `read_unaligned` needs no alignment, and `H: FromBytes` takes any bytes.
        Some(unsafe { ptr::with_exposed_provenance::<H>(from).read_unaligned() })
    }
}

/// Adds up an address in one register: the verifier knows what was checked by the register that
/// was compared, and the compiler must not compute the address anew for the read.
#[cfg(target_arch = "bpf")]
#[inline(always)]
fn pinned(start: usize, offset: usize) -> usize {
    let mut address = offset;
    // SAFETY: the instruction adds a register to another one.
    unsafe {
        core::arch::asm!(
            "{0} += {1}",
            inout(reg) address,
            in(reg) start,
            options(pure, nomem, nostack)
        );
    }

    address
}

#[cfg(not(target_arch = "bpf"))]
#[inline(always)]
fn pinned(start: usize, offset: usize) -> usize {
    start + offset
}
