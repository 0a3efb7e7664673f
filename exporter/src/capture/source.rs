//! The bytes of a file, unpacked where they are packed.

use std::io::{self, BufReader, Chain, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

/// The largest window of zstd that is unpacked, as a power of two: it takes that much memory.
/// `zstd -20 --ultra` needs it; `--long` without a number needs four times as much.
const ZSTD_WINDOW: u32 = 25;

/// What was read to recognise the format, and the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A file that may be packed.
pub(super) enum Source<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Whole<R>>>>),
    Zstd(zstd::Decoder<'static, BufReader<Whole<R>>>),
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes.
    pub(super) fn open(mut reader: R) -> io::Result<Self> {
        let mut first = Vec::new();
        reader.by_ref().take(4).read_to_end(&mut first)?;
        let magic = <[u8; 4]>::try_from(&*first).unwrap_or_default();
        let whole = Cursor::new(first).chain(reader);

        // Source: RFC 1952, section 2.3.1; RFC 8878, sections 3.1.1 and 3.1.2.
        match magic {
            [0x1f, 0x8b, ..] => {
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(whole)))))
            }
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                let mut decoder = zstd::Decoder::with_buffer(BufReader::new(whole))?;
                decoder.window_log_max(ZSTD_WINDOW)?;
                Ok(Self::Zstd(decoder))
            }
            _ => Ok(Self::Plain(whole)),
        }
    }

    /// Returns what packed it.
    pub(super) const fn packed(&self) -> Option<&'static str> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(_) => Some("gzip"),
            Self::Zstd(_) => Some("zstd"),
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let name = self.packed();
        let read = match self {
            Self::Plain(whole) => whole.read(bytes),
            Self::Gzip(decoder) => decoder.read(bytes),
            Self::Zstd(decoder) => decoder.read(bytes),
        };

        read.map_err(|error| match name {
            Some(name) if error.kind() != ErrorKind::Interrupted => explained(name, &error),
            _ => error,
        })
    }
}

impl<R: Read> std::fmt::Debug for Source<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Source").field(&self.packed()).finish()
    }
}

fn explained(name: &str, error: &io::Error) -> io::Error {
    let text = if error.kind() == ErrorKind::UnexpectedEof {
        format!("its {name} data ends early")
    } else if error.to_string().contains("too much memory") {
        // As libzstd has it, for a window that is larger than is allowed.
        format!(
            "unpacking needs more than {} MiB of memory; unpack it with `zstd -dc --memory=2048MB \
             FILE | packet-exporter inspect -`",
            (1 << ZSTD_WINDOW) >> 20
        )
    } else {
        format!("its {name} data cannot be unpacked: {error}")
    };

    io::Error::new(error.kind(), text)
}
