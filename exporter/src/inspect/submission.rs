//! What a client has sent to be inspected, and what was found in it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Each, Report};
use crate::record::{Link, Record};

/// What a client has sent to be inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission<'a> {
    /// Whole frames of one link type.
    Frames { link: Link, frames: Vec<Cow<'a, [u8]>> },
    /// The bytes of a capture, which may be packed.
    Capture(&'a [u8]),
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Inspection {
    /// What has parsed the packets.
    pub parser: Parser,
    /// Format of the capture; null for frames.
    pub format: Option<String>,
    /// Why the capture was not read to its end; null if it was.
    pub incomplete: Option<String>,
    /// Packets of which only the beginning was captured.
    pub cut_off: u64,
    /// Packets with a length on the wire below that of what was captured.
    pub understated: u64,
    /// What `inspect --json` prints.
    pub report: Report,
    /// Every packet, as `inspect --each` prints it; absent without `each=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Vec<Each<'static>>>,
}

/// What has parsed the packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "InspectionParser")]
pub struct Parser {
    /// Packets that the program in the kernel has parsed.
    pub kernel: u64,
    /// Packets that the host's build of the parser has parsed: those that the kernel's test run does not
    /// accept, or all.
    pub host: u64,
    /// Why the program in the kernel was not used at all; null if it was.
    pub reason: Option<String>,
}

/// Why nothing was inspected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uninspected {
    #[error("it is no capture that can be read: {0}")]
    NoCapture(String),

    #[error(
        "it has more than {most} packets, the most of one inspection; `editcap -c {most} FILE OUT` \
         cuts a capture into pieces"
    )]
    TooMany { most: u64 },

    #[error(
        "it has more than {} MiB, unpacked, the most of one inspection; `editcap -c 10000 FILE OUT` \
         cuts a capture into pieces",
        most_bytes >> 20
    )]
    TooMuch { most_bytes: u64 },

    #[error("the client has gone away")]
    Abandoned,
}

/// The name that packets have for their file.
pub const FILE: &str = "body";

impl Submission<'_> {
    /// Returns the frames as records; none of a capture, which is to be read first.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let (link, frames) = match self {
            Self::Frames { link, frames } => (*link, &frames[..]),
            Self::Capture(_) => (Link::Ethernet, &[][..]),
        };

        (1..).zip(frames).map(move |(number, bytes)| Record {
            number,
            link,
            bytes,
            wire_length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        })
    }
}
