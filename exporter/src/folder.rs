//! The one part that drains and folds, and the only writer of the snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use shared::{Count, Direction};
use tokio::sync::watch;
use tokio::time::{self, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::dimension::ByDimension;
use crate::health::{Attaching, Attachment, Folding, Health};
use crate::interval::{Drained, Imbalance};
use crate::ledger::{Ledger, Rules};
use crate::snapshot::{Breakdown, Flow, Snapshot};

/// What one look at the kernel brought.
#[derive(Debug, Default)]
pub struct Collected {
    /// What every program counted since the look before. A program that is missing is gone.
    pub drained: Vec<Drained>,
    /// What programs that are gone counted last.
    pub last: Vec<Drained>,
    pub attachments: Vec<Attachment>,
    /// How far the start has come; as long as it is not over, the next look follows at once.
    pub attaching: Option<Attaching>,
    /// Why nothing could be drained.
    pub failure: Option<io::Error>,
    /// Why there is nothing to count at the start, which ends the part.
    pub refusal: Option<anyhow::Error>,
}

/// When to look at the kernel.
#[derive(Debug)]
pub struct Pace<T> {
    pub interval: Duration,
    /// Asks for a look before the interval is over.
    pub changes: watch::Receiver<T>,
    pub stop: CancellationToken,
    /// Whether to look once more when told to stop.
    pub last_look: bool,
}

/// What is folded, and who reads the result.
#[derive(Debug)]
pub struct Folder {
    pub rules: Rules,
    pub snapshot: watch::Sender<Arc<Snapshot>>,
    pub config_read: SystemTime,
    pub farewell: Farewell,
}

/// How long the last counts of a program that is gone are published.
#[derive(Clone, Copy, Debug)]
pub struct Farewell {
    /// Unless another one counts under the same name.
    pub most: Duration,
    pub least: Duration,
}

/// Most ended flows that are published for longer than that: a host may make and remove devices
/// all the time.
const ENDED: usize = 128;

/// Whose frames a flow is of: device and direction.
type Key = (Arc<str>, Direction);

/// Everything that is known between two folds.
#[derive(Debug, Default)]
struct State {
    flows: BTreeMap<Key, Counting>,
    /// What ended, and when. It is published for a while, so that each count was to be read.
    ended: BTreeMap<Key, (Arc<Flow>, Instant)>,
    folding: Folding,
    evicted_before: ByDimension<Option<u64>>,
    failing: BTreeSet<Key>,
    is_failing: bool,
    attaching: Option<Attaching>,
}

/// A flow that goes on.
#[derive(Debug)]
struct Counting {
    /// When its program was attached.
    since: SystemTime,
    ledger: Ledger,
    published: Arc<Flow>,
}

impl Counting {
    fn say_total(&self, what: &str) {
        let Flow { device, direction, totals, .. } = &*self.published;
        let Count { packets, bytes } = totals.frames();

        tracing::info!(device = &**device, direction = direction.label(), packets, bytes, "{what}");
    }
}

/// Looks at the kernel, folds and publishes every interval until told to stop, and once more then
/// where that is wanted.
///
/// A look that fails leaves everything as it is: the counts wait in the kernel, and the next look
/// brings them. Looks and folds block, so this needs a thread of its own.
pub async fn run<T>(
    folder: Folder,
    mut collect: impl FnMut() -> Collected,
    pace: Pace<T>,
) -> anyhow::Result<()> {
    let Pace { interval, mut changes, stop, last_look } = pace;
    let mut ticks = time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut state = State::new(&folder.rules);

    loop {
        let is_last = tokio::select! {
            biased;
            () = stop.cancelled() => true,
            () = future::ready(()), if state.attaching.is_some() => false,
            _ = ticks.tick() => false,
            Ok(()) = changes.changed() => false,
        };
        if is_last && !last_look {
            state.say_totals();
            return Ok(());
        }
        let begun = Instant::now();
        let mut collected = collect();
        if let Some(refusal) = collected.refusal.take() {
            return Err(refusal);
        }
        state.folding.drain.observe(begun.elapsed());
        let health = folder.fold(&mut state, collected);
        folder.publish(&state, health);
        if is_last {
            state.say_totals();
            return Ok(());
        }
    }
}

impl Folder {
    /// Folds what was collected; gives the health of the programs.
    fn fold(&self, state: &mut State, collected: Collected) -> Vec<Attachment> {
        let Collected { drained, last, attachments, attaching, failure, refusal: _ } = collected;
        state.attaching = attaching;
        let begun = Instant::now();
        let now = SystemTime::now();
        if let Some(error) = &failure {
            state.folding.failures += 1;
            if !state.is_failing {
                tracing::warn!(%error, "Cannot drain the programs; their counts wait in the kernel");
            }
        }
        state.is_failing = failure.is_some();

        state.forget_ended(begun, self.farewell);
        for drained in last {
            if let Err(error) = &drained.counted {
                state.note_loss(&drained.device, error);
                continue;
            }
            let key = (Arc::clone(&drained.device), drained.direction);
            self.fold_one(state, drained, now);
            state.conclude(key, begun);
        }
        if failure.is_none() {
            let attached: BTreeSet<_> =
                drained.iter().map(|one| (Arc::clone(&one.device), one.direction)).collect();
            state.forget_all_but(&attached);
            // One device that can be read is enough, as it is to start.
            let is_blind = !drained.is_empty() && drained.iter().all(|one| one.counted.is_err());
            for drained in drained {
                self.fold_one(state, drained, now);
            }
            if !is_blind {
                state.folding.folds += 1;
                state.folding.last = Some(now);
            }
        }
        state.folding.fold.observe(begun.elapsed());

        attachments
    }

    fn fold_one(&self, state: &mut State, drained: Drained, now: SystemTime) {
        let Drained { device, direction, since, counted } = drained;
        let key = (Arc::clone(&device), direction);
        let tap = key.clone();
        let ledger = match state.flows.remove(&key) {
            Some(counting) if counting.since == since => counting.ledger,
            Some(ended) => {
                state.end(&ended.published);
                Ledger::new(self.rules)
            }
            None => Ledger::new(self.rules),
        };
        let ledger = match counted {
            Ok(interval) => {
                state.failing.remove(&tap);
                let ledger = ledger.fold(&interval, now);
                ledger.newly_broken().iter().for_each(|it| report(&tap, it));
                ledger
            }
            Err(error) => {
                state.note_failure(tap, &error);
                ledger
            }
        };
        let published = Arc::new(ledger.flow(device, direction, since));

        state.flows.insert(key, Counting { since, ledger, published });
    }

    fn publish(&self, state: &State, attachments: Vec<Attachment>) {
        let counting = state.flows.iter().map(|(key, counting)| (key, &counting.published));
        let mut flows: BTreeMap<_, _> = counting.collect();
        // A new flow with the same name waits until the old one has ended.
        flows.extend(state.ended.iter().map(|(key, (ended, _))| (key, ended)));
        let flows = flows.into_values().map(Arc::clone).collect();
        let health = Health {
            attachments,
            attaching: state.attaching,
            folding: state.folding.clone(),
            config_current: true,
            config_read: Some(self.config_read),
            evicted_before: state.evicted_before,
        };

        self.snapshot.send_replace(Arc::new(Snapshot { flows, health }));
    }
}

impl State {
    fn new(rules: &Rules) -> Self {
        let evicted_before = rules.naming.map(|naming| naming.enabled.then_some(0));

        Self { evicted_before, ..Self::default() }
    }

    /// Counts a reading that failed, and says it once.
    fn note_failure(&mut self, tap: Key, error: &io::Error) {
        self.folding.failures += 1;
        if self.failing.insert(tap.clone()) {
            let (device, direction) = tap;
            tracing::warn!(
                device = &*device,
                direction = direction.label(),
                %error,
                "Cannot read what was counted; it waits in the kernel"
            );
        }
    }

    /// Counts a reading that failed of a program that is gone, and with it what it had counted.
    fn note_loss(&mut self, device: &Arc<str>, error: &io::Error) {
        self.folding.failures += 1;
        tracing::warn!(
            device = &**device,
            %error,
            "Cannot read what a program counted last; it is lost"
        );
    }

    /// Says what was counted on each device: no scrape will.
    fn say_totals(&self) {
        for counting in self.flows.values() {
            counting.say_total("Counted until the stop");
        }
    }

    /// Ends a flow whose last counts are folded.
    fn conclude(&mut self, key: Key, now: Instant) {
        if let Some(counting) = self.flows.remove(&key) {
            counting.say_total("Counted until the end of the series");
            self.failing.remove(&key);
            let last = Arc::unwrap_or_clone(counting.published).ended();
            if let Some((before, _)) = self.ended.insert(key, (Arc::new(last), now)) {
                self.end(&before);
            }
        }
    }

    /// Ends the series that were published for long enough, and the oldest where there are too many.
    fn forget_ended(&mut self, now: Instant, Farewell { most, least }: Farewell) {
        let is_over = |key: &Key, (_, ended): &mut (Arc<Flow>, Instant)| {
            let lasts = if self.flows.contains_key(key) { least } else { most.max(least) };
            *ended + lasts <= now
        };
        let mut over: Vec<_> = self.ended.extract_if(.., is_over).collect();
        let mut by_age: Vec<_> =
            self.ended.iter().map(|(key, (_, ended))| (*ended, key.clone())).collect();
        by_age.sort_unstable_by_key(|(ended, _)| *ended);
        let excess = by_age.len().saturating_sub(ENDED);
        let oldest = by_age.iter().take(excess).filter(|(ended, _)| *ended + least <= now);
        over.extend(oldest.filter_map(|(_, key)| self.ended.remove_entry(key)));

        for (_, (flow, _)) in over {
            self.end(&flow);
        }
    }

    /// Ends the series of programs that are gone.
    fn forget_all_but(&mut self, attached: &BTreeSet<Key>) {
        let gone: Vec<_> =
            self.flows.keys().filter(|key| !attached.contains(*key)).cloned().collect();
        for key in gone {
            if let Some(ended) = self.flows.remove(&key) {
                self.failing.remove(&key);
                self.end(&ended.published);
            }
        }
    }

    /// Keeps of a flow that ended what may not fall.
    fn end(&mut self, ended: &Flow) {
        for (dimension, Breakdown { evicted, .. }) in ended.breakdowns.present() {
            *self.evicted_before[dimension].get_or_insert(0) += evicted;
        }
    }
}

/// Reports that counts of an interval are wrong; every such interval is counted too.
fn report((device, direction): &Key, Imbalance { law, parts, whole }: &Imbalance) {
    tracing::warn!(
        device = &**device,
        direction = direction.label(),
        law = law.label(),
        parts_packets = parts.packets,
        parts_bytes = parts.bytes,
        whole_packets = whole.packets,
        whole_bytes = whole.bytes,
        "The parts of an interval do not add up to the whole; packets were lost or counted twice"
    );
}

#[cfg(test)]
mod tests;
