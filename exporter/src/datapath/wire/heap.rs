//! Memory of this process.

/// Free memory that is not kept, in bytes: at the end of the heap, or of a single allocation.
#[cfg(target_env = "gnu")]
const NOT_KEPT: i32 = 64 * 1024;

/// Has all threads of the process share one heap, and the heap return what is free. To be called while
/// there is one thread.
///
/// Otherwise each thread that ever reads an object keeps megabytes that no other one uses: on a host
/// whose devices come and go, 60 MiB instead of 18. And the limits above which memory goes back to
/// the kernel grow with what was freed, up to 32 MiB. Source: `M_MMAP_THRESHOLD` in mallopt(3).
pub fn share_heap() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_TRIM_THRESHOLD, NOT_KEPT),
        (libc::M_MMAP_THRESHOLD, NOT_KEPT),
    ] {
        // SAFETY: the call takes no memory of ours; it may be made at any time, by any thread.
        unsafe { libc::mallopt(option, value) };
    }
}

/// Returns freed memory to the kernel: reading the object for a load takes some megabytes that are
/// not needed again soon, and the allocator keeps them.
pub(in super::super) fn give_back() {
    // SAFETY: the call takes no memory of ours; it may be made at any time, by any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
