//! Programs of two instructions. Source: include/uapi/linux/bpf.h, `union bpf_attr`.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use zerocopy::{Immutable, IntoBytes};

use super::syscall::bpf;

const BPF_PROG_LOAD: libc::c_int = 5;
const BPF_PROG_TYPE_SCHED_CLS: u32 = 3;
const BPF_PROG_TYPE_XDP: u32 = 6;
/// A program for XDP that takes frames in several buffers.
const BPF_F_XDP_HAS_FRAGS: u32 = 1 << 5;

const TCX_NEXT: i32 = -1;
const XDP_PASS: i32 = 2;

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct ProgramLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
}

/// Loads a program for TCX that does nothing: it lets the programs behind it decide.
pub(in super::super) fn load_nothing() -> io::Result<OwnedFd> {
    load(BPF_PROG_TYPE_SCHED_CLS, 0, TCX_NEXT)
}

/// Returns whether the kernel takes programs for XDP that take frames in several buffers (5.18). One
/// that does not refuses the flag; another refusal is another matter.
pub(in super::super) fn has_frags() -> bool {
    let refusal = load(BPF_PROG_TYPE_XDP, BPF_F_XDP_HAS_FRAGS, XDP_PASS).err();

    refusal.and_then(|error| error.raw_os_error()) != Some(libc::EINVAL)
}

/// Loads a program that only returns `result`.
fn load(prog_type: u32, prog_flags: u32, result: i32) -> io::Result<OwnedFd> {
    // `r0 = result` and `exit`. Source: RFC 9669, sections 4.1 and 4.3.
    let [a, b, c, d] = result.to_ne_bytes();
    let instructions: [[u8; 8]; 2] = [[0xb7, 0, 0, 0, a, b, c, d], [0x95, 0, 0, 0, 0, 0, 0, 0]];
    let mut load = ProgramLoad {
        prog_type,
        #[expect(clippy::cast_possible_truncation, reason = "two")]
        insn_cnt: instructions.len() as u32,
        insns: instructions.as_ptr().expose_provenance() as u64,
        license: c"Dual MIT/GPL".as_ptr().expose_provenance() as u64,
        log_level: 0,
        log_size: 0,
        log_buf: 0,
        kern_version: 0,
        prog_flags,
        prog_name: *b"count_nothing\0\0\0",
    };
    // SAFETY: the instructions are as many as said, the license ends with a zero, and both live until
    // the call returns.
    let fd = unsafe { bpf(BPF_PROG_LOAD, &mut load) }?;

    // SAFETY: the call returned a descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
