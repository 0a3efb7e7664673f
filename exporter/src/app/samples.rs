//! Between the thread that takes packets and those that ask for them.
//!
//! The thread that takes packets calls, each time it has read what programs took:
//! - [`Samples::switch`] when sampling is switched on, off, or changed;
//! - [`Samples::add`] with what was sampled, and [`Samples::losses`] with what was not, since the start;
//! - [`Samples::wish`], which is the capture that is wanted now, if one is; [`Samples::wishes`] wakes it up;
//! - [`Samples::captured`] and [`Samples::capture_losses`] with the number of that wish, and the losses since
//!   it began;
//! - [`Samples::capture_ended`] when the wish is gone, after it has delivered what was taken until then.
//!
//! None of these waits for a client.

mod capture;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use shared::{PortProtocol, PortRank};
use tokio::sync::{Notify, watch};

use crate::datapath::RING;
use crate::health::PartMemory;
use crate::http::Chunks;
use crate::samples::{
    Bounded, Cause, Id, Kept, Losses, Matching, Recorder, Sample, Sampling, Seen, Wanted,
};

/// Most bytes that wait for a client that captures; what is more is lost.
const WAITING: usize = 8 << 20;

/// What is known of the two ports of a packet.
type Ranks = Box<dyn Fn(PortProtocol, [u16; 2]) -> [PortRank; 2] + Send + Sync>;

/// Sampled packets and captures. Every clone reaches the same ones.
#[derive(Clone)]
pub(crate) struct Samples(Arc<Shared>);

/// A capture that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Another one for each.
    pub(crate) number: u64,
    pub(crate) wanted: Wanted,
}

/// Another capture is running.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Busy;

struct Shared {
    ranks: Ranks,
    seen: Mutex<Seen>,
    wish: watch::Sender<Option<Wish>>,
    line: Mutex<Line>,
    /// Something has changed in the line.
    news: Notify,
}

/// Packets on their way to the one client that captures.
#[derive(Debug, Default)]
struct Line {
    /// The last capture.
    number: u64,
    /// It is running.
    is_taken: bool,
    matching: Matching,
    waiting: VecDeque<Sample>,
    bytes: usize,
    /// Packets that found no room here.
    unsent: u64,
    losses: Losses,
    /// Everything was delivered.
    has_ended: bool,
}

impl Samples {
    /// Makes an empty one of a process that started then; `ranks` looks up what is known of two ports.
    pub(crate) fn new(
        start: SystemTime,
        ranks: impl Fn(PortProtocol, [u16; 2]) -> [PortRank; 2] + Send + Sync + 'static,
    ) -> Self {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let start = u64::try_from(start).unwrap_or(u64::MAX);
        let seen = Seen {
            sampling: None,
            losses: Losses::default(),
            kept: Kept::new(start),
            recorder: Recorder::new(start),
        };

        Self(Arc::new(Shared {
            ranks: Box::new(ranks),
            seen: Mutex::new(seen),
            wish: watch::Sender::new(None),
            line: Mutex::default(),
            news: Notify::new(),
        }))
    }

    /// Notes how packets are sampled from now on, if they are, and how many are kept.
    pub(crate) fn switch(&self, sampling: Option<Sampling>, kept: usize) {
        let mut seen = self.seen();
        seen.sampling = sampling;
        seen.kept.limit(if sampling.is_some() { kept } else { 0 });
    }

    /// Adds sampled packets, the oldest first.
    pub(crate) fn add(&self, samples: Vec<Sample>) {
        let mut seen = self.seen();
        for sample in samples {
            let ranks = self.ranks(&sample);
            let taken = seen.kept.add(sample, ranks);
            seen.recorder.add(&taken);
        }
    }

    /// Notes what was lost of sampled packets since the start.
    pub(crate) fn losses(&self, losses: Losses) {
        self.seen().losses = losses;
    }

    /// Begins a recording of what is unusual; `None` while nothing is sampled.
    pub(crate) fn record(&self, cause: Cause) -> Option<Id> {
        let mut seen = self.seen();
        let Seen { sampling, kept, recorder, .. } = &mut *seen;

        sampling.map(|_| recorder.begin(cause, kept))
    }

    /// Returns what there is now.
    pub(crate) fn now(&self) -> Seen {
        self.seen().clone()
    }

    /// Returns what sampled packets take, with the ring buffer; `None` while nothing is sampled.
    pub(crate) fn memory(&self) -> Option<PartMemory> {
        let seen = self.seen();
        seen.sampling.map(|_| PartMemory {
            part: "samples",
            bytes: u64::from(RING) + seen.bytes() as u64,
            limit: u64::from(RING) + Seen::MOST_BYTES as u64,
        })
    }

    /// Returns whether sampled packets have more than headers.
    pub(crate) fn has_payload(&self) -> bool {
        self.seen().sampling.is_some_and(|sampling| sampling.payload)
    }

    /// Returns the capture that is wanted now.
    pub(crate) fn wish(&self) -> Option<Wish> {
        self.0.wish.borrow().clone()
    }

    /// Returns what tells of each change of [`Self::wish`].
    pub(crate) fn wishes(&self) -> watch::Receiver<Option<Wish>> {
        self.0.wish.subscribe()
    }

    /// Delivers packets of the capture with that number, the oldest first. What it did not ask for is
    /// left out.
    pub(crate) fn captured(&self, number: u64, samples: Vec<Sample>) {
        self.change(number, |line| {
            for sample in samples.into_iter().filter(|it| line.matching.has(it)) {
                let bytes = size_of::<Sample>() + sample.bytes.len();
                if line.bytes + bytes > WAITING {
                    line.unsent += 1;
                    continue;
                }
                line.bytes += bytes;
                line.waiting.push_back(sample);
            }
        });
    }

    /// Notes what was lost of the capture with that number since it began.
    pub(crate) fn capture_losses(&self, number: u64, losses: Losses) {
        self.change(number, |line| line.losses = losses);
    }

    /// Notes that everything was delivered of the capture with that number.
    pub(crate) fn capture_ended(&self, number: u64) {
        self.change(number, |line| line.has_ended = true);
    }

    /// Begins a capture, which goes on until its bounds are reached or the chunks are dropped.
    pub(crate) fn capture(&self, bounded: &Bounded) -> Result<Chunks, Busy> {
        let snap_length = self.seen().sampling.map_or(0, |sampling| sampling.snap_length);
        let Bounded { wanted, .. } = bounded;
        let number = {
            let mut line = self.line();
            if line.is_taken {
                return Err(Busy);
            }
            let (number, matching) = (line.number + 1, wanted.matching.clone());
            *line = Line { number, is_taken: true, matching, ..Line::default() };
            number
        };
        self.0.wish.send_replace(Some(Wish { number, wanted: wanted.clone() }));

        Ok(capture::chunks(self.clone(), number, snap_length, bounded))
    }

    fn ranks(&self, sample: &Sample) -> [PortRank; 2] {
        let protocol = sample.cell().and_then(|(_, protocol)| PortProtocol::of(protocol));
        let ports = [sample.parsed.source_port, sample.parsed.destination_port];

        match protocol {
            Some(protocol) if sample.parsed.has_ports != 0 => (self.0.ranks)(protocol, ports),
            _ => [PortRank::default(); 2],
        }
    }

    /// Changes the line, if it is still of that capture.
    fn change(&self, number: u64, change: impl FnOnce(&mut Line)) {
        let mut line = self.line();
        if line.is_taken && line.number == number {
            change(&mut line);
            self.0.news.notify_one();
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
