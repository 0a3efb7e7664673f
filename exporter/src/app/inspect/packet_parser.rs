//! What parses the packets of a capture.

use std::fmt::{self, Display, Formatter};

use anyhow::anyhow;
use shared::{Parsed, TunnelPorts};

use crate::causes::with_causes;
use crate::datapath::{Datapath, Inspector, Options};
use crate::inspect::{self, Frames, Parser};
use crate::privileges;
use crate::record::Record;

/// Parses packets by the program in the kernel or by the host's build of it.
pub(in crate::app) struct PacketParser<'a> {
    tunnels: TunnelPorts,
    /// Parses what it takes in the place of the host's build.
    kernel: Option<Kernel<'a>>,
}

/// The program in the kernel.
struct Kernel<'a> {
    inspector: Inspector<'a>,
    frames: Frames,
    /// Packets that it took.
    taken: u64,
    /// Those that the host's parser got instead.
    refused: u64,
}

/// Returns the kernel's side.
pub(in crate::app) fn datapath(options: Options) -> anyhow::Result<Datapath> {
    privileges::check()?;

    Ok(Datapath::new(options)?)
}

impl<'a> PacketParser<'a> {
    pub(in crate::app) fn host(tunnels: TunnelPorts) -> Self {
        Self { tunnels, kernel: None }
    }

    pub(in crate::app) fn kernel(
        datapath: &'a Datapath,
        tunnels: TunnelPorts,
    ) -> anyhow::Result<Self> {
        let inspector = Inspector::new(datapath).map_err(|error| anyhow!(with_causes(&error)))?;
        let frames = Frames::new(tunnels);

        Ok(Self { tunnels, kernel: Some(Kernel { inspector, frames, taken: 0, refused: 0 }) })
    }

    #[inline]
    pub(in crate::app) fn parse(&mut self, record: &Record<'_>) -> Parsed {
        let Self { tunnels, kernel } = self;
        let parsed = inspect::parse(record, *tunnels);
        let Some(Kernel { inspector, frames, taken, refused }) = kernel else { return parsed };

        if let Some(frame) = frames.frame(record, parsed)
            && let Ok(inspected) = inspector.run(frame)
        {
            *taken += 1;
            return frames.described(inspected.parsed);
        }
        *refused += 1;

        parsed
    }

    /// Returns who has parsed how many; `reason` is why the kernel does not, where it does not.
    pub(in crate::app) fn used(&self, packets: u64, reason: Option<String>) -> Parser {
        match &self.kernel {
            None => Parser { kernel: 0, host: packets, reason },
            Some(Kernel { taken, refused, .. }) => {
                Parser { kernel: *taken, host: *refused, reason }
            }
        }
    }
}

/// A sentence without its full stop.
impl Display for PacketParser<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kernel {
            None => write!(f, "Parsed by the host's build of the parser"),
            Some(Kernel { taken, refused: 0, .. }) => {
                write!(f, "Parsed by the program in the kernel: {taken} packets")
            }
            Some(Kernel { taken, refused, .. }) => write!(
                f,
                "Parsed by the program in the kernel: {taken} packets; and by the host's build of \
                 its parser: {refused}, which the kernel's test run does not accept"
            ),
        }
    }
}
