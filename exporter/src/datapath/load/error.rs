//! Why a program cannot be loaded.

use std::io;

use aya::EbpfError;
use aya::maps::MapError;
use aya::programs::ProgramError;

use crate::datapath::limits::locked_memory;
use crate::datapath::pins::PinError;
use crate::health::AttachFailure;
use crate::printable::mebibytes;
use crate::process::Confinement;

/// Why the program could not be loaded, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("this process is not permitted to load programs: {confinement}")]
    NotPermitted { confinement: Confinement, source: io::Error },

    #[error(
        "this kernel has no {what}, which counting needs; run on Linux 5.10 or newer with \
         CONFIG_BPF_SYSCALL and CONFIG_BPF_JIT"
    )]
    NoFeature { what: &'static str, source: io::Error },

    #[error(
        "bpf(2) is not available to this process: {confinement}; or this kernel lacks it, then run \
         on Linux 5.10 or newer with CONFIG_BPF_SYSCALL and CONFIG_BPF_JIT"
    )]
    Filtered { confinement: Confinement, source: io::Error },

    #[error("there is not enough memory for the maps; lower `datapath.memory`")]
    NoMemory { source: io::Error },

    #[error(
        "this kernel charges maps and programs to the limit of locked memory, which is {limit} bytes; \
         set `LimitMEMLOCK=infinity` in the unit of systemd, or `--ulimit memlock=-1` of the container"
    )]
    Locked { limit: u64, source: io::Error },

    #[error(
        "the maps of one more program take {} at least, and {} of {} in `datapath.memory` are \
         left; raise it, lower the sizes that are set by hand in `[datapath]`, or exclude devices \
         with `devices.exclude`",
        mebibytes(*least),
        mebibytes(*left),
        mebibytes(*limit)
    )]
    OverBudget { least: u64, left: u64, limit: u64 },

    #[error(
        "the kernel's verifier refused the program; please report this with your kernel version and: {log}"
    )]
    Refused { log: String, source: io::Error },

    #[error("the built-in object could not be read; please report this with your version")]
    Object(#[source] Box<EbpfError>),

    /// A defect of this build rather than of the machine it runs on.
    #[error("the built-in object has no `{name}`; please report this with your version")]
    Missing { name: &'static str },

    #[error(transparent)]
    Pin(#[from] PinError),

    #[error("cannot {doing}")]
    Io { doing: &'static str, source: io::Error },
}

impl LoadError {
    /// Returns the reason under which the failure is counted.
    pub fn reason(&self) -> AttachFailure {
        match self {
            Self::NotPermitted { .. } | Self::Filtered { .. } | Self::Locked { .. } => {
                AttachFailure::Permission
            }
            Self::NoFeature { .. } => AttachFailure::Unsupported,
            Self::NoMemory { .. } | Self::OverBudget { .. } => AttachFailure::Memory,
            Self::Refused { .. }
            | Self::Object(_)
            | Self::Missing { .. }
            | Self::Pin(_)
            | Self::Io { .. } => AttachFailure::Other,
        }
    }
}

pub(in super::super) fn object_error(error: EbpfError) -> LoadError {
    if let EbpfError::MapError(error) = error {
        return map_error(error);
    }

    LoadError::Object(Box::new(error))
}

pub(super) fn map_error(error: MapError) -> LoadError {
    if let MapError::CreateError { io_error, .. } = error {
        return refusal(io_error, "map type for its counters");
    }
    if let MapError::SyscallError(error) = error {
        return refusal(error.io_error, "system call bpf(2)");
    }

    LoadError::Object(Box::new(EbpfError::MapError(error)))
}

pub(super) fn program_error(error: ProgramError) -> LoadError {
    if let ProgramError::LoadError { io_error, verifier_log } = error {
        let log = last_lines(&verifier_log.to_string());
        // A verifier that has nothing to say was not asked: the right to load is missing.
        return match io_error.raw_os_error() {
            Some(libc::EPERM) => refusal(io_error, "system call bpf(2)"),
            _ => LoadError::Refused { log, source: io_error },
        };
    }
    if let ProgramError::SyscallError(error) = error {
        return refusal(error.io_error, "system call bpf(2)");
    }

    LoadError::Object(Box::new(EbpfError::ProgramError(error)))
}

/// Sorts what a call of bpf(2) said by what an operator can do about it.
pub(in super::super) fn refusal(source: io::Error, what: &'static str) -> LoadError {
    match source.raw_os_error() {
        Some(libc::EPERM) if let Some(limit) = locked_memory() => {
            LoadError::Locked { limit, source }
        }
        Some(libc::EPERM | libc::EACCES) => {
            LoadError::NotPermitted { confinement: Confinement::read(), source }
        }
        Some(libc::ENOSYS) if Confinement::read().has_filter => {
            LoadError::Filtered { confinement: Confinement::read(), source }
        }
        Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP) => {
            LoadError::NoFeature { what, source }
        }
        Some(libc::ENOMEM | libc::E2BIG) => LoadError::NoMemory { source },
        _ => LoadError::Io { doing: "make a bpf(2) call", source },
    }
}

/// The end of a verifier's log says why.
fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.trim_end().lines().collect();

    lines[lines.len().saturating_sub(5)..].join(" | ")
}
