//! The task that pushes to one receiver.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff::{Backoff, by_chance};
use super::before::Delivered;
use super::connection::Connection;
use super::failure::SendError;
use super::local::LocalError;
use super::reports::{Reports, Why};
use super::request::Style;
use super::signal::Answer;
use super::source::Source;
use super::taken::Taken;
use super::work::{Make, Payload, Work};
use crate::config::Temporality;
use crate::health::Push;
use crate::snapshot::Snapshot;

/// When to push.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub interval: Duration,
    /// How long the first push waits after the first fold.
    pub phase: Duration,
    /// Most time for one push.
    pub push_timeout: Duration,
}

/// Pushes to one receiver. It never waits for another, and nothing waits for it.
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
    delivered: Arc<Delivered>,
    /// What is not sent yet, or not all of it.
    unfinished: Option<Work>,
    reports: Reports,
    ran: Ran,
}

/// How the last run came to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ran {
    NotYet,
    /// As it was told to.
    Ended,
    /// By a panic, or it runs.
    Interrupted,
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

/// After a stop, for what is on its way and for the last push. Together they are less than
/// what all parts have to stop.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(3);

/// After so many pushes in which it was refused, a request of deltas is left out, if others of its
/// push may have arrived. Else each push has new requests.
const REFUSALS: u32 = 3;

impl Times {
    /// Returns times whose first push is at a random phase of the interval.
    pub fn spread(interval: Duration, push_timeout: Duration) -> Self {
        Self { interval, phase: by_chance(interval), push_timeout }
    }
}

impl Sender {
    /// Makes a sender; the other one reads how it is doing.
    pub fn new(client: Connection, make: Make, times: Times) -> (Self, watch::Receiver<Arc<Push>>) {
        let (reports, health) = Reports::new(client.name());
        let sender = Self {
            client,
            make,
            times,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            last: SystemTime::UNIX_EPOCH,
            delivered: Arc::default(),
            unfinished: None,
            reports,
            ran: Ran::NotYet,
        };

        (sender, health)
    }

    /// Goes on with other settings for the same receiver, between two runs. What that has is still
    /// known, so that no delta is pushed twice, and sums keep their start. Deltas on their way are
    /// sent as they are, unless they are encoded in another way now: then they are left out.
    pub fn change(&mut self, client: Connection, make: Make, times: Times) {
        let Style { began, temporality, .. } = self.make.style;
        let Make { style, protocol, compression, .. } = &make;
        let is_sent_alike = (*protocol, *compression, style.temporality)
            == (self.make.protocol, self.make.compression, temporality);
        if !is_sent_alike {
            // Sums that come later have all that is left out.
            let is_lost = [temporality, style.temporality] == [Temporality::Delta; 2];
            self.forget_unfinished(is_lost.then_some(Why::Encoding));
        }

        self.client = client;
        self.make = Make { style: Style { began, ..make.style }, ..make };
        self.times = times;
    }

    /// Pushes deltas of what is counted after `taken` alone, for a receiver that comes later.
    pub fn begin_after(&mut self, taken: Taken) {
        self.last = taken.time;
        self.delivered = Arc::new(Delivered::of(taken));
    }

    /// Returns the newest push that the receiver has, or may have a part of.
    pub fn newest(&self) -> Option<&Taken> {
        let unfinished = self.unfinished.as_ref().filter(|work| work.may_have_arrived);

        unfinished.map(|work| &work.taken).or(self.delivered.last())
    }

    /// Goes on with the counts of an earlier sender to a receiver of this name: counters never fall.
    pub fn go_on_from(&mut self, push: &Push) {
        self.reports.go_on_from(push);
    }

    /// Pushes the newest snapshot every interval until told to stop, and once more then. Hosts that
    /// start together push apart from each other, by their phase.
    ///
    /// After a panic it may be called again, and goes on at once: what the receiver has is still
    /// known. What was on its way then is not sent again, as it may have arrived: of deltas nothing
    /// is counted twice, and what did not arrive of that push is lost.
    pub async fn run(&mut self, mut source: Source, stop: CancellationToken) {
        let ran = std::mem::replace(&mut self.ran, Ran::Interrupted);
        if ran == Ran::Interrupted {
            self.forget_unfinished(Some(Why::Panic));
        }
        let is_any = |snapshot: &Arc<Snapshot>| snapshot.health.folding.folds > 0;
        stop.run_until_cancelled(source.snapshot.wait_for(is_any)).await;
        let is_folded = is_any(&source.snapshot.borrow());
        if is_folded && ran == Ran::NotYet {
            stop.run_until_cancelled(sleep(self.times.phase)).await;
        }
        stop.run_until_cancelled(sleep_until(self.not_before)).await;
        let mut due = Instant::now();

        while is_folded && !stop.is_cancelled() {
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
        if is_folded {
            self.finish(source, &stop).await;
        }
        self.ran = Ran::Ended;
    }

    /// Leaves out what is on its way, as the receiver may have it, and reports why. What a panic
    /// interrupted may be what the panic comes of.
    fn forget_unfinished(&mut self, why: Option<Why>) {
        // It is not known what became of a request on it.
        self.client.close();
        let Some(work) = self.unfinished.as_ref().filter(|work| work.may_have_arrived) else {
            return;
        };
        let lost = work.requests.iter().map(|request| request.points).sum();

        if let Some(why) = why {
            self.reports.left_out(lost, why);
        }
        match self.make.style.temporality {
            Temporality::Cumulative => self.give_up(),
            Temporality::Delta => self.arrived(),
        }
    }

    /// Notes that the receiver has what was unfinished, or is to get nothing more of it.
    fn arrived(&mut self) {
        if let Some(Work { taken, series, ended, .. }) = self.unfinished.take() {
            Arc::make_mut(&mut self.delivered).whole(taken, series, ended);
        }
    }

    /// Pushes what the last fold brought.
    async fn finish(&mut self, mut source: Source, stop: &CancellationToken) {
        let last = async {
            if source.is_ending.is_cancelled() {
                while source.snapshot.changed().await.is_ok() {}
            }
            let now = Instant::now();
            self.push(&source, Turn { deadline: now + LAST, until: now, stop }).await;
        };

        if timeout(LAST, last).await.is_err() {
            self.reports.cut_short(LAST);
        }
    }

    async fn push(&mut self, source: &Source, turn: Turn<'_>) {
        let begun = Instant::now();
        let pushed = match source.readings().await {
            Ok(readings) => {
                let taken = Taken { readings, time: self.time() };
                self.push_all(taken, turn).await
            }
            Err(error) => Err(error.into()),
        };
        self.reports.push(pushed, begun.elapsed());
    }

    /// Returns the time of a push. It follows the clock, but never back: a receiver takes no point
    /// before the last one, and no end before its start. After the clock was set back, pushes are
    /// a millisecond apart until it has caught up.
    fn time(&mut self) -> SystemTime {
        const APART: Duration = Duration::from_millis(1);

        self.last = SystemTime::now().max(self.last + APART);
        self.last
    }

    /// Deltas that the receiver may have in part are sent again first, unchanged, because it must
    /// not get any twice; those of which it has nothing are made anew. Of cumulative counts only
    /// the newest are worth sending, and the ends of the series that the receiver may have.
    async fn push_all(&mut self, taken: Taken, turn: Turn<'_>) -> Result<(), SendError> {
        match self.make.style.temporality {
            Temporality::Delta => {
                // Newer counts have all that is in it.
                drop(self.unfinished.take_if(|work| !work.may_have_arrived));
                self.deliver(turn).await?;
            }
            Temporality::Cumulative => self.give_up(),
        }
        let make = self.make.clone();
        let delivered = Arc::clone(&self.delivered);
        let work = spawn_blocking(move || make.work(&delivered, taken)).await;
        self.unfinished = Some(work.map_err(LocalError::from)??);

        self.deliver(turn).await
    }

    /// Abandons what is unfinished, and notes what the receiver may have of it.
    fn give_up(&mut self) {
        let Some(Work { taken, requests, series, may_have_arrived, .. }) = self.unfinished.take()
        else {
            return;
        };

        if may_have_arrived {
            let owed = requests.into_iter().flat_map(|request| request.ends).collect();
            Arc::make_mut(&mut self.delivered).part(taken, owed, series);
        }
    }

    /// Sends what is unfinished, one request after the other. One that fails does not keep the
    /// others from being sent: what may pass is repeated after them, what the receiver refuses waits
    /// for the next push. Left out is what it will never take, and what it has refused in several
    /// pushes: newer counts wait for it.
    async fn deliver(&mut self, turn: Turn<'_>) -> Result<(), SendError> {
        let mut outcome = Ok(());
        // Those at the end were refused in this push.
        let mut left = self.unfinished.as_ref().map_or(0, |work| work.requests.len());

        while left > 0 {
            let Some(Payload { body, points, .. }) = self.first_request().cloned() else { break };
            match self.send(body, turn).await {
                Ok(answer) => {
                    self.reports.answer(answer, points);
                    self.drop_first();
                    left -= 1;
                }
                Err(error) if error.is_passing() => {
                    if !self.may_repeat(&error, turn).await {
                        return Err(error);
                    }
                    self.postpone_first(left);
                }
                Err(error) if error.is_about_the_content() || error.is_refusal() => {
                    if error.is_about_the_content() || self.is_refused_again() {
                        self.reports.turned_away(points);
                        self.drop_first();
                    } else {
                        self.postpone_first(usize::MAX);
                    }
                    left -= 1;
                    outcome = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        if self.unfinished.as_ref().is_some_and(|work| work.requests.is_empty()) {
            self.arrived();
        }

        outcome
    }

    /// Notes a refusal of the first request. Returns whether there were too many.
    fn is_refused_again(&mut self) -> bool {
        let request = self.unfinished.as_mut().and_then(|work| work.requests.front_mut());

        request.is_some_and(|request| {
            request.refusals += 1;
            request.refusals >= REFUSALS
        })
    }

    fn first_request(&self) -> Option<&Payload> {
        self.unfinished.as_ref()?.requests.front()
    }

    fn drop_first(&mut self) {
        if let Some(work) = &mut self.unfinished {
            work.requests.pop_front();
        }
    }

    /// Puts the first request behind the first so many.
    fn postpone_first(&mut self, so_many: usize) {
        if let Some(work) = &mut self.unfinished {
            let requests = work.requests.make_contiguous();
            let so_many = so_many.min(requests.len());
            requests[..so_many].rotate_left(so_many.min(1));
        }
    }

    /// Sends one request, once.
    async fn send(&mut self, body: Bytes, turn: Turn<'_>) -> Result<Answer, SendError> {
        let left = turn.deadline.saturating_duration_since(Instant::now());
        // If this is cancelled before the answer, the receiver may still have the request.
        let had_arrived = self.note_arrival(true);
        let sent = self.client.send(body, left).await;

        match &sent {
            Ok(_) => self.backoff.reset(),
            Err(error) => {
                if !error.may_have_arrived() {
                    self.note_arrival(had_arrived);
                }
                self.reports.failure(error);
            }
        }
        sent
    }

    /// Waits until the receiver may be asked again. Returns whether that is within the push.
    async fn may_repeat(&mut self, error: &SendError, turn: Turn<'_>) -> bool {
        let again = Instant::now() + self.backoff.next(error.retry_after());
        self.not_before = again;
        let is_late = again >= turn.until.min(turn.deadline);

        !is_late && turn.stop.run_until_cancelled(sleep_until(again)).await.is_some()
    }

    /// Notes whether the receiver may have something of what is unfinished; returns what was noted.
    fn note_arrival(&mut self, may_have: bool) -> bool {
        let work = self.unfinished.as_mut();

        work.is_some_and(|work| std::mem::replace(&mut work.may_have_arrived, may_have))
    }
}

#[cfg(test)]
mod tests;
