//! Captures of Ethernet frames, read as a stream: pcap and pcapng.

mod input;
mod pcap;
mod pcapng;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use input::{Input, Trouble};
use pcap::Pcap;
use pcapng::Pcapng;

/// Most bytes of one frame that are taken for true; as much as libpcap writes.
/// Source: `MAXIMUM_SNAPLEN` in pcap-int.h.
const LONGEST: u32 = 262_144;
/// Source: <https://www.tcpdump.org/linktypes.html>.
const ETHERNET: u16 = 1;

/// One frame, from its Ethernet header on and without the FCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its place in the file, from 1; frames that are skipped have one too.
    pub number: u64,
    /// What was captured of it.
    pub bytes: &'a [u8],
    /// Its length on the wire in bytes, as the file has it.
    pub wire_length: u32,
}

/// Packets of a capture that are no Ethernet frames, by the reason for which they are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// The interface is of another link type.
    pub not_ethernet: u64,
    /// The file does not describe the interface.
    pub unknown_interface: u64,
}

/// Why a capture cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is nothing in it")]
    Empty,

    #[error("it is neither pcap nor pcapng{}", hint(*magic))]
    Unknown { magic: [u8; 4] },

    #[error("it ends within its header")]
    CutOff,

    #[error("its format has version {major}.{minor}, and none but {known} is known")]
    Version { major: u16, minor: u16, known: &'static str },

    #[error(
        "its packets are of link type {link_type} and not of Ethernet (1), see \
         https://www.tcpdump.org/linktypes.html; capture on one Ethernet device, not on `any`"
    )]
    NotEthernet { link_type: u16 },

    #[error("it cannot be read")]
    Io(#[source] io::Error),
}

/// Where a capture breaks off, and why.
#[derive(Debug, thiserror::Error)]
#[error("the capture breaks off behind {packets} packets, at byte {offset}")]
pub struct Broken {
    /// Packets before that, also those that were skipped.
    pub packets: u64,
    /// Where the record or block begins that cannot be read.
    pub offset: u64,
    pub source: Damage,
}

/// What is wrong with a record or block.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    #[error("the file ends within a record")]
    CutOff,

    #[error("a record claims {length} bytes, and no capture has more than {LONGEST} of a frame")]
    TooLong { length: u32 },

    #[error("a block claims {length} bytes, which no block of its type has")]
    BlockLength { length: u32 },

    #[error("a block begins with the length {first} and ends with {last}")]
    Lengths { first: u32, last: u32 },

    #[error("a section has no byte order or a version that is not known")]
    Section,

    #[error("there are more than {most} interfaces")]
    Interfaces { most: usize },

    #[error("it cannot be read")]
    Io(#[source] io::Error),
}

/// A capture that is being read. It holds one frame at a time.
#[derive(Debug)]
pub struct Capture<R> {
    input: Input<R>,
    format: Format,
    packets: u64,
    skipped: Skipped,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// A frame whose bytes lie in the input's buffer.
#[derive(Clone, Copy, Debug)]
struct Record {
    wire_length: u32,
    /// Bytes of the FCS at the end of the frame as it was on the wire.
    fcs: u32,
}

/// What comes next in a file.
#[derive(Clone, Copy, Debug)]
enum Next {
    Record(Record),
    NotEthernet,
    UnknownInterface,
    End,
}

impl<R: Read> Capture<R> {
    /// Reads the header.
    pub fn open(reader: R) -> Result<Self, OpenError> {
        let mut input = Input::new(reader);
        let [magic] = input.words()?.ok_or(OpenError::Empty)?;
        let format = if magic == pcapng::MAGIC {
            Format::Pcapng(Pcapng::open(&mut input)?)
        } else {
            Format::Pcap(Pcap::open(&mut input, magic)?)
        };

        Ok(Self { input, format, packets: 0, skipped: Skipped::default() })
    }

    /// Gives the next frame; `None` at the end of the file.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Broken> {
        loop {
            let next = match &mut self.format {
                Format::Pcap(pcap) => pcap.next(&mut self.input),
                Format::Pcapng(pcapng) => pcapng.next(&mut self.input),
            };
            match next {
                Ok(Next::End) => return Ok(None),
                Ok(Next::Record(record)) => {
                    self.packets += 1;
                    return Ok(Some(frame(self.packets, self.input.held(), record)));
                }
                Ok(Next::NotEthernet) => self.skipped.not_ethernet += 1,
                Ok(Next::UnknownInterface) => self.skipped.unknown_interface += 1,
                Err(source) => {
                    let offset = self.input.record_start();
                    return Err(Broken { packets: self.packets, offset, source });
                }
            }
            self.packets += 1;
        }
    }

    /// Says what was skipped so far.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Names the format, as `pcap, little-endian, microseconds`.
    pub fn format(&self) -> String {
        match &self.format {
            Format::Pcap(pcap) => pcap.name(),
            Format::Pcapng(pcapng) => pcapng.name(),
        }
    }
}

impl Skipped {
    /// Gives each reason with its count.
    pub fn by_reason(self) -> [(&'static str, u64); 2] {
        let Self { not_ethernet, unknown_interface } = self;

        [("not_ethernet", not_ethernet), ("unknown_interface", unknown_interface)]
    }
}

/// Leaves the FCS out, of which a frame that was cut off may have nothing.
fn frame(number: u64, bytes: &[u8], record: Record) -> Frame<'_> {
    let wire_length = record.wire_length.saturating_sub(record.fcs);
    let captured =
        if record.fcs == 0 { bytes.len() } else { bytes.len().min(wire_length as usize) };

    Frame { number, bytes: &bytes[..captured], wire_length }
}

/// Says what a file is instead, if that is known and can be helped.
fn hint(magic: [u8; 4]) -> &'static str {
    match magic {
        [0x1f, 0x8b, ..] => ", but gzip; give `zcat FILE | packet-exporter inspect -` a try",
        [0x28, 0xb5, 0x2f, 0xfd] => {
            ", but zstd; give `zstdcat FILE | packet-exporter inspect -` a try"
        }
        [0xfd, b'7', b'z', b'X'] => ", but xz; give `xzcat FILE | packet-exporter inspect -` a try",
        [b'B', b'Z', b'h', _] => ", but bzip2; give `bzcat FILE | packet-exporter inspect -` a try",
        [b's', b'n', b'o', b'o'] => ", but snoop; `editcap` from Wireshark converts it",
        _ => "; `editcap` from Wireshark converts most others",
    }
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::CutOff => Self::CutOff,
            Trouble::Io(error) => Self::Io(error),
        }
    }
}

impl From<Trouble> for Damage {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::CutOff => Self::CutOff,
            Trouble::Io(error) => Self::Io(error),
        }
    }
}
