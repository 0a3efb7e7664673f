//! Packets that clients send, inspected on a thread of their own.

mod pace;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::inspect::packet_parser::{self, PacketParser};
use super::options;
use crate::api::{MOST_PACKETS, MOST_UNPACKED};
use crate::capture::{Broken, Capture, Damage, OpenError, Skipped};
use crate::causes::with_causes;
use crate::config::Config;
use crate::datapath::{Options, PortRanks, SizeChoice};
use crate::inspect::{Counted, Each, FILE, Inspection, Report, Submission, Uninspected};
use crate::record::Record;
use crate::services::RankTable;
use pace::Pace;

/// Most bytes that the maps of the program may take: it counts for one inspection.
const MAPS: u64 = 64 << 20;

/// Inspects what clients send, one submission at a time. Every clone has the same turns.
#[derive(Clone, Debug)]
pub(super) struct Inspections {
    turns: Arc<Semaphore>,
    ranks: PortRanks,
}

/// The one inspection at a time, until it is dropped.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
    ranks: PortRanks,
}

/// An inspection on its thread.
pub(super) struct Running<'a> {
    ranks: RankTable,
    pace: &'a Pace,
    /// Cancelled when nobody waits for the result.
    stop: &'a CancellationToken,
}

impl Inspections {
    /// Makes inspections that choose service ports by these ranks.
    pub(super) fn new(ranks: PortRanks) -> Self {
        Self { turns: Arc::new(Semaphore::new(1)), ranks }
    }

    /// Takes the turn; `None` while another client has it.
    pub(super) fn take(&self) -> Option<Turn> {
        let permit = Arc::clone(&self.turns).try_acquire_owned().ok()?;

        Some(Turn { _permit: permit, ranks: self.ranks.clone() })
    }
}

impl Turn {
    /// Runs `work` on a thread of its own: the program in the kernel keeps its thread on one CPU. What
    /// comes of it is awaited; dropping that stops the work.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Running<'_>) -> T + Send + 'static,
    ) -> Option<T> {
        let stop = CancellationToken::new();
        let _stops = stop.clone().drop_guard();
        let (tell, told) = oneshot::channel();

        let thread = std::thread::Builder::new().name("inspection".into()).spawn(move || {
            let pace = Pace::begin();
            let ranks = self.ranks.table();
            let _nobody_waits = tell.send(work(&Running { ranks, pace: &pace, stop: &stop }));
            pace.rest();
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "Cannot start a thread for an inspection");
        }
        told.await.ok()
    }
}

impl Running<'_> {
    /// Inspects a submission under a configuration.
    pub(super) fn inspect(
        &self,
        config: &Config,
        submission: &Submission<'_>,
        is_each: bool,
    ) -> Result<Inspection, Uninspected> {
        let options = options::datapath(config);
        let tunnels = options.tunnels;
        let memory = options.memory.min(MAPS);
        let options = Options { pins: None, memory, sizes: SizeChoice::default(), ..options };
        let loaded = packet_parser::datapath(options);
        let parser = loaded.as_ref().map_err(|error| format!("{error:#}")).and_then(|datapath| {
            PacketParser::kernel(datapath, tunnels).map_err(|error| format!("{error:#}"))
        });
        let (parser, reason) = match parser {
            Ok(parser) => (parser, None),
            Err(reason) => (PacketParser::host(tunnels), Some(reason)),
        };

        let mut packets = Packets {
            running: self,
            parser,
            counted: Counted::new(self.ranks.clone()),
            each: is_each.then(Vec::new),
        };
        let read = match submission {
            Submission::Frames { .. } => packets.frames(submission)?,
            Submission::Capture(bytes) => packets.capture(bytes)?,
        };
        let Packets { parser, counted, each, .. } = packets;
        let OfCapture { format, incomplete, understated, skipped } = read;
        Ok(Inspection {
            parser: parser.used(counted.count().packets, reason),
            format,
            incomplete,
            cut_off: counted.cut_off(),
            understated,
            report: Report::new(&counted, skipped.by_reason()),
            each,
        })
    }
}

/// The packets of one submission.
struct Packets<'a> {
    running: &'a Running<'a>,
    parser: PacketParser<'a>,
    counted: Counted,
    each: Option<Vec<Each<'static>>>,
}

/// How a capture was read; of frames there is nothing to tell.
#[derive(Default)]
struct OfCapture {
    format: Option<String>,
    incomplete: Option<String>,
    understated: u64,
    skipped: Skipped,
}

fn unopened(error: &OpenError) -> Uninspected {
    if matches!(error, OpenError::TooMuch) {
        too_much()
    } else {
        Uninspected::NoCapture(with_causes(error))
    }
}

fn too_much() -> Uninspected {
    Uninspected::TooMuch { most_bytes: MOST_UNPACKED }
}

impl Packets<'_> {
    fn frames(&mut self, submission: &Submission<'_>) -> Result<OfCapture, Uninspected> {
        submission.records().try_for_each(|record| self.add(&record))?;

        Ok(OfCapture::default())
    }

    fn capture(&mut self, bytes: &[u8]) -> Result<OfCapture, Uninspected> {
        let mut capture =
            Capture::open_within(bytes, MOST_UNPACKED).map_err(|error| unopened(&error))?;
        let end = loop {
            match capture.next_record() {
                Ok(Some(record)) => self.add(&record)?,
                Ok(None) => break None,
                Err(Broken { source: Damage::TooMuch, .. }) => return Err(too_much()),
                Err(broken) => break Some(with_causes(&broken)),
            }
        };

        Ok(OfCapture {
            format: Some(capture.format()),
            incomplete: end,
            understated: capture.understated(),
            skipped: capture.skipped().clone(),
        })
    }

    /// Parses and counts one packet, and rests from time to time.
    fn add(&mut self, record: &Record<'_>) -> Result<(), Uninspected> {
        let Running { pace, stop, .. } = self.running;
        if self.counted.count().packets >= MOST_PACKETS {
            return Err(Uninspected::TooMany { most: MOST_PACKETS });
        }
        let parsed = self.parser.parse(record);
        if let Some(each) = &mut self.each {
            each.push(Each::new(FILE, record, &parsed));
        }
        self.counted.add(record, parsed);

        let is_new_slice = pace.rest_after_a_slice();
        if is_new_slice && stop.is_cancelled() { Err(Uninspected::Abandoned) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
