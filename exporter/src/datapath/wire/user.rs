//! Whose process this is.

/// Returns the number of the user whose rights the process has.
pub(in super::super) fn own_user() -> u32 {
    // SAFETY: the call has no argument and always succeeds.
    unsafe { libc::geteuid() }
}
