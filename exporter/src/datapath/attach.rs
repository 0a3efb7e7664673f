//! Attaching, and what stands in the way of it.

mod error;
mod tc;
mod xdp;

use std::io;
use std::os::fd::AsFd;

use aya::Ebpf;
use aya::programs::{Program, ProgramError, ProgramFd, ProgramInfo, SchedClassifier, Xdp};

use super::filter::Filter;
use super::instance::Instance;
use super::pins::PinDirectory;
use super::wire::{Link, load_nothing};
use super::{Placement, Presence, Tap};
use crate::health::{Hook, Mode, Running};
pub use error::AttachError;

/// What keeps a program on a device. The program is removed when this is dropped.
#[derive(Debug)]
pub(super) enum Held {
    /// Ends with the process.
    Link(Link),
    /// A filter of clsact, which stays after a kill.
    Filter(Filter),
}

impl Held {
    /// Removes the program now, whatever else holds its link.
    pub(super) fn take_off(self) {
        if let Self::Link(link) = &self {
            let _it_may_be_off = link.detach();
        }
    }

    /// Returns where the kernel has the program. A device that is gone took its programs along, which
    /// looks as if another process had removed them. `ours` is the kernel's number of the program:
    /// a link with another one counts nothing.
    pub(super) fn presence(&self, ours: u32) -> Presence {
        match self {
            Self::Link(link) => match link.linked() {
                Ok(None) => Presence::TakenOff,
                Ok(Some(linked)) if linked.program != ours => Presence::TakenOff,
                // What cannot be asked is believed to be there.
                Ok(Some(_)) | Err(_) => Presence::OnDevice,
            },
            Self::Filter(filter) => filter.presence(),
        }
    }
}

/// Attaches the loaded program.
pub(super) fn attach(
    ebpf: &mut Ebpf,
    tap: &Tap,
    placement: Placement,
) -> Result<(Held, Running), AttachError> {
    let held = match placement.hook {
        Hook::Xdp => {
            let mode = placement.mode.unwrap_or(Mode::Native);
            Held::Link(xdp::attach(xdp(ebpf)?, &tap.device, mode)?)
        }
        Hook::TcxIngress | Hook::TcxEgress => Held::Link(tc::by_tcx(classifier(ebpf)?, tap)?),
        Hook::TcIngress | Hook::TcEgress => Held::Filter(tc::by_clsact(classifier(ebpf)?, tap)?),
    };

    Ok((held, about(ebpf, placement)?))
}

/// Puts the loaded program in the place of the one that a process before this one left; `placement`
/// is that one's.
pub(super) fn adopt(
    instance: &Instance,
    tap: &Tap,
    placement: Placement,
    link: Link,
) -> Result<(Held, Running), AttachError> {
    let ebpf = &instance.ebpf;
    let fd = program_fd(ebpf)?;
    link.update(fd.as_fd()).map_err(|source| {
        let device = tap.device.name.to_string();
        AttachError::Other { device, source }
    })?;

    Ok((Held::Link(link), about(ebpf, placement)?))
}

/// Pins what was just attached.
pub(super) fn keep(
    instance: &Instance,
    tap: &Tap,
    placement: Placement,
    place: &PinDirectory,
    attached: (Held, Running),
) -> Result<(Held, Running), AttachError> {
    let (held, running) = attached;
    if let Held::Link(link) = &held {
        let device = || tap.device.name.to_string();
        place.keep(link).map_err(|source| AttachError::NotPinned { device: device(), source })?;
        instance.note_placement(placement);
    }

    Ok((held, running))
}

/// Puts the program of a TCX link before all others that see frames of that direction.
///
/// A program can be on a hook once. So one that does nothing takes its place there, in between two
/// frames, and then it gets a new link in front: what comes between the two calls is not counted,
/// some 20 microseconds, and nothing is counted twice.
pub(super) fn relink(
    ebpf: &mut Ebpf,
    tap: &Tap,
    link: &mut Link,
    place: Option<&PinDirectory>,
) -> Result<(), AttachError> {
    let other = |source| AttachError::Other { device: tap.device.name.to_string(), source };
    let program = &*classifier(ebpf)?;
    let nothing = load_nothing().map_err(other)?;
    link.update(nothing.as_fd()).map_err(other)?;
    match tc::by_tcx(program, tap) {
        Ok(next) => *link = next,
        Err(error) => {
            let program = program.fd().map_err(|error| AttachError::Defect(Box::new(error)))?;
            link.update(program.as_fd()).map_err(other)?;
            return Err(error);
        }
    }
    if let Some(Err(error)) = place.map(|place| place.replace(link)) {
        tracing::warn!(
            device = &*tap.device.name,
            %error,
            "Cannot pin the moved program; it will end with this process"
        );
    }

    Ok(())
}

/// Puts a filter to the front, as far as possible; returns whether it is the first.
pub(super) fn refilter(
    ebpf: &mut Ebpf,
    tap: &Tap,
    filter: &mut Filter,
) -> Result<bool, AttachError> {
    tc::in_front(classifier(ebpf)?, tap, filter)
}

/// Puts the program of `after` in the place of that of `before`: every frame is seen by one of the two.
pub(super) fn replace(
    held: &mut Held,
    before: &Ebpf,
    after: &mut Ebpf,
    tap: &Tap,
) -> Result<(), AttachError> {
    let replaced = match held {
        Held::Link(link) => {
            let [before, after] = [before, &*after].map(program_fd);
            link.exchange(before?.as_fd(), after?.as_fd())
        }
        Held::Filter(filter) => filter.replace(classifier(after)?, &tap.device),
    };

    replaced.map_err(|source| {
        let device = tap.device.name.to_string();
        match errno(&source) {
            libc::ENODEV | libc::ENXIO => AttachError::Gone { device, source },
            _ => AttachError::Other { device, source },
        }
    })
}

/// Returns what there is to know of a program that is attached.
pub(super) fn about(ebpf: &Ebpf, placement: Placement) -> Result<Running, AttachError> {
    let info = info(ebpf)?;
    let program = String::from_utf8_lossy(info.name()).into_owned();

    Ok(Running { mode: placement.mode, program, tag: format!("{:016x}", info.tag()) })
}

/// Returns the kernel's number of the loaded program.
pub(super) fn number(ebpf: &Ebpf) -> Result<u32, AttachError> {
    info(ebpf).map(|info| info.id())
}

fn program_fd(ebpf: &Ebpf) -> Result<&ProgramFd, AttachError> {
    loaded(ebpf)?.fd().map_err(|error| AttachError::Defect(Box::new(error)))
}

fn info(ebpf: &Ebpf) -> Result<ProgramInfo, AttachError> {
    loaded(ebpf)?.info().map_err(|error| AttachError::Defect(Box::new(error)))
}

/// Returns the one program of an object that was loaded.
fn loaded(ebpf: &Ebpf) -> Result<&Program, AttachError> {
    let mut programs = ebpf.programs().map(|(_, program)| program);

    programs.find(|program| program.fd().is_ok()).ok_or_else(not_loaded)
}

fn xdp(ebpf: &mut Ebpf) -> Result<&mut Xdp, AttachError> {
    loaded_mut(ebpf)?.try_into().map_err(|_another| not_loaded())
}

fn classifier(ebpf: &mut Ebpf) -> Result<&mut SchedClassifier, AttachError> {
    loaded_mut(ebpf)?.try_into().map_err(|_another| not_loaded())
}

fn loaded_mut(ebpf: &mut Ebpf) -> Result<&mut Program, AttachError> {
    let mut programs = ebpf.programs_mut().map(|(_, program)| program);

    programs.find(|program| program.fd().is_ok()).ok_or_else(not_loaded)
}

fn not_loaded() -> AttachError {
    AttachError::Defect(Box::new(ProgramError::NotLoaded))
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
