//! Text on its way to a terminal, without what would control it.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::printable::printable;

/// Writes control characters out, before they reach `W`.
pub(super) struct Escaped<W>(pub(super) W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Escaped<W> {
    type Writer = Escaped<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Escaped(self.0.make_writer())
    }
}

impl<W: Write> Write for Escaped<W> {
    /// Takes whole lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(printable(&String::from_utf8_lossy(line)).as_bytes())?;

        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
