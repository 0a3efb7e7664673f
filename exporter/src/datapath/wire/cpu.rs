//! The CPU that a thread runs on.

use std::io;
use std::mem;

/// Keeps the calling thread on the first CPU that it may use, and returns that CPU's number.
pub(in super::super) fn stay_on_cpu() -> io::Result<usize> {
    // SAFETY: a set of CPUs is plain bits; no bit is an empty set.
    let mut allowed: libc::cpu_set_t = unsafe { mem::zeroed() };
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: the set is as long as said; 0 is the calling thread.
    let result = unsafe { libc::sched_getaffinity(0, size, &raw mut allowed) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the set has a bit for each number below its size.
    let is_allowed = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &allowed) };
    let cpu = (0..size * 8).find(is_allowed).ok_or(io::ErrorKind::NotFound)?;

    // SAFETY: as above.
    let mut one: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the set has a bit for each number below its size.
    unsafe { libc::CPU_SET(cpu, &mut one) };
    // SAFETY: the set is as long as said; 0 is the calling thread.
    let result = unsafe { libc::sched_setaffinity(0, size, &raw const one) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }

    Ok(cpu)
}
