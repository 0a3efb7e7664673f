//! What a process writes to its log, read by a thread while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::patience::wait_for;

/// The lines that were read so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Reads what a process writes until it ends.
    pub(crate) fn follow(&self, output: impl Read + Send + 'static) -> JoinHandle<()> {
        let Self(lines) = self.clone();

        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        })
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how many lines have `text`.
    pub(crate) fn said(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits until `text` is in so many lines, as a thread of its own writes them; returns in how many
    /// it is then.
    #[track_caller]
    pub(crate) fn said_within(&self, text: &str, times: usize) -> usize {
        wait_for("the log to have it", || {
            let said = self.said(text);
            if said >= times {
                Ok(said)
            } else {
                Err(format!("{said} of {times}: {:#?}", self.lines()))
            }
        })
    }
}
