//! Links between programs and devices, which end with their last descriptor or pin. Source:
//! include/uapi/linux/bpf.h, `union bpf_attr` and `struct bpf_link_info`.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use shared::Direction;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::syscall::bpf;

const BPF_OBJ_GET_INFO_BY_FD: libc::c_int = 15;
const BPF_LINK_CREATE: libc::c_int = 28;
const BPF_LINK_UPDATE: libc::c_int = 29;
const BPF_LINK_DETACH: libc::c_int = 34;
const BPF_LINK_TYPE_XDP: u32 = 6;

/// Before all programs that are there. Source: `BPF_F_BEFORE`.
const BEFORE: u32 = 1 << 3;
/// Only in the place of a program that is named. Source: `BPF_F_REPLACE`.
const REPLACE: u32 = 1 << 2;

/// Where a program is linked to a device. The numbers are those of `enum bpf_attach_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(in super::super) enum AttachPoint {
    Xdp = 37,
    TcxIngress = 46,
    TcxEgress = 47,
}

impl AttachPoint {
    pub(in super::super) const fn of_tcx(direction: Direction) -> Self {
        match direction {
            Direction::Receive => Self::TcxIngress,
            Direction::Transmit => Self::TcxEgress,
        }
    }
}

/// A program on a device for as long as this is held.
#[derive(Debug)]
pub(in super::super) struct Link {
    fd: OwnedFd,
}

#[repr(C)]
#[derive(Default, IntoBytes, Immutable)]
struct LinkCreate {
    prog_fd: u32,
    target_ifindex: u32,
    attach_type: u32,
    flags: u32,
    relative_fd: u32,
    reserved: u32,
    expected_revision: u64,
}

#[repr(C)]
#[derive(Default, IntoBytes, Immutable)]
struct LinkUpdate {
    link_fd: u32,
    new_prog_fd: u32,
    flags: u32,
    old_prog_fd: u32,
}

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct LinkDetach {
    link_fd: u32,
}

/// What a link holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Linked {
    pub(in super::super) ifindex: u32,
    /// The kernel's number of the program, which any process with the right may replace.
    pub(in super::super) program: u32,
    /// Else it is on a hook of TCX.
    pub(in super::super) is_xdp: bool,
}

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct GetInfo {
    fd: u32,
    length: u32,
    info: u64,
}

/// What XDP and TCX links have in common.
#[repr(C)]
#[derive(Default, FromBytes, IntoBytes, Immutable)]
struct LinkInfo {
    link_type: u32,
    id: u32,
    program_id: u32,
    reserved: u32,
    /// 0 once the program is off the device, or the device is gone.
    ifindex: u32,
    attach_type: u32,
}

impl Link {
    /// Links a program to a device; `flags` are those of the place. On TCX it becomes the first
    /// of all, because one before it could end the chain.
    pub(in super::super) fn create(
        program: BorrowedFd<'_>,
        ifindex: u32,
        place: AttachPoint,
        flags: u32,
    ) -> io::Result<Self> {
        let mut create = LinkCreate {
            prog_fd: program.as_raw_fd().cast_unsigned(),
            target_ifindex: ifindex,
            attach_type: place as u32,
            flags: match place {
                AttachPoint::Xdp => flags,
                AttachPoint::TcxIngress | AttachPoint::TcxEgress => flags | BEFORE,
            },
            ..LinkCreate::default()
        };
        // SAFETY: the attributes hold no address.
        let fd = unsafe { bpf(BPF_LINK_CREATE, &mut create) }?;

        // SAFETY: the call returned a descriptor that nothing else owns.
        Ok(Self { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Puts another program in the place of the one that is linked: every frame is seen by one of
    /// the two.
    pub(in super::super) fn update(&self, program: BorrowedFd<'_>) -> io::Result<()> {
        self.update_as(LinkUpdate {
            new_prog_fd: program.as_raw_fd().cast_unsigned(),
            ..LinkUpdate::default()
        })
    }

    /// Puts another program in the place of `before`.
    ///
    /// # Errors
    ///
    /// EPERM where another program than `before` is linked. Source: `bpf_xdp_link_update` in
    /// net/core/dev.c and `tcx_link_update` in kernel/bpf/tcx.c.
    pub(in super::super) fn exchange(
        &self,
        before: BorrowedFd<'_>,
        program: BorrowedFd<'_>,
    ) -> io::Result<()> {
        self.update_as(LinkUpdate {
            new_prog_fd: program.as_raw_fd().cast_unsigned(),
            flags: REPLACE,
            old_prog_fd: before.as_raw_fd().cast_unsigned(),
            ..LinkUpdate::default()
        })
    }

    fn update_as(&self, mut update: LinkUpdate) -> io::Result<()> {
        update.link_fd = self.fd.as_raw_fd().cast_unsigned();

        // SAFETY: the attributes hold no address.
        unsafe { bpf(BPF_LINK_UPDATE, &mut update) }.map(drop)
    }

    /// Takes the program off its device, whatever else holds the link. Without this it stays for a
    /// while where the link was pinned: up to Linux 6.17 the kernel lets go of what a name stood for
    /// only after an RCU grace period. Source: `bpf_free_inode` in kernel/bpf/inode.c.
    pub(in super::super) fn detach(&self) -> io::Result<()> {
        let mut detach = LinkDetach { link_fd: self.fd.as_raw_fd().cast_unsigned() };

        // SAFETY: the attributes hold no address.
        unsafe { bpf(BPF_LINK_DETACH, &mut detach) }.map(drop)
    }

    /// Returns the device and the program on it; `None` once the device is gone or another process
    /// removed the program: the kernel does not report which.
    pub(in super::super) fn linked(&self) -> io::Result<Option<Linked>> {
        let mut info = LinkInfo::default();
        let mut get = GetInfo {
            fd: self.fd.as_raw_fd().cast_unsigned(),
            #[expect(clippy::cast_possible_truncation, reason = "24 bytes")]
            length: size_of::<LinkInfo>() as u32,
            info: (&raw mut info).expose_provenance() as u64,
        };
        // SAFETY: the buffer is as long as said and lives until the call returns.
        unsafe { bpf(BPF_OBJ_GET_INFO_BY_FD, &mut get) }?;

        let LinkInfo { link_type, ifindex, program_id, .. } = info;
        Ok((ifindex != 0).then_some(Linked {
            ifindex,
            program: program_id,
            is_xdp: link_type == BPF_LINK_TYPE_XDP,
        }))
    }
}

impl From<OwnedFd> for Link {
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Returns whether the kernel attaches XDP programs by links, which end with the process.
///
/// One that does looks for the program first, and there is none; others do not know the type.
pub(in super::super) fn has_xdp_links() -> bool {
    let no_program = u32::MAX;
    let mut create = LinkCreate {
        prog_fd: no_program,
        attach_type: AttachPoint::Xdp as u32,
        ..LinkCreate::default()
    };

    // SAFETY: the attributes hold no address.
    let refusal =
        unsafe { bpf(BPF_LINK_CREATE, &mut create) }.map_err(|error| error.raw_os_error());
    refusal != Err(Some(libc::EINVAL))
}
