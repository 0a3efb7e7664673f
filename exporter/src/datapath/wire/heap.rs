//! Memory of this process.

/// Has all threads of the process share one heap. Otherwise each thread that ever reads an object keeps megabytes
/// that no other one uses: on a host whose devices come and go, 60 MiB instead of 18.
pub fn share_heap() {
    // SAFETY: the call takes no memory of ours; it may be made at any time, by any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
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
