//! What is sent: by TCX, or by a filter of the clsact queue discipline where there is none.

use std::io;
use std::os::fd::AsFd;

use aya::programs::SchedClassifier;

use super::{AttachError, errno};
use crate::datapath::Device;
use crate::datapath::filter::Filter;
use crate::datapath::wire::{AttachPoint, Link};
use crate::process::Confinement;

pub(super) fn by_tcx(program: &SchedClassifier, device: &Device) -> Result<Link, AttachError> {
    let program = program.fd().map_err(|error| AttachError::Defect(Box::new(error)))?;

    Link::create(program.as_fd(), device.index, AttachPoint::TcxEgress, 0)
        .map_err(|source| sorted(source, device))
}

pub(super) fn by_clsact(
    program: &mut SchedClassifier,
    device: &Device,
) -> Result<Filter, AttachError> {
    Filter::add(program, device).map_err(|source| sorted(source, device))
}

pub(super) fn in_front(
    program: &mut SchedClassifier,
    device: &Device,
    filter: &mut Filter,
) -> Result<bool, AttachError> {
    filter.go_in_front(program, device).map_err(|source| sorted(source, device))
}

/// Sorts what the kernel said by what an operator can do about it.
fn sorted(source: io::Error, device: &Device) -> AttachError {
    let device = device.name.to_string();
    match errno(&source) {
        libc::ENODEV | libc::ENXIO => AttachError::Gone { device, source },
        libc::EEXIST => AttachError::NoClsact { device, source },
        libc::EPERM | libc::EACCES => {
            AttachError::NotPermitted { device, confinement: Confinement::read(), source }
        }
        libc::EOPNOTSUPP | libc::EINVAL | libc::ENOENT => {
            AttachError::NoTransmit { device, source }
        }
        _ => AttachError::Other { device, source },
    }
}
