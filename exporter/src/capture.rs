//! Captures, read as a stream: pcap and pcapng, plain or packed.

mod input;
mod pcap;
mod pcapng;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read};

use input::{Input, Span, Trouble};
use pcap::Pcap;
use pcapng::Pcapng;
use source::Source;

use crate::record::{ForeignLink, Link, Record};

/// Most bytes of one frame that are taken for true; as much as libpcap writes.
/// Source: `MAXIMUM_SNAPLEN` in pcap-int.h.
const LONGEST: u32 = 262_144;

/// Packets of a capture that are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Those of interfaces whose link type is not read.
    pub foreign_links: BTreeMap<ForeignLink, u64>,
    /// Those of interfaces that the file does not describe.
    pub unknown_interface: u64,
}

/// Why a capture cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("it is empty")]
    Empty,

    #[error("it is neither pcap nor pcapng{}", hint(*magic))]
    Unknown { magic: [u8; 4] },

    #[error("it ends within its header")]
    CutOff,

    #[error("its format has version {major}.{minor}, and only {known} known")]
    Version { major: u16, minor: u16, known: &'static str },

    #[error("it is pcapng, and its first section is damaged")]
    Damaged(#[source] Damage),

    #[error(
        "the link type in its header is {field:#010x}, with bits that have to be 0: it is damaged"
    )]
    ReservedBits { field: u32 },

    #[error("its packets are of link type {_0}; {}", _0.advice())]
    ForeignLink(ForeignLink),

    #[error("it has more bytes, unpacked, than are read")]
    TooMuch,

    #[error("it cannot be read")]
    Io(#[source] io::Error),
}

/// Where a capture breaks off, and why.
#[derive(Debug, thiserror::Error)]
#[error(
    "the capture ends early, after {packets} packet{}, at byte {offset}",
    if *packets == 1 { "" } else { "s" }
)]
pub struct Broken {
    /// Packets before that, also those that were skipped.
    pub packets: u64,
    /// Where the record or block begins that cannot be read, in bytes of the unpacked file.
    pub offset: u64,
    pub source: Damage,
}

/// What is wrong with a record or block.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    #[error("the file ends within a record")]
    CutOff,

    #[error("a record claims {length} bytes, more than the maximum of {LONGEST}")]
    TooLong { length: u32 },

    #[error("a block claims {length} bytes, which no block of its type has")]
    BlockLength { length: u32 },

    #[error("a block begins with the length {first} and ends with {last}")]
    Lengths { first: u32, last: u32 },

    #[error("a section has no valid byte-order magic")]
    ByteOrder,

    #[error("a section has version {major}.{minor}, and only 1.0 and 1.2 are known")]
    Version { major: u16, minor: u16 },

    #[error("there are more than {most} interfaces")]
    Interfaces { most: usize },

    #[error("there are more bytes, unpacked, than are read")]
    TooMuch,

    #[error("it cannot be read")]
    Io(#[source] io::Error),
}

/// A capture that is being read. It holds some packets at a time.
#[derive(Debug)]
pub struct Capture<R: Read> {
    input: Input<Source<R>>,
    packed: Option<&'static str>,
    format: Format,
    /// The number of the last packet.
    number: u64,
    packets: u64,
    understated: u64,
    skipped: Skipped,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// A packet whose bytes are held by the input.
#[derive(Clone, Copy, Debug)]
struct Found {
    link: Link,
    bytes: Span,
    wire_length: u32,
    /// Bytes of the FCS at the end of the frame as it was on the wire.
    fcs: u32,
}

/// What comes next in a file.
#[derive(Clone, Copy, Debug)]
enum Next {
    Packet(Found),
    ForeignLink(ForeignLink),
    UnknownInterface,
    /// Something else that has a number.
    NoPacket,
    End,
}

impl<R: Read> Capture<R> {
    /// Reads the header.
    pub fn open(reader: R) -> Result<Self, OpenError> {
        Self::open_within(reader, u64::MAX)
    }

    /// Reads the header of a capture of which at most so many bytes are read, unpacked: a small file may
    /// unpack to anything.
    pub fn open_within(reader: R, most: u64) -> Result<Self, OpenError> {
        let source = Source::open(reader).map_err(OpenError::Io)?;
        let packed = source.packed();
        let mut input = Input::new(source, most);
        let [magic] = input.words()?.ok_or(OpenError::Empty)?;
        let format = if magic == pcapng::MAGIC {
            Format::Pcapng(Pcapng::open(&mut input)?)
        } else {
            Format::Pcap(Pcap::open(&mut input, magic)?)
        };
        let skipped = Skipped::default();

        Ok(Self { input, packed, format, number: 0, packets: 0, understated: 0, skipped })
    }

    /// Returns the next packet that is read; `None` at the end of the file.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Broken> {
        loop {
            let next = match &mut self.format {
                Format::Pcap(pcap) => pcap.next(&mut self.input),
                Format::Pcapng(pcapng) => pcapng.next(&mut self.input),
            };
            self.number += 1;
            match next {
                Ok(Next::Packet(found)) => {
                    self.packets += 1;
                    return Ok(Some(self.record(found)));
                }
                Ok(Next::End) => return Ok(None),
                Ok(Next::NoPacket) => continue,
                Ok(Next::ForeignLink(link)) => {
                    *self.skipped.foreign_links.entry(link).or_default() += 1;
                }
                Ok(Next::UnknownInterface) => self.skipped.unknown_interface += 1,
                Err(source) => {
                    let offset = self.input.record_start();
                    return Err(Broken { packets: self.packets, offset, source });
                }
            }
            self.packets += 1;
        }
    }

    /// Leaves the FCS out, of which a packet that was cut off may have nothing.
    ///
    /// The length on the wire is taken as it is stated, as Wireshark does.
    #[inline]
    fn record(&mut self, Found { link, bytes, wire_length, fcs }: Found) -> Record<'_> {
        #[expect(clippy::cast_possible_truncation, reason = "no frame is longer than LONGEST")]
        let captured = bytes.length as u32;
        self.understated += u64::from(wire_length < captured);
        let wire_length = wire_length.saturating_sub(fcs);
        let captured = if fcs == 0 { captured } else { captured.min(wire_length) };
        let bytes = self.input.bytes(bytes.first(captured as usize));

        Record { number: self.number, link, bytes, wire_length }
    }

    /// Returns what was skipped so far.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Returns how many packets had a length on the wire below that of what was captured.
    pub fn understated(&self) -> u64 {
        self.understated
    }

    /// Returns how many bytes were read so far, unpacked.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// Returns whether the file is unpacked while it is read.
    pub fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// Returns the format, as `pcap, little-endian, microseconds, gzip`.
    pub fn format(&self) -> String {
        let format = match &self.format {
            Format::Pcap(pcap) => pcap.name(),
            Format::Pcapng(pcapng) => pcapng.name(),
        };

        match self.packed {
            Some(packed) => format!("{format}, {packed}"),
            None => format,
        }
    }
}

impl Skipped {
    /// Returns each reason with its count.
    pub fn by_reason(&self) -> [(&'static str, u64); 2] {
        let Self { foreign_links, unknown_interface } = self;

        [("link_type", foreign_links.values().sum()), ("unknown_interface", *unknown_interface)]
    }

    /// Adds what was skipped of another capture.
    pub fn add(&mut self, other: &Self) {
        let Self { foreign_links, unknown_interface } = other;
        for (link, packets) in foreign_links {
            *self.foreign_links.entry(*link).or_default() += packets;
        }
        self.unknown_interface += unknown_interface;
    }
}

/// Returns what a file is instead, if that is known and can be helped.
fn hint(magic: [u8; 4]) -> &'static str {
    match magic {
        [0x1f, 0x8b, ..] => ", but gzip; `zcat FILE | packet-exporter inspect -` unpacks it",
        [0x28, 0xb5, 0x2f, 0xfd] => {
            ", but zstd; `zstdcat FILE | packet-exporter inspect -` unpacks it"
        }
        [0xfd, b'7', b'z', b'X'] => ", but xz; `xzcat FILE | packet-exporter inspect -` unpacks it",
        [b'B', b'Z', b'h', _] => ", but bzip2; `bzcat FILE | packet-exporter inspect -` unpacks it",
        [0x04, 0x22, 0x4d, 0x18] => {
            ", but lz4; `lz4 -dc FILE | packet-exporter inspect -` unpacks it"
        }
        [b'P', b'K', 3, 4] => ", but zip; `unzip -p FILE | packet-exporter inspect -` unpacks it",
        [b's', b'n', b'o', b'o'] => ", but snoop; `editcap` from Wireshark converts it",
        _ => "; `editcap` from Wireshark converts most others",
    }
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::CutOff => Self::CutOff,
            Trouble::TooMuch => Self::TooMuch,
            Trouble::Io(error) => Self::Io(error),
        }
    }
}

impl From<Trouble> for Damage {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::CutOff => Self::CutOff,
            Trouble::TooMuch => Self::TooMuch,
            Trouble::Io(error) => Self::Io(error),
        }
    }
}
