//! The programs of TCX that see in turn what a device receives or sends. Source: include/uapi/linux/bpf.h and
//! kernel/bpf/mprog.c.

use std::io;

use shared::Direction;
use zerocopy::{Immutable, IntoBytes};

use super::link::AttachPoint;
use super::syscall::bpf;

const BPF_PROG_QUERY: libc::c_int = 16;

/// No device has this index.
const NO_DEVICE: u32 = i32::MAX.cast_unsigned();
/// Most programs on one hook. Source: `BPF_MPROG_MAX` in include/linux/bpf_mprog.h.
const MOST: usize = 64;

#[repr(C)]
#[derive(Default, IntoBytes, Immutable)]
struct ProgramQuery {
    target_ifindex: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    prog_ids: u64,
    count: u32,
    reserved: u32,
    prog_attach_flags: u64,
    link_ids: u64,
    link_attach_flags: u64,
    revision: u64,
}

/// Returns whether the kernel has TCX (6.6): one that has looks for the device, and there is none.
pub(in super::super) fn has_tcx() -> bool {
    let mut query = ProgramQuery {
        target_ifindex: NO_DEVICE,
        attach_type: AttachPoint::TcxEgress as u32,
        ..ProgramQuery::default()
    };

    // SAFETY: the attributes hold no address.
    let refusal = unsafe { bpf(BPF_PROG_QUERY, &mut query) }.map_err(|error| error.raw_os_error());
    refusal == Err(Some(libc::ENODEV))
}

/// Returns the kernel's numbers of the programs of TCX that see what a device receives or sends, in
/// their order.
///
/// # Errors
///
/// ENODEV without the device, EINVAL on kernels without TCX.
pub(in super::super) fn in_turn(ifindex: u32, direction: Direction) -> io::Result<Vec<u32>> {
    let mut ids = [0_u32; MOST];
    let mut query = ProgramQuery {
        target_ifindex: ifindex,
        attach_type: AttachPoint::of_tcx(direction) as u32,
        prog_ids: ids.as_mut_ptr().expose_provenance() as u64,
        #[expect(clippy::cast_possible_truncation, reason = "64")]
        count: MOST as u32,
        ..ProgramQuery::default()
    };
    // SAFETY: the array holds as many numbers as said and lives until the call returns.
    unsafe { bpf(BPF_PROG_QUERY, &mut query) }?;

    Ok(ids.into_iter().take(query.count as usize).collect())
}
