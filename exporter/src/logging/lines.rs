//! Lines that wait for a thread to write them: a reader that stops reading stops nothing else.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Most lines that wait; further ones are lost.
const WAITING: usize = 1024;
/// The longest wait for lines to be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// A queue of lines. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    /// A line has left the queue and is not written yet.
    is_writing: bool,
    lost: u64,
}

impl Lines {
    /// Returns how many lines were lost: too many waited, or they could not be written.
    pub fn lost(&self) -> u64 {
        self.0.lock().lost
    }

    /// Adds a line, or counts it as lost; never waits for it to be written.
    pub(super) fn push(&self, line: Vec<u8>) {
        let mut state = self.0.lock();
        if state.waiting.len() == WAITING {
            state.lost += 1;
            return;
        }

        state.waiting.push_back(line);
        self.0.changed.notify_all();
    }

    /// Starts the thread that writes the lines; it ends with the process.
    pub(super) fn start_writing(&self, output: impl Write + Send + 'static) -> io::Result<()> {
        let (lines, mut output) = (self.clone(), output);
        let write = move || loop {
            let line = lines.0.next();
            let written = output.write_all(&line);
            lines.0.note(&written);
        };

        thread::Builder::new().name("log".into()).spawn(write).map(drop)
    }

    /// Waits until all lines are written, a second at most.
    pub(super) fn wait(&self) {
        let is_busy = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        let state = self.0.lock();

        let _state_or_poison = self.0.changed.wait_timeout_while(state, PATIENCE, is_busy);
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line.to_vec());

        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next line.
    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        loop {
            if let Some(line) = state.waiting.pop_front() {
                state.is_writing = true;
                return line;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn note(&self, written: &io::Result<()>) {
        let mut state = self.lock();
        state.is_writing = false;
        state.lost += u64::from(written.is_err());
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    use super::*;

    /// Takes nothing until the other end of the channel is dropped.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _released = self.0.recv();

            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_before_the_thread_and_the_last_ones_are_written_in_order() {
        let lines = Lines::default();
        let (mut reader, writer) = pipe().unwrap();
        lines.push(b"early\n".to_vec());

        lines.start_writing(writer).unwrap();
        lines.push(b"late\n".to_vec());
        lines.wait();

        let mut text = [0; 11];
        reader.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"early\nlate\n");
        assert_eq!(lines.lost(), 0);
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nobody_and_what_is_lost_is_counted() {
        let lines = Lines::default();
        let (release, stuck) = channel();
        lines.start_writing(Stuck(stuck)).unwrap();
        let begun = Instant::now();

        for _ in 0..WAITING + 10 {
            lines.push(b"line\n".to_vec());
        }
        lines.wait();

        // One may have left the queue.
        assert!((9..=10).contains(&lines.lost()), "{}", lines.lost());
        assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
        assert!(begun.elapsed() < 10 * PATIENCE, "{:?}", begun.elapsed());

        let before = lines.lost();
        drop(release);
        lines.wait();
        lines.push(b"again\n".to_vec());
        lines.wait();
        assert_eq!(lines.lost(), before);
    }

    #[test]
    fn a_reader_that_is_gone_loses_lines_and_they_are_counted() {
        let lines = Lines::default();
        let (reader, writer) = pipe().unwrap();
        drop(reader);

        lines.start_writing(writer).unwrap();
        lines.push(b"line\n".to_vec());
        lines.wait();

        assert_eq!(lines.lost(), 1);
    }
}
