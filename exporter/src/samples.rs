//! Packets that a program took a copy of, and which it is to take.

#[cfg(test)]
pub(crate) mod example;
mod found;
mod headers;
mod id;
mod kept;
mod matching;
mod pcapng;
mod recorder;
mod trim;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::{Direction, Parsed};

use crate::record::Link;

pub use self::headers::{Field, Header, headers};
pub use self::id::{Found, Id};
pub use self::kept::{Kept, Taken};
pub use self::matching::NoPrefix;
pub use self::pcapng::Writer;
pub use self::recorder::{Cause, Recorder, Recording};

/// One packet that a program took a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When the program had it.
    pub at: SystemTime,
    /// The name of the device, or its index where it is gone.
    pub device: Arc<str>,
    pub direction: Direction,
    /// [`Link::Ethernet`] or [`Link::Ip`].
    pub link: Link,
    /// Bytes on the wire, of all frames that a merged one consists of.
    pub length: u32,
    /// What the program found in it. Where the device keeps a VLAN tag beside the bytes, the tag is put back, and the
    /// offsets are those behind it.
    pub parsed: Parsed,
    /// Its first bytes, of one frame, with a VLAN tag that was beside them.
    pub bytes: Box<[u8]>,
}

/// Which packets a program takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// On average one of so many that match; 1 for all.
    pub one_in: u32,
    /// Most packets a second.
    pub per_second: u32,
    pub matching: Matching,
}

/// What a packet must be like; `None` for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    pub device: Option<Arc<str>>,
    pub direction: Option<Direction>,
    /// The prefix that its far end is in: the source of what is received, the destination of what is sent.
    pub prefix: Option<Prefix>,
    /// Its source or destination port.
    pub port: Option<u16>,
    /// A protocol number of IP.
    pub protocol: Option<u8>,
    /// Whether it is malformed.
    pub malformed: bool,
}

/// A prefix of addresses, whose bits behind the length are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub address: IpAddr,
    pub length: u8,
}

/// Packets that were to be taken, and were not, by reason, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The ring buffer was full.
    pub full: u64,
    /// There were more than `per_second`.
    pub rate: u64,
    /// The bytes could not be copied.
    pub copy: u64,
}

/// How packets are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// On average one of so many.
    pub one_in: u32,
    /// Most packets a second.
    pub per_second: u32,
    /// Most bytes that are taken of a packet.
    pub snap_length: u32,
    /// Bytes behind the headers are taken too.
    pub payload: bool,
}

/// What there is of sampled packets at one moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `None` while it is switched off.
    pub sampling: Option<Sampling>,
    pub losses: Losses,
    pub kept: Kept,
    pub recorder: Recorder,
}

/// A capture that is asked for, and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded {
    pub wanted: Wanted,
    /// Most packets.
    pub count: u64,
    /// Bytes of packets in the file; the last packet may go beyond.
    pub bytes: u64,
    pub time: Duration,
}

impl Seen {
    /// Most bytes that packets take.
    pub const MOST_BYTES: usize = Kept::BYTES + Recorder::BYTES;

    /// Returns the bytes that packets take; those in recordings may be counted twice.
    pub fn bytes(&self) -> usize {
        self.kept.bytes() + self.recorder.bytes()
    }
}

impl Losses {
    /// Returns how many packets were lost for each reason.
    pub fn by_reason(self) -> [(&'static str, u64); 3] {
        let Self { full, rate, copy } = self;

        [("ring_full", full), ("rate", rate), ("copy", copy)]
    }

    /// Returns what was lost after `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let Self { full, rate, copy } = self;

        Self {
            full: full.saturating_sub(before.full),
            rate: rate.saturating_sub(before.rate),
            copy: copy.saturating_sub(before.copy),
        }
    }
}
