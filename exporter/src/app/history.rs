//! The part that keeps the history of the last hours and the events of the last folds.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts};
use super::samples::Samples;
use crate::api::{Events, Place};
use crate::catalog::Choice;
use crate::config::{Bytes, Config};
use crate::health::PartMemory;
use crate::history::{Crossing, Crossings, History, View};
use crate::http::{Chunks, pieces};
use crate::samples::{Cause, Id};
use crate::snapshot::Snapshot;

/// The share of the memory that events have, which are for clients that come back.
const OF_EVENTS: usize = 16;
/// After so long without events, a comment shows that the connection is there.
const QUIET: Duration = Duration::from_secs(15);

/// What readers see of the history.
#[derive(Clone)]
pub(super) struct Kept {
    history: watch::Receiver<Option<Seen>>,
    events: watch::Receiver<Events>,
}

/// The history up to one fold, and what all of it takes.
#[derive(Clone)]
struct Seen {
    view: Arc<View>,
    memory: PartMemory,
}

/// Follows the folds. It never delays one: folds that it was too slow for are added up.
struct Following {
    snapshot: watch::Receiver<Arc<Snapshot>>,
    config: watch::Receiver<Arc<Config>>,
    history: watch::Sender<Option<Seen>>,
    events: watch::Sender<Events>,
    samples: Samples,
}

/// What is kept while it is not switched off.
struct Keeping {
    history: History,
    crossings: Crossings,
}

/// Starts the part; returns what readers see.
pub(super) fn start(
    parts: &OptionalParts,
    snapshot: &watch::Receiver<Arc<Snapshot>>,
    config: &watch::Receiver<Arc<Config>>,
    samples: Samples,
) -> anyhow::Result<Kept> {
    let (following, kept) = Following::new(snapshot.clone(), config.clone(), samples);
    parts.start("history", following)?;

    Ok(kept)
}

impl Kept {
    /// Returns the history; `None` while it is switched off.
    pub(super) fn view(&self) -> Option<Arc<View>> {
        self.history.borrow().as_ref().map(|seen| Arc::clone(&seen.view))
    }

    /// Returns what it takes.
    pub(super) fn memory(&self) -> Option<PartMemory> {
        self.history.borrow().as_ref().map(|seen| seen.memory)
    }

    /// Returns the events for a client that sends this header; `None` while nothing is kept.
    pub(super) fn events(&self, last_event: Option<&str>) -> Option<Chunks> {
        self.history.borrow().as_ref()?;
        let events = self.events.clone();
        let place = events.borrow().place(last_event);
        let head = Some(Events::RETRY.as_bytes().to_vec());

        Some(pieces((events, place, head), |(mut events, mut place, head)| async move {
            if let Some(head) = head {
                return Some((head, (events, place, None)));
            }
            let text = next(&mut events, &mut place).await?;
            Some((text, (events, place, None)))
        }))
    }
}

/// Waits for what a client has not read; `None` when there will be no more.
async fn next(events: &mut watch::Receiver<Events>, place: &mut Place) -> Option<Vec<u8>> {
    loop {
        let text = events.borrow_and_update().next(place);
        if !text.is_empty() {
            return Some(text);
        }
        match timeout(QUIET, events.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some(Events::KEEP_ALIVE.into()),
        }
    }
}

impl Following {
    fn new(
        snapshot: watch::Receiver<Arc<Snapshot>>,
        config: watch::Receiver<Arc<Config>>,
        samples: Samples,
    ) -> (Self, Kept) {
        let (history, seen) = watch::channel(None);
        let (events, written) = watch::channel(Events::new(SystemTime::now()));
        let kept = Kept { history: seen, events: written };

        (Self { snapshot, config, history, events, samples }, kept)
    }

    /// Begins a recording of a signal that rose.
    fn record(&self, crossing: &Crossing, at: SystemTime) -> Option<Id> {
        let Crossing { device, direction, signal, is_raised, value, mean: _ } = crossing;
        let cause = || Cause {
            device: Arc::clone(device),
            direction: *direction,
            signal: signal.label(),
            value: *value,
            at,
        };

        is_raised.then(|| self.samples.record(cause())).flatten()
    }

    /// Adds what was counted since the last snapshot.
    fn fold(&self, keeping: &mut Keeping, last: &Snapshot, now: &Snapshot, limit: u64) {
        let choice = Choice::without(&self.config.borrow().metrics.exclude);
        let bytes = usize::try_from(limit).unwrap_or(usize::MAX);
        let Keeping { history, crossings } = keeping;
        let is_new = now.health.folding.folds > last.health.folding.folds;
        let crossed = if is_new { crossings.fold(now) } else { Vec::new() };
        let at = now.health.folding.last.unwrap_or_else(SystemTime::now);
        let recorded = |crossing: Crossing| {
            let recording = self.record(&crossing, at);
            (crossing, recording)
        };
        let crossed: Vec<_> = crossed.into_iter().map(recorded).collect();
        let of_events = bytes / OF_EVENTS;
        self.events.send_if_modified(|events| {
            events.limit(of_events);
            if is_new {
                events.push(now, &crossed, &choice);
            }
            is_new
        });

        history.limit(bytes.saturating_sub(of_events + crossings.bytes()));
        history.fold(last, now);
        let view = Arc::new(history.view());
        let all = view.bytes + crossings.bytes() + self.events.borrow().bytes();
        let memory = PartMemory { part: "history", bytes: all as u64, limit };
        self.history.send_replace(Some(Seen { view, memory }));
    }

    /// Forgets everything.
    fn switch_off(&self) {
        if self.history.borrow().is_some() {
            self.history.send_replace(None);
            self.events.send_modify(|events| events.limit(0));
        }
    }
}

impl Optional for Following {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut keeping: Option<Keeping> = None;
        let mut last = Arc::clone(&self.snapshot.borrow_and_update());

        loop {
            let Bytes(limit) = self.config.borrow_and_update().api.history_memory;
            let now = Arc::clone(&self.snapshot.borrow_and_update());
            if limit == 0 {
                keeping = None;
                self.switch_off();
            } else {
                let keeping = keeping.get_or_insert_with(|| Keeping {
                    history: History::new(0),
                    crossings: Crossings::default(),
                });
                self.fold(keeping, &last, &now, limit);
            }
            last = now;

            let changed = async {
                tokio::select! {
                    changed = self.snapshot.changed() => changed,
                    changed = self.config.changed() => changed,
                }
            };
            match stop.run_until_cancelled(changed).await {
                Some(Ok(())) => {}
                // There will be no other snapshot.
                Some(Err(_)) => stop.cancelled().await,
                None => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::PortRank;

    use super::*;
    use crate::catalog::example;
    use crate::snapshot::Before;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// A snapshot of so many folds, a second each.
    fn folded(folds: u64) -> Arc<Snapshot> {
        let mut snapshot = (*example::readings().snapshot).clone();
        let before = Before {
            flows: snapshot.flows.clone(),
            folded: example::at(folds - 1),
            elapsed: Duration::from_secs(1),
            unread: [].into(),
            unread_last: [].into(),
        };
        snapshot.health.folding.folds = folds;
        snapshot.health.folding.last = Some(example::at(folds));
        snapshot.before = Some(Arc::new(before));

        Arc::new(snapshot)
    }

    #[tokio::test]
    async fn it_follows_folds_until_it_is_switched_off_and_takes_nothing_then() {
        let (tell, snapshot) = watch::channel(folded(1));
        let (configure, config) = watch::channel(Arc::new(Config::default()));
        let samples = Samples::new(example::at(0), |_, _| [PortRank::default(); 2]);
        let (mut following, kept) = Following::new(snapshot, config, samples);
        let stop = CancellationToken::new();
        let mut place = Place::New;
        let (mut seen, mut events) = (kept.history.clone(), kept.events.clone());
        let last = |seen: &Option<Seen>| {
            let window = seen.as_ref().and_then(|it| it.view.window(Duration::from_secs(1)));
            window.map(|window| window.last())
        };

        let steps = async {
            seen.wait_for(Option::is_some).await.unwrap();
            for folds in 2..5 {
                tell.send_replace(folded(folds));
                seen.wait_for(|seen| last(seen) == Some(folds)).await.unwrap();
            }
            let first = next(&mut events, &mut place).await.unwrap();
            tell.send_replace(folded(5));
            let second = next(&mut events, &mut place).await.unwrap();
            let memory = kept.memory().unwrap();
            let mut off = Config::default();
            off.api.history_memory = Bytes(0);
            configure.send_replace(Arc::new(off));
            seen.wait_for(Option::is_none).await.unwrap();
            stop.cancel();
            (first, second, memory)
        };
        let both = async { tokio::join!(following.run(stop.clone()), steps).1 };
        let (first, second, memory) = timeout(DEADLINE, both).await.unwrap();

        let [first, second] = [first, second].map(|it| String::from_utf8(it).unwrap());
        assert!(first.starts_with("event: fold\nid: ") && first.contains("-4\ndata: {"), "{first}");
        assert!(second.contains("-5\ndata: {"), "{second}");
        assert!(memory.bytes > 0 && memory.bytes < memory.limit, "{memory:?}");
        assert!(kept.memory().is_none() && kept.events(None).is_none());
        assert_eq!(kept.events.borrow().bytes(), 0);
    }
}
