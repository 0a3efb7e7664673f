//! Single entries of array maps that are not mapped into memory.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::syscall::{MapElement, bpf};

const BPF_MAP_LOOKUP_ELEM: libc::c_int = 1;
const BPF_MAP_UPDATE_ELEM: libc::c_int = 2;

/// Copies out an entry of an array.
pub(in super::super) fn read_entry<T>(map: BorrowedFd<'_>, index: u32) -> io::Result<T>
where
    T: FromBytes + IntoBytes + Immutable,
{
    let mut entry = T::new_zeroed();
    call(BPF_MAP_LOOKUP_ELEM, map, index, &raw mut entry)?;

    Ok(entry)
}

/// Sets an entry of an array to zero.
pub(in super::super) fn clear_entry<T>(map: BorrowedFd<'_>, index: u32) -> io::Result<()>
where
    T: FromBytes + IntoBytes + Immutable,
{
    let mut zeros = T::new_zeroed();

    call(BPF_MAP_UPDATE_ELEM, map, index, &raw mut zeros)
}

/// Has the kernel read or write an entry at `value`.
fn call<T>(command: libc::c_int, map: BorrowedFd<'_>, index: u32, value: *mut T) -> io::Result<()> {
    const { assert!(size_of::<T>().is_multiple_of(8), "the kernel rounds entries up to eight bytes") };
    let mut element = MapElement {
        map_fd: map.as_raw_fd().cast_unsigned(),
        reserved: 0,
        key: (&raw const index).expose_provenance() as u64,
        value: value.expose_provenance() as u64,
        flags: 0,
    };

    // SAFETY: the key and the value live until the call returns, and the value is as long as entries
    // of the map are.
    unsafe { bpf(command, &mut element) }.map(drop)
}
