//! Bytes that come one after the other, and the place that was reached.

use std::io::{self, BufReader, ErrorKind, Read};

/// Bytes that are asked for at once.
const AHEAD: usize = 1 << 18;

/// The bytes of a file.
#[derive(Debug)]
pub(super) struct Input<R> {
    reader: BufReader<R>,
    offset: u64,
    record_start: u64,
    held: Vec<u8>,
}

/// Why bytes did not come.
#[derive(Debug)]
pub(super) enum Trouble {
    CutOff,
    Io(io::Error),
}

/// How numbers lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        let reader = BufReader::with_capacity(AHEAD, reader);

        Self { reader, offset: 0, record_start: 0, held: Vec::new() }
    }

    /// Notes that a record or block begins here.
    pub(super) fn begin(&mut self) {
        self.record_start = self.offset;
    }

    /// Where the last record or block begins.
    pub(super) fn record_start(&self) -> u64 {
        self.record_start
    }

    /// Reads words that may be missing altogether; `None` where the file ends before them.
    pub(super) fn words<const N: usize>(&mut self) -> Result<Option<[[u8; 4]; N]>, Trouble> {
        let mut words = [[0; 4]; N];
        let bytes = words.as_flattened_mut();
        let length = bytes.len();

        match self.fill(bytes)? {
            0 => Ok(None),
            filled if filled == length => Ok(Some(words)),
            _ => Err(Trouble::CutOff),
        }
    }

    /// Reads words that have to be there.
    pub(super) fn expect<const N: usize>(&mut self) -> Result<[[u8; 4]; N], Trouble> {
        self.words()?.ok_or(Trouble::CutOff)
    }

    /// Reads the bytes of a frame, and holds them until the next ones are.
    pub(super) fn hold(&mut self, length: u32) -> Result<(), Trouble> {
        let mut held = std::mem::take(&mut self.held);
        held.resize(length as usize, 0);
        let filled = self.fill(&mut held);
        self.held = held;

        if filled? == length as usize { Ok(()) } else { Err(Trouble::CutOff) }
    }

    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Passes over bytes that nobody wants.
    pub(super) fn skip(&mut self, length: u32) -> Result<(), Trouble> {
        let mut left = length as usize;
        let mut waste = [0; 4096];

        while left > 0 {
            let wanted = left.min(waste.len());
            if self.fill(&mut waste[..wanted])? < wanted {
                return Err(Trouble::CutOff);
            }
            left -= wanted;
        }

        Ok(())
    }

    /// Fills `bytes` as far as the file goes.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, Trouble> {
        let mut filled = 0;

        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Io(error)),
            }
        }
        self.offset += filled as u64;

        Ok(filled)
    }
}

impl Order {
    pub(super) fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Reads two numbers of two bytes.
    pub(super) fn halves(self, bytes: [u8; 4]) -> [u16; 2] {
        let [first, second] = [[bytes[0], bytes[1]], [bytes[2], bytes[3]]];

        match self {
            Self::Little => [u16::from_le_bytes(first), u16::from_le_bytes(second)],
            Self::Big => [u16::from_be_bytes(first), u16::from_be_bytes(second)],
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Little => "little-endian",
            Self::Big => "big-endian",
        }
    }
}
