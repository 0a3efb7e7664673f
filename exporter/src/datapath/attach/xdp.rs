//! XDP: in the driver, or in the stack.

use std::io;
use std::os::fd::AsFd;

use aya::programs::Xdp;

use super::{AttachError, errno};
use crate::datapath::Device;
use crate::datapath::foreign::Owner;
use crate::datapath::wire::{AttachPoint, Link, has_xdp_links};
use crate::health::Mode;
use crate::process::Confinement;

/// Source: include/uapi/linux/if_link.h.
const XDP_FLAGS_SKB_MODE: u32 = 1 << 1;
const XDP_FLAGS_DRV_MODE: u32 = 1 << 2;

pub(super) fn attach(program: &Xdp, device: &Device, mode: Mode) -> Result<Link, AttachError> {
    if !has_xdp_links() {
        return Err(AttachError::NoLink { device: device.name.to_string() });
    }
    let flags = match mode {
        Mode::Native => XDP_FLAGS_DRV_MODE,
        Mode::Generic => XDP_FLAGS_SKB_MODE,
    };
    let program = program.fd().map_err(|error| AttachError::Defect(Box::new(error)))?;

    Link::create(program.as_fd(), device.index, AttachPoint::Xdp, flags)
        .map_err(|source| sorted(source, device, mode))
}

/// Sorts what the kernel said by what an operator can do about it.
fn sorted(source: io::Error, device: &Device, mode: Mode) -> AttachError {
    let device = device.name.to_string();
    match (errno(&source), mode) {
        (libc::ENODEV | libc::ENXIO, _) => AttachError::Gone { device, source },
        (libc::EBUSY | libc::EEXIST, _) => {
            AttachError::Busy { device, owner: Owner::default(), source }
        }
        (libc::EPERM | libc::EACCES, _) => {
            AttachError::NotPermitted { device, confinement: Confinement::read(), source }
        }
        (
            libc::EOPNOTSUPP
            | libc::EINVAL
            | libc::ERANGE
            | libc::ENOMEM
            | libc::ENOSPC
            | libc::E2BIG,
            Mode::Native,
        ) => AttachError::NoNative { device, source },
        (libc::EOPNOTSUPP | libc::EINVAL, Mode::Generic) => {
            AttachError::Unsupported { device, source }
        }
        _ => AttachError::Other { device, source },
    }
}
