//! Bytes that come one after the other, and the place that was reached.

use std::io::{self, ErrorKind, Read};

/// Bytes that are held at once: fits the second-level cache, and costs few system calls.
const HELD: usize = 1 << 18;

/// The bytes of a file, some of which are held.
#[derive(Debug)]
pub(super) struct Input<R> {
    reader: R,
    /// What is held is `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where `start` is in the file.
    offset: u64,
    record_start: u64,
    /// How many bytes may still come.
    left: u64,
}

/// Why bytes did not come.
#[derive(Debug)]
pub(super) enum Trouble {
    CutOff,
    /// There are more bytes than are read.
    TooMuch,
    Io(io::Error),
}

/// Bytes that were taken, and are held until more are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) at: usize,
    pub(super) length: usize,
}

/// How numbers lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Span {
    /// Leaves the first `length` bytes out.
    pub(super) fn from(self, length: usize) -> Self {
        Self { at: self.at + length, length: self.length - length }
    }

    /// Leaves all but the first `length` bytes out.
    pub(super) fn first(self, length: usize) -> Self {
        Self { length, ..self }
    }
}

impl<R: Read> Input<R> {
    /// Begins with a reader of which at most so many bytes are read.
    pub(super) fn new(reader: R, left: u64) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, end: 0, offset: 0, record_start: 0, left }
    }

    /// Notes that a record or block begins here.
    pub(super) fn begin(&mut self) {
        self.record_start = self.offset;
    }

    /// Where the last record or block begins.
    pub(super) fn record_start(&self) -> u64 {
        self.record_start
    }

    /// How many bytes were taken.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next `length` bytes without taking them; `None` where the file ends before them.
    pub(super) fn peek(&mut self, length: usize) -> Result<Option<&[u8]>, Trouble> {
        if self.end - self.start < length {
            self.fill(length)?;
        }

        match self.end - self.start {
            0 if length > 0 => Ok(None),
            held if held < length => Err(Trouble::CutOff),
            _ => Ok(Some(&self.buffer[self.start..self.start + length])),
        }
    }

    /// Returns words that may be missing altogether, without taking them; `None` where the file
    /// ends before them.
    pub(super) fn words<const N: usize>(&mut self) -> Result<Option<[[u8; 4]; N]>, Trouble> {
        let bytes = self.peek(N * 4)?;

        Ok(bytes.and_then(|bytes| bytes.as_chunks().0.try_into().ok()))
    }

    /// Takes bytes that have to be there.
    pub(super) fn take(&mut self, length: usize) -> Result<Span, Trouble> {
        self.peek(length)?.ok_or(Trouble::CutOff)?;
        let at = self.start;
        self.start += length;
        self.offset += length as u64;

        Ok(Span { at, length })
    }

    pub(super) fn bytes(&self, Span { at, length }: Span) -> &[u8] {
        &self.buffer[at..at + length]
    }

    /// Skips bytes, however many.
    pub(super) fn skip(&mut self, length: u32) -> Result<(), Trouble> {
        let mut left = length as usize;

        while left > 0 {
            if self.start == self.end && self.fill(1)? == 0 {
                return Err(Trouble::CutOff);
            }
            let passed = left.min(self.end - self.start);
            self.start += passed;
            self.offset += passed as u64;
            left -= passed;
        }

        Ok(())
    }

    /// Reads on until `length` bytes are held or the file ends; returns how many are.
    ///
    /// Memory for more than the usual is allocated only as bytes arrive, so that a false length
    /// allocates nothing.
    fn fill(&mut self, length: usize) -> Result<usize, Trouble> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);

        while self.end < length {
            if self.end == self.buffer.len() {
                let most = length.max(HELD);
                self.buffer.resize((self.buffer.len() * 2).clamp(HELD, most), 0);
            }
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => {
                    self.left = self.left.checked_sub(read as u64).ok_or(Trouble::TooMuch)?;
                    self.end += read;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Io(error)),
            }
        }

        Ok(self.end)
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
