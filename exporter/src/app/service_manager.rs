//! Notifies the service manager of the state of the exporter.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts};
use super::readiness;
use crate::causes::with_causes;
use crate::config::Config;
use crate::health::{Attaching, Health};
use crate::notify::{Manager, Message, Moment};
use crate::snapshot::Snapshot;

/// How long the start may take from each of its steps on.
const STEP: Duration = Duration::from_mins(1);
/// How often a message is tried again that the manager has no room for.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a stop waits for that.
const LAST: Duration = Duration::from_secs(1);

/// Lets the service manager know of reloads.
#[derive(Clone, Debug)]
pub(super) struct Reloads(watch::Sender<Option<Moment>>);

/// A reload that is under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Reloading<'a>(&'a Reloads);

/// Notifies the service manager when the exporter is ready, of what it does, and that it still
/// folds.
struct Notices {
    manager: Manager,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    reloads: watch::Receiver<Option<Moment>>,
    /// Its interval is the most time between two folds.
    config: watch::Receiver<Arc<Config>>,
    /// When the last snapshot came.
    folded: Instant,
    state: State,
    /// How many folds and failures there were when the last snapshot came.
    before: (u64, u64),
    /// Since the last fold, readings fail.
    is_blind: bool,
    /// What the manager shows.
    status: String,
    /// What it could not be told yet.
    untold: Vec<Message>,
    is_failing: bool,
}

/// Starts to tell the service manager, where one asked for it.
pub(super) fn start(
    parts: &OptionalParts,
    snapshot: &watch::Receiver<Arc<Snapshot>>,
    reloads: &Reloads,
    config: watch::Receiver<Arc<Config>>,
) -> anyhow::Result<()> {
    match Manager::of_this_process() {
        Ok(Some(manager)) => {
            let notices = Notices::new(manager, snapshot.clone(), reloads, config);
            parts.start("notify", notices)?;
        }
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(error = with_causes(&error), "Cannot reach the service manager");
        }
    }

    Ok(())
}

/// What the manager takes the exporter to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    Reloading,
}

impl Reloads {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Notifies the service manager that a reload is under way, as long as the returned one lives.
    pub(super) fn begin(&self) -> Reloading<'_> {
        self.0.send_replace(Moment::now().ok());

        Reloading(self)
    }
}

impl Drop for Reloading<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(None);
    }
}

impl Notices {
    fn new(
        manager: Manager,
        snapshot: watch::Receiver<Arc<Snapshot>>,
        reloads: &Reloads,
        config: watch::Receiver<Arc<Config>>,
    ) -> Self {
        Self {
            manager,
            snapshot,
            reloads: reloads.0.subscribe(),
            config,
            folded: Instant::now(),
            state: State::Starting,
            before: (0, 0),
            is_blind: false,
            status: String::new(),
            untold: Vec::new(),
            is_failing: false,
        }
    }

    /// Collects what is new to the manager.
    fn note_news(&mut self) {
        let snapshot = Arc::clone(&self.snapshot.borrow_and_update());
        let health = &snapshot.health;
        if self.state == State::Starting {
            if health.attaching.is_some() {
                self.untold.push(Message::StartWithin(STEP));
            }
            if readiness::of(health).is_ok() {
                self.state = State::Ready;
                self.untold.push(Message::Ready);
            }
        }
        let (folds, failures) = (health.folding.folds, health.folding.failures);
        self.is_blind = folds == self.before.0 && (self.is_blind || failures > self.before.1);
        self.before = (folds, failures);
        let status = status(health, self.is_blind);
        if self.status != status {
            self.untold.push(Message::Status(status.clone()));
            self.status = status;
        }

        let reload = *self.reloads.borrow_and_update();
        match (self.state, reload) {
            (State::Ready, Some(begun)) => {
                self.state = State::Reloading;
                self.untold.push(Message::Reloading(begun));
            }
            (State::Reloading, None) => {
                self.state = State::Ready;
                let begins = |it: &Message| matches!(it, Message::Reloading(_));
                match self.untold.iter().position(begins) {
                    // It need not know of either.
                    Some(begin) => drop(self.untold.remove(begin)),
                    None => self.untold.push(Message::Ready),
                }
            }
            (State::Starting, _) | (State::Ready, None) | (State::Reloading, Some(_)) => {}
        }
    }

    /// Notes that all is well, if it is: folds go on.
    fn feed(&mut self, watchdog: Duration) {
        let interval = self.config.borrow().datapath.interval;
        if self.folded.elapsed() <= interval + watchdog / 3 {
            self.untold.push(Message::Watchdog);
        }
    }

    /// Sends the manager what was not sent yet; keeps it if the socket has no room.
    fn tell(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        match self.manager.tell(&self.untold) {
            Ok(()) => {
                self.untold.clear();
                self.is_failing = false;
            }
            Err(error) => {
                if !self.is_failing {
                    let error = with_causes(&error);
                    tracing::warn!(error, "Cannot report the state to the service manager");
                }
                self.is_failing = true;
                // Anything else is not mended by waiting.
                if error.kind() == ErrorKind::WouldBlock {
                    self.forget_stale();
                } else {
                    self.untold.clear();
                }
            }
        }
    }

    /// Forgets what newer messages will have: there may be no room for long.
    fn forget_stale(&mut self) {
        let last = self.untold.iter().rposition(|it| matches!(it, Message::Status(_)));
        let mut place = 0;
        self.untold.retain(|message| {
            place += 1;
            match message {
                Message::Status(_) => Some(place - 1) == last,
                Message::Watchdog | Message::StartWithin(_) => false,
                Message::Ready | Message::Reloading(_) | Message::Stopping => true,
            }
        });
    }
}

impl Optional for Notices {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let watchdog = self.manager.watchdog;
        // Three times within what it waits for.
        let mut ticks = interval(watchdog.map_or(STEP, |it| it / 3).max(AGAIN));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        self.note_news();
        self.tell();

        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = ticks.tick() => watchdog.into_iter().for_each(|it| self.feed(it)),
                Ok(()) = self.snapshot.changed() => {
                    self.folded = Instant::now();
                    self.note_news();
                }
                Ok(()) = self.reloads.changed() => self.note_news(),
                () = sleep(AGAIN), if !self.untold.is_empty() => {}
            }
            self.tell();
        }

        let begun = Instant::now();
        self.untold.push(Message::Stopping);
        self.tell();
        while !self.untold.is_empty() && begun.elapsed() < LAST {
            sleep(AGAIN).await;
            self.tell();
        }
        Ok(())
    }
}

/// Returns in one sentence what is counted.
fn status(health: &Health, is_blind: bool) -> String {
    let Health { attachments, attaching, folding, .. } = health;
    if let Some(Attaching { tried, wanted }) = attaching {
        return format!("Attaching: {tried} of {wanted} devices tried.");
    }
    let wanted: BTreeSet<&str> =
        attachments.iter().filter(|it| it.is_wanted).map(|it| &*it.device).collect();
    let running = attachments.iter().filter(|it| it.running.is_some());
    let running: BTreeSet<&str> = running.map(|it| &*it.device).collect();
    let devices = match (running.len(), wanted.len()) {
        (1, 1) => "1 device".to_owned(),
        (all, wanted) if all == wanted => format!("{all} devices"),
        (some, wanted) => format!("{some} of {wanted} devices"),
    };

    match folding.last {
        Some(last) if is_blind => {
            format!("Cannot read {devices} since {}; the log has the reason.", time_of_day(last))
        }
        None => format!("Attached to {devices}; nothing was read yet."),
        Some(_) => format!("Counting on {devices}."),
    }
}

fn time_of_day(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() % 86_400);
    let [hours, minutes, seconds] = [seconds / 3600, seconds / 60 % 60, seconds % 60];

    format!("{hours:02}:{minutes:02}:{seconds:02} UTC")
}

#[cfg(test)]
mod tests;
