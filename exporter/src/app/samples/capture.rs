//! One capture, as its client reads it.

use std::mem;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use super::Samples;
use crate::http::{Chunks, pieces};
use crate::samples::{Bounded, Losses, Sample, Writer};
use crate::version::Build;

/// Time for the packets that were taken, and not delivered when the capture ended.
const DELIVERY: Duration = Duration::from_secs(1);
/// A chunk is sent when it has so many bytes.
const CHUNK: usize = 64 << 10;

/// A capture. It ends when this is dropped.
struct Capture {
    samples: Samples,
    number: u64,
    /// `None` when its end was written.
    writer: Option<Writer>,
    /// What was not read yet.
    waiting: std::vec::IntoIter<Sample>,
    until: Instant,
    /// Packets and bytes that are left.
    count: u64,
    bytes: u64,
    /// The header of the file, until it was read.
    head: Vec<u8>,
}

/// Returns the capture as a file, piece by piece.
pub(super) fn chunks(samples: Samples, number: u64, snap_length: u32, bounded: &Bounded) -> Chunks {
    let Bounded { wanted: _, count, bytes, time } = *bounded;
    let application = format!("packet-exporter {}", Build::THIS.version);
    let mut head = Vec::new();
    let writer = Some(Writer::begin(&mut head, snap_length, &application));
    let until = Instant::now() + time;
    let waiting = Vec::new().into_iter();
    let capture = Capture { samples, number, writer, waiting, until, count, bytes, head };

    pieces(capture, |mut capture| async move {
        let chunk = capture.next().await?;
        Some((chunk, capture))
    })
}

impl Capture {
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut writer = self.writer.take()?;
        if !self.head.is_empty() {
            self.writer = Some(writer);
            return Some(mem::take(&mut self.head));
        }

        let mut chunk = Vec::new();
        let mut is_full = false;
        while chunk.is_empty() && !is_full && self.wait(self.until).await {
            is_full = self.write(&mut writer, &mut chunk);
        }
        if !chunk.is_empty() && !is_full {
            self.writer = Some(writer);
            return Some(chunk);
        }

        self.samples.withdraw();
        if !is_full {
            let latest = Instant::now() + DELIVERY;
            while !self.samples.line().has_ended && self.news(latest).await {}
            while !is_full && self.refill() {
                is_full = self.write(&mut writer, &mut chunk);
            }
        }
        writer.end(&mut chunk, SystemTime::now(), Some(self.lost()));
        Some(chunk)
    }

    /// Waits for packets; returns whether some came before that.
    async fn wait(&mut self, until: Instant) -> bool {
        while !self.refill() {
            if !self.news(until).await {
                return false;
            }
        }

        Instant::now() < until
    }

    /// Waits for a change of the line; returns whether one came before that.
    async fn news(&self, until: Instant) -> bool {
        timeout_at(until, self.samples.0.news.notified()).await.is_ok()
    }

    /// Takes what is waiting; returns whether there is something to write.
    fn refill(&mut self) -> bool {
        if self.waiting.as_slice().is_empty() {
            let mut line = self.samples.line();
            line.bytes = 0;
            self.waiting = Vec::from(mem::take(&mut line.waiting)).into_iter();
        }

        !self.waiting.as_slice().is_empty()
    }

    /// Writes packets until there is enough for a chunk, or for the capture; returns whether it is that.
    fn write(&mut self, writer: &mut Writer, chunk: &mut Vec<u8>) -> bool {
        while chunk.len() < CHUNK
            && let Some(sample) = self.waiting.next()
        {
            let before = chunk.len();
            writer.packet(chunk, &sample);
            self.bytes = self.bytes.saturating_sub((chunk.len() - before) as u64);
            self.count = self.count.saturating_sub(1);
            if self.bytes == 0 || self.count == 0 {
                return true;
            }
        }

        false
    }

    fn lost(&self) -> (Losses, u64) {
        let line = self.samples.line();

        (line.losses, line.unsent)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.samples.withdraw();
        *self.samples.line() = super::Line { number: self.number, ..super::Line::default() };
    }
}

impl Samples {
    fn withdraw(&self) {
        self.0.wish.send_if_modified(|wish| wish.take().is_some());
    }
}
