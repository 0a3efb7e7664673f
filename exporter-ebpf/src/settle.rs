//! Where the ways through a program meet.

use core::sync::atomic::{Ordering, compiler_fence};

/// Makes the compiler read back from memory what it wrote there, so that the verifier meets one state
/// behind this instead of one for each way that leads here.
#[inline(always)]
pub fn settle() {
    compiler_fence(Ordering::SeqCst);
}
