//! The task that pushes to one receiver.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::before::Held;
use super::client::Client;
use super::failure::{LocalError, SendError};
use super::reports::Reports;
use super::request::Taken;
use super::signal::Answer;
use super::work::{Make, Payload, Work};
use crate::catalog::Readings;
use crate::config::Temporality;
use crate::health::Push;
use crate::snapshot::Snapshot;

/// What is pushed.
#[derive(Clone)]
pub struct Source {
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    pub read: Arc<dyn Fn(Arc<Snapshot>) -> Readings + Send + Sync>,
}

/// When to push.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub interval: Duration,
    /// Most time for one push.
    pub push_timeout: Duration,
}

/// Pushes to one receiver. It never waits for another, and nobody waits for it.
#[derive(Debug)]
pub struct Sender {
    client: Connection,
    make: Make,
    times: Times,
    backoff: Backoff,
    /// The receiver is left alone until then.
    not_before: Instant,
    /// When the push before was taken.
    last: SystemTime,
    /// What the receiver has.
    held: Arc<Held>,
    /// What is not sent yet, or not all of it.
    unfinished: Option<Work>,
    reports: Reports,
}

/// How long one push may go on.
#[derive(Clone, Copy)]
struct Turn<'a> {
    /// No request may last longer.
    deadline: Instant,
    /// No request is repeated later: then a newer snapshot is due.
    until: Instant,
    stop: &'a CancellationToken,
}

/// Connections, and what they are made of again when they failed.
#[derive(Debug)]
struct Connection {
    client: Client,
    is_broken: bool,
}

/// After a stop, for what is on its way and for the last push. Together they are less than
/// what all parts have to stop.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(3);

/// After so many pushes in which it was refused, a request of deltas is left out. Of counts that
/// are cumulative there is a new one in each push.
const REFUSALS: u32 = 3;

impl Sender {
    /// Makes a sender; the other one reads how it is doing.
    pub fn new(client: Client, make: Make, times: Times) -> (Self, watch::Receiver<Arc<Push>>) {
        let (reports, health) = Reports::new(&client.receiver.name);
        let sender = Self {
            client: Connection { client, is_broken: false },
            make,
            times,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            last: SystemTime::UNIX_EPOCH,
            held: Arc::default(),
            unfinished: None,
            reports,
        };

        (sender, health)
    }

    /// Pushes the newest snapshot every interval until told to stop, and once more then.
    pub async fn run(mut self, mut source: Source, stop: CancellationToken) {
        let first = source.snapshot.wait_for(|snapshot| snapshot.health.folding.folds > 0);
        let has_begun = stop.run_until_cancelled(first).await.is_some_and(|first| first.is_ok());
        let mut due = Instant::now();

        while has_begun && !stop.is_cancelled() {
            let now = Instant::now();
            // After a wait that took longer, a whole interval again.
            due = if due + self.times.interval > now { due } else { now } + self.times.interval;
            let turn = Turn { deadline: now + self.times.push_timeout, until: due, stop: &stop };
            tokio::select! {
                () = self.push(&source, turn) => {}
                () = async { stop.cancelled().await; sleep(UNDER_WAY).await } => break,
            }
            let next = due.max(self.not_before);
            stop.run_until_cancelled(sleep_until(next)).await;
        }
        stop.cancelled().await;
        if has_begun {
            self.finish(source, &stop).await;
        }
    }

    /// Pushes what the last fold brought.
    async fn finish(&mut self, mut source: Source, stop: &CancellationToken) {
        let last = async {
            while source.snapshot.changed().await.is_ok() {}
            let now = Instant::now();
            self.push(&source, Turn { deadline: now + LAST, until: now, stop }).await;
        };

        if timeout(LAST, last).await.is_err() {
            self.reports.cut_short(LAST);
        }
    }

    async fn push(&mut self, source: &Source, turn: Turn<'_>) {
        let begun = Instant::now();
        let snapshot = Arc::clone(&source.snapshot.borrow());
        let taken = Taken { readings: (source.read)(snapshot), time: self.time() };

        let pushed = self.push_all(taken, turn).await;
        self.reports.push(pushed, begun.elapsed());
    }

    /// Gives the time of a push. It follows the clock, but never back: a receiver takes no point
    /// before the last one, and no end before its start. After the clock was set back, pushes are
    /// a millisecond apart until it has caught up.
    fn time(&mut self) -> SystemTime {
        const APART: Duration = Duration::from_millis(1);

        self.last = SystemTime::now().max(self.last + APART);
        self.last
    }

    /// Of deltas those that the receiver has in part come first, because it must not get any
    /// twice; of counts that are cumulative nothing is worth sending but the newest, and the ends
    /// of what it may have.
    async fn push_all(&mut self, taken: Taken, turn: Turn<'_>) -> Result<(), SendError> {
        match self.make.style.temporality {
            Temporality::Delta => self.deliver(turn).await?,
            Temporality::Cumulative => self.give_up(),
        }
        let make = self.make.clone();
        let held = Arc::clone(&self.held);
        let work = tokio::task::spawn_blocking(move || make.work(&held, taken)).await;
        self.unfinished = Some(work.map_err(LocalError::from)??);

        self.deliver(turn).await
    }

    /// Gives up what is unfinished, and notes what the receiver may have of it.
    fn give_up(&mut self) {
        let Some(Work { taken, requests, series, may_have_arrived, .. }) = self.unfinished.take()
        else {
            return;
        };

        if may_have_arrived {
            let owed = requests.into_iter().flat_map(|request| request.ends).collect();
            Arc::make_mut(&mut self.held).part(taken, owed, series);
        }
    }

    /// Sends what is unfinished. A request that the receiver will never take is left out, and so is
    /// one that it has refused in several pushes: newer ones wait for it.
    async fn deliver(&mut self, turn: Turn<'_>) -> Result<(), SendError> {
        let mut outcome = Ok(());

        while let Some((body, points)) = self.next_request() {
            match self.send(body, turn).await {
                Ok(answer) => self.reports.answer(answer, points),
                Err(error) if error.is_about_the_content() || self.is_refused_again(&error) => {
                    self.reports.turned_away(points);
                    outcome = Err(error);
                }
                Err(error) => return Err(error),
            }
            if let Some(work) = &mut self.unfinished {
                work.requests.pop_front();
                work.refusals = 0;
            }
        }
        if let Some(work) = self.unfinished.take() {
            Arc::make_mut(&mut self.held).whole(work.taken, work.series, work.ended);
        }

        outcome
    }

    /// Notes a refusal of the first request, and says whether there were too many.
    fn is_refused_again(&mut self, error: &SendError) -> bool {
        let Some(work) = self.unfinished.as_mut().filter(|_| error.is_refusal()) else {
            return false;
        };
        work.refusals += 1;

        work.refusals >= REFUSALS
    }

    fn next_request(&self) -> Option<(Bytes, usize)> {
        let Payload { body, points, .. } = self.unfinished.as_ref()?.requests.front()?;

        Some((body.clone(), *points))
    }

    /// Sends one request, again and again as long as that may help.
    async fn send(&mut self, body: Bytes, turn: Turn<'_>) -> Result<Answer, SendError> {
        loop {
            let left = turn.deadline.saturating_duration_since(Instant::now());
            // Whoever stops waiting for this does not know either.
            let had_arrived = self.note_arrival(true);
            let error = match self.client.send(body.clone(), left).await {
                Ok(answer) => {
                    self.backoff.reset();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if !error.may_have_arrived() {
                self.note_arrival(had_arrived);
            }
            self.reports.failure(&error);
            if !error.is_passing() {
                return Err(error);
            }
            let again = Instant::now() + self.backoff.next(error.retry_after());
            self.not_before = again;
            let is_late = again >= turn.until.min(turn.deadline);
            if is_late || turn.stop.run_until_cancelled(sleep_until(again)).await.is_none() {
                return Err(error);
            }
        }
    }

    /// Notes whether the receiver may have something of what is unfinished; gives what was noted.
    fn note_arrival(&mut self, may_have: bool) -> bool {
        let work = self.unfinished.as_mut();

        work.is_some_and(|work| std::mem::replace(&mut work.may_have_arrived, may_have))
    }
}

impl Connection {
    async fn send(&mut self, body: Bytes, left: Duration) -> Result<Answer, SendError> {
        if self.is_broken {
            let receiver = self.client.receiver.clone();
            let made = tokio::task::spawn_blocking(|| Client::new(receiver)).await;
            self.client = made.map_err(LocalError::from)??;
        }

        let sent = self.client.send(body, left).await;
        // A connection on which nothing comes back would be used again; certificates may have
        // been replaced.
        self.is_broken = sent.as_ref().is_err_and(SendError::is_about_the_connection);
        sent
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
