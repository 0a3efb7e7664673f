//! Why a program cannot be attached.

use std::io;

use aya::programs::ProgramError;

use crate::datapath::Tap;
use crate::datapath::foreign::{InFront, Owner};
use crate::health::AttachFailure;
use crate::process::Confinement;

/// Why a program does not run on a device, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    #[error("the device `{device}` is gone")]
    Gone { device: String, source: io::Error },

    #[error(
        "`{device}` already has another XDP program{owner}; remove that program, or set \
         `datapath.mode` to \"tcx\" or \"auto\""
    )]
    Busy { device: String, owner: Owner, source: io::Error },

    #[error(
        "a device above `{device}` has an XDP program, so the kernel accepts none on `{device}`; \
         set `datapath.mode` to \"tcx\" or \"auto\""
    )]
    BelowAnother { device: String, source: io::Error },

    #[error(
        "the driver of `{device}` cannot run XDP natively; set `datapath.mode` to \"tcx\", or to \
         \"auto\" to fall back by itself"
    )]
    NoNative { device: String, source: io::Error },

    #[error("XDP cannot run on `{device}`; set `datapath.mode` to \"tcx\" or \"auto\"")]
    Unsupported { device: String, source: io::Error },

    #[error("attaching to `{device}` is not permitted: {confinement}")]
    NotPermitted { device: String, confinement: Confinement, source: io::Error },

    #[error(
        "this kernel has no links for XDP programs, so a program on `{device}` would stay after \
         the exporter ends; run on Linux 5.9 or newer"
    )]
    NoLink { device: String },

    #[error(
        "this kernel has no TCX for `{device}`, which came with Linux 6.6; set `{key}` to \"auto\", \
         which uses clsact there"
    )]
    NoTcx { device: String, key: &'static str, source: io::Error },

    #[error(
        "cannot add a filter of clsact that counts what `{device}` sends; load the kernel modules \
         `sch_ingress` and `cls_bpf`, or set `datapath.transmit` to \"off\" to count received frames \
         only"
    )]
    NoTransmit { device: String, source: io::Error },

    #[error(
        "cannot add a filter of clsact that counts what `{device}` receives; load the kernel modules \
         `sch_ingress` and `cls_bpf`, or set `datapath.mode` to \"generic\", which needs neither"
    )]
    NoIngress { device: String, source: io::Error },

    #[error(
        "`{device}` has the queue discipline `ingress`, which has no hook for sent frames; replace \
         it by `clsact`, which accepts the same filters, or set `datapath.transmit` to \"off\""
    )]
    NoClsact { device: String, source: io::Error },

    #[error(
        "the program on `{device}` cannot be pinned; see `datapath.pin_path`, or set \
         `datapath.pin` to false"
    )]
    NotPinned { device: String, source: io::Error },

    #[error(
        "{by} is in front of the exporter's program on `{device}` and may hide frames; remove it, \
         or move it behind"
    )]
    Hidden { device: String, by: InFront },

    #[error("the program cannot be attached to `{device}`")]
    Other { device: String, source: io::Error },

    /// A defect of this build rather than of the machine it runs on.
    #[error(
        "cannot attach the built-in program, which is a defect of this build; please report this \
         with your version"
    )]
    Defect(#[source] Box<ProgramError>),
}

impl AttachError {
    /// Names the program that is in the way, if there is one: on the device, or on a device above.
    /// Source: `dev_xdp_attach` in net/core/dev.c.
    #[must_use]
    pub fn owned_by(self, by: Owner, is_below: bool) -> Self {
        let Self::Busy { device, source, .. } = self else { return self };
        if by.id.is_some() || !is_below {
            return Self::Busy { device, owner: by, source };
        }

        Self::BelowAnother { device, source }
    }

    /// Of a device that the kernel has no more.
    pub(in super::super) fn gone(tap: &Tap) -> Self {
        let source = io::Error::from_raw_os_error(libc::ENODEV);

        Self::Gone { device: tap.device.name.to_string(), source }
    }

    /// Returns whether another program is in the way, which may go.
    pub fn is_of_another_program(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::BelowAnother { .. })
    }

    /// Returns the reason under which the failure is counted.
    pub fn reason(&self) -> AttachFailure {
        match self {
            Self::Gone { .. } => AttachFailure::Gone,
            Self::Busy { .. } | Self::BelowAnother { .. } | Self::NoClsact { .. } => {
                AttachFailure::Busy
            }
            Self::NoNative { .. }
            | Self::Unsupported { .. }
            | Self::NoTcx { .. }
            | Self::NoTransmit { .. }
            | Self::NoIngress { .. }
            | Self::NoLink { .. } => AttachFailure::Unsupported,
            Self::Hidden { .. } => AttachFailure::Hidden,
            Self::NotPermitted { .. } => AttachFailure::Permission,
            Self::NotPinned { .. } | Self::Other { .. } | Self::Defect(_) => AttachFailure::Other,
        }
    }
}
