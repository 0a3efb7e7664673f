//! How far a long file has been read, shown on a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::config::Output;

const BETWEEN: Duration = Duration::from_millis(500);
/// The clock is asked once in so many packets, a power of two.
const PACKETS: u64 = 1 << 14;
/// Goes to the start of the line and clears it. Source: ECMA-48, 8.3.41 (EL).
const CLEAR: &str = "\r\x1b[K";

/// One line on standard error that is written anew, and goes when the file was read.
pub(super) struct Progress {
    name: String,
    /// Bytes that there are to read, if that is known.
    size: Option<u64>,
    is_wanted: bool,
    next: Instant,
    is_there: bool,
}

impl Progress {
    /// Shows nothing where standard error is no terminal, and where packets are printed to one.
    pub(super) fn new(name: &str, size: Option<u64>, output: Output) -> Self {
        let is_wanted =
            io::stderr().is_terminal() && (output != Output::Each || !io::stdout().is_terminal());

        Self {
            name: name.to_owned(),
            size,
            is_wanted,
            next: Instant::now() + 2 * BETWEEN,
            is_there: false,
        }
    }

    /// Shows how far it is, at packet `number`, from time to time.
    #[inline]
    pub(super) fn show(&mut self, number: u64, offset: impl FnOnce() -> u64) {
        if self.is_wanted && number.is_multiple_of(PACKETS) && Instant::now() >= self.next {
            self.write(number, offset());
        }
    }

    fn write(&mut self, number: u64, offset: u64) {
        let Self { name, size, .. } = self;
        let line = match size.and_then(|size| (100 * offset).checked_div(size)) {
            Some(percent) => format!("{name}: {number} packets, {percent} %"),
            None => format!("{name}: {number} packets, {} MiB", offset >> 20),
        };
        let _unseen = write!(io::stderr(), "{CLEAR}{line}");
        self.next = Instant::now() + BETWEEN;
        self.is_there = true;
    }

    /// Takes the line away.
    pub(super) fn clear(self) {
        if self.is_there {
            let _unseen = write!(io::stderr(), "{CLEAR}");
        }
    }
}
