//! One header while it is read.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Field, Header};

/// The bytes from a header on, and what was read of it.
pub(super) struct Part<'a> {
    bytes: &'a [u8],
    offset: usize,
    header: Option<Header>,
    /// Length of the header and all that belongs to it, if it has that.
    stated: Option<usize>,
}

/// A field at a fixed place: its name, its first byte, its bytes, and how it is shown.
pub(super) type Spec = (&'static str, usize, usize, Show);

/// How a field is shown.
#[derive(Clone, Copy)]
pub(super) enum Show {
    Number,
    Hex,
    /// Bytes with colons between.
    Mac,
    Address,
    /// So many bits, of which so many lie behind.
    Bits {
        count: u32,
        behind: u32,
    },
    /// Names of bits, the lowest first; empty ones have none.
    Flags(&'static [&'static str]),
    /// A number that may have a name.
    Named(fn(u64) -> Option<&'static str>),
}

impl<'a> Part<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset, header: None, stated: None }
    }

    /// Begins a header of that length, of which there may be less, and reads its fields.
    pub(super) fn read(&mut self, name: &'static str, length: usize, specs: &[Spec]) {
        let is_whole = self.bytes.len() >= length;
        let offset = self.offset;
        let length = length.min(self.bytes.len());
        self.header = Some(Header { name, offset, length, is_whole, fields: Vec::new() });

        for (name, at, length, show) in specs {
            self.show(name, *at, *length, *show);
        }
    }

    /// Reads a field, if all of it is there.
    pub(super) fn show(&mut self, name: &'static str, at: usize, length: usize, show: Show) {
        if let Some(bytes) = self.bytes.get(at..at.saturating_add(length)) {
            let value = show.value(bytes);
            self.add(name, at, length, value);
        }
    }

    /// Adds a field that was read.
    pub(super) fn add(&mut self, name: &'static str, at: usize, length: usize, value: String) {
        let offset = self.offset + at;
        if let Some(header) = &mut self.header {
            header.fields.push(Field { name, offset, length, value });
        }
    }

    /// Returns a number of at most eight bytes in network order; 0 where it is not there.
    pub(super) fn number(&self, at: usize, length: usize) -> u64 {
        self.bytes.get(at..at + length).map_or(0, number)
    }

    /// Returns the bytes of a range, as far as they are there.
    pub(super) fn bytes(&self, from: usize, to: usize) -> &'a [u8] {
        let to = to.min(self.bytes.len());

        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Notes that this header and all that belongs to it are no longer than this.
    pub(super) fn ends(&mut self, length: u64) {
        self.stated = usize::try_from(length).ok();
    }

    pub(super) fn ended(self) -> (Option<Header>, Option<usize>) {
        (self.header, self.stated)
    }
}

impl Show {
    pub(super) fn value(self, bytes: &[u8]) -> String {
        let value = number(bytes);

        match self {
            Self::Number => value.to_string(),
            Self::Hex => format!("0x{}", joined(bytes, "")),
            Self::Mac => joined(bytes, ":"),
            Self::Address => match *bytes {
                [a, b, c, d] => Ipv4Addr::new(a, b, c, d).to_string(),
                _ => <[u8; 16]>::try_from(bytes)
                    .map_or_else(|_| joined(bytes, ":"), |it| Ipv6Addr::from(it).to_string()),
            },
            Self::Bits { count, behind } => (value >> behind & ((1 << count) - 1)).to_string(),
            Self::Flags(names) => {
                let is_set =
                    |(bit, name): &(usize, &&str)| value >> bit & 1 == 1 && !name.is_empty();
                let set: Vec<_> =
                    names.iter().enumerate().filter(is_set).map(|(_, name)| *name).collect();
                if set.is_empty() { "none".into() } else { set.join(", ") }
            }
            Self::Named(name) => match name(value) {
                Some(name) => format!("{value} ({name})"),
                None => value.to_string(),
            },
        }
    }
}

/// Returns bytes in hexadecimal.
fn joined(bytes: &[u8], between: &str) -> String {
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        let between = if place == 0 { "" } else { between };
        let _ = write!(text, "{between}{byte:02x}");
    }

    text
}

/// Returns the last eight bytes as a number.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
