//! Names for kernel objects on a BPF file system, which keep them when their process ends.
//! Source: include/uapi/linux/bpf.h, `BPF_OBJ_PIN` and `BPF_OBJ_GET`.

use std::ffi::CString;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use zerocopy::{Immutable, IntoBytes};

use super::syscall::bpf;

const BPF_OBJ_PIN: libc::c_int = 6;
const BPF_OBJ_GET: libc::c_int = 7;

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct Object {
    path: u64,
    fd: u32,
    file_flags: u32,
}

/// Pins an object under a name, which must not be in use.
pub(in super::super) fn pin(object: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut pin = Object {
        path: path.as_ptr().expose_provenance() as u64,
        fd: object.as_raw_fd().cast_unsigned(),
        file_flags: 0,
    };

    // SAFETY: the path ends with a zero and lives until the call returns.
    unsafe { bpf(BPF_OBJ_PIN, &mut pin) }.map(drop)
}

/// Opens the object with that name.
pub(in super::super) fn pinned(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut get = Object { path: path.as_ptr().expose_provenance() as u64, fd: 0, file_flags: 0 };
    // SAFETY: the path ends with a zero and lives until the call returns.
    let fd = unsafe { bpf(BPF_OBJ_GET, &mut get) }?;

    // SAFETY: the call returned a descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Returns whether objects can be pinned in a directory.
pub(in super::super) fn takes_pins(directory: &Path) -> io::Result<bool> {
    let path = CString::new(directory.as_os_str().as_bytes())?;
    // SAFETY: the struct is plain numbers.
    let mut about: libc::statfs = unsafe { mem::zeroed() };
    // SAFETY: the path ends with a zero; the struct is the one that the call fills.
    let result = unsafe { libc::statfs(path.as_ptr(), &raw mut about) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }

    Ok(about.f_type == libc::BPF_FS_MAGIC)
}
