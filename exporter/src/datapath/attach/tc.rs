//! The hooks of tc: TCX, or a filter of the clsact queue discipline where there is none.

use std::io;
use std::os::fd::AsFd;

use aya::programs::SchedClassifier;
use shared::Direction;

use super::{AttachError, errno};
use crate::datapath::filter::Filter;
use crate::datapath::wire::{AttachPoint, Link};
use crate::datapath::{Device, Tap};
use crate::process::Confinement;

pub(super) fn by_tcx(program: &SchedClassifier, tap: &Tap) -> Result<Link, AttachError> {
    let program = program.fd().map_err(|error| AttachError::Defect(Box::new(error)))?;

    Link::create(program.as_fd(), tap.device.index, AttachPoint::of_tcx(tap.direction), 0)
        .map_err(|source| of_tcx(source, tap))
}

pub(super) fn by_clsact(program: &mut SchedClassifier, tap: &Tap) -> Result<Filter, AttachError> {
    Filter::add(program, tap).map_err(|source| sorted(source, tap))
}

pub(super) fn in_front(
    program: &mut SchedClassifier,
    tap: &Tap,
    filter: &mut Filter,
) -> Result<bool, AttachError> {
    filter.go_in_front(program, &tap.device).map_err(|source| sorted(source, tap))
}

/// Sorts an error of TCX: a kernel that has none does not know what it is asked for.
fn of_tcx(source: io::Error, tap: &Tap) -> AttachError {
    let device = tap.device.name.to_string();
    let key = match tap.direction {
        Direction::Receive => "datapath.mode",
        Direction::Transmit => "datapath.transmit",
    };

    match errno(&source) {
        libc::EOPNOTSUPP | libc::EINVAL => AttachError::NoTcx { device, key, source },
        _ => sorted(source, tap),
    }
}

/// Sorts what the kernel said by what an operator can do about it.
fn sorted(source: io::Error, Tap { device: Device { name, .. }, direction }: &Tap) -> AttachError {
    let device = name.to_string();
    match (errno(&source), direction) {
        (libc::ENODEV | libc::ENXIO, _) => AttachError::Gone { device, source },
        (libc::EEXIST, Direction::Transmit) => AttachError::NoClsact { device, source },
        (libc::EPERM | libc::EACCES, _) => {
            AttachError::NotPermitted { device, confinement: Confinement::read(), source }
        }
        (libc::EOPNOTSUPP | libc::EINVAL | libc::ENOENT, Direction::Transmit) => {
            AttachError::NoTransmit { device, source }
        }
        (libc::EEXIST | libc::EOPNOTSUPP | libc::EINVAL | libc::ENOENT, Direction::Receive) => {
            AttachError::NoIngress { device, source }
        }
        _ => AttachError::Other { device, source },
    }
}
