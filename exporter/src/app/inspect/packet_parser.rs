//! What parses the packets of a capture.

use std::fmt::{self, Display, Formatter};

use anyhow::anyhow;
use shared::{Parsed, TunnelPorts};

use crate::causes::with_causes;
use crate::datapath::{Datapath, Inspector, Options};
use crate::inspect::{self, Frames};
use crate::privileges;
use crate::record::Record;

pub(super) enum PacketParser<'a> {
    Host {
        tunnels: TunnelPorts,
    },
    Kernel {
        tunnels: TunnelPorts,
        inspector: Box<Inspector<'a>>,
        frames: Frames,
        /// Packets that the kernel took.
        taken: u64,
        /// Those that the host's parser got instead.
        refused: u64,
    },
}

/// Returns the kernel's side.
pub(super) fn datapath(options: Options) -> anyhow::Result<Datapath> {
    privileges::check()?;

    Ok(Datapath::new(options)?)
}

impl<'a> PacketParser<'a> {
    pub(super) fn kernel(datapath: &'a Datapath, tunnels: TunnelPorts) -> anyhow::Result<Self> {
        let inspector = Inspector::new(datapath).map_err(|error| anyhow!(with_causes(&error)))?;
        let inspector = Box::new(inspector);
        let frames = Frames::new(tunnels);

        Ok(Self::Kernel { tunnels, inspector, frames, taken: 0, refused: 0 })
    }

    #[inline]
    pub(super) fn parse(&mut self, record: &Record<'_>) -> Parsed {
        let (Self::Host { tunnels } | Self::Kernel { tunnels, .. }) = self;
        let parsed = inspect::parse(record, *tunnels);
        let Self::Kernel { inspector, frames, taken, refused, .. } = self else { return parsed };

        if let Some(frame) = frames.frame(record, parsed)
            && let Ok(inspected) = inspector.run(frame)
        {
            *taken += 1;
            return frames.described(inspected.parsed);
        }
        *refused += 1;

        parsed
    }
}

/// A sentence without its full stop.
impl Display for PacketParser<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { .. } => write!(f, "Parsed by the host's build of the parser"),
            Self::Kernel { taken, refused: 0, .. } => {
                write!(f, "Parsed by the program in the kernel: {taken} packets")
            }
            Self::Kernel { taken, refused, .. } => write!(
                f,
                "Parsed by the program in the kernel: {taken} packets; and by the host's build of \
                 its parser: {refused}, which the kernel's test run does not accept"
            ),
        }
    }
}
