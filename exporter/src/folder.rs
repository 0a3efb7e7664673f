//! The one part that drains and folds, and the only writer of the snapshot.

mod counting;
mod plan;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::{self, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::dimension::ByDimension;
use crate::health::{Attaching, Attachment, DeviceInfo, Folding, Health, PartMemory, SharedMap};
use crate::interval::{Drained, Imbalance};
use crate::snapshot::{Before, Snapshot};

use counting::Counting;
pub use plan::{Applied, Farewell, Plan};
use state::{Key, State};

/// What was read from the kernel in one drain.
#[derive(Debug, Default)]
pub struct Collected {
    /// What every program counted since the look before. A program that is missing is gone.
    pub drained: Vec<Drained>,
    /// What programs that are gone counted last.
    pub last: Vec<Drained>,
    pub attachments: Vec<Attachment>,
    pub devices: Arc<[DeviceInfo]>,
    pub shared_maps: Vec<SharedMap>,
    /// How far the start has come; as long as it is not over, the next look follows at once.
    pub attaching: Option<Attaching>,
    /// Parts whose memory has a limit.
    pub memory: Vec<PartMemory>,
    /// Programs that count under the constants of a configuration before.
    pub behind: usize,
    /// Some programs were not tried yet, because others took long; the next look follows at once.
    pub is_unfinished: bool,
    /// Why nothing could be drained.
    pub failure: Option<io::Error>,
    /// Why there is nothing to count at the start, which ends the part.
    pub refusal: Option<anyhow::Error>,
}

/// When to look at the kernel.
#[derive(Debug)]
pub struct Pace<T> {
    /// A change here makes the folder look before the interval is over.
    pub changes: watch::Receiver<T>,
    pub stop: CancellationToken,
    /// Whether to look once more when told to stop.
    pub last_look: bool,
}

/// What is folded, and where the result is read.
#[derive(Debug)]
pub struct Folder {
    pub config: watch::Receiver<Arc<Config>>,
    pub plan: fn(&Config) -> Plan,
    pub snapshot: watch::Sender<Arc<Snapshot>>,
    /// Announces the first fold under each configuration, once it is published.
    pub applied: watch::Sender<Option<Applied>>,
}

/// Looks at the kernel, folds and publishes every interval until told to stop, and once more then
/// where that is wanted.
///
/// A look that fails leaves everything as it is: the counts wait in the kernel, and the next look
/// brings them. Looks and folds block, so this needs a thread of its own.
///
/// Another configuration is folded under at once: `collect` gets it, and may replace programs.
pub async fn run<T>(
    mut folder: Folder,
    mut collect: impl FnMut(&Arc<Config>) -> Collected,
    pace: Pace<T>,
) -> anyhow::Result<()> {
    let Pace { mut changes, stop, last_look } = pace;
    let mut config = Arc::clone(&folder.config.borrow_and_update());
    let mut state = State::new((folder.plan)(&config));
    let mut ticks = ticks(state.plan.interval);
    // The first look comes at once.
    ticks.reset_immediately();

    loop {
        let is_last = tokio::select! {
            biased;
            () = stop.cancelled() => true,
            () = future::ready(()), if state.attaching.is_some() || state.is_unfinished => false,
            _ = ticks.tick() => false,
            Ok(()) = changes.changed() => false,
            Ok(()) = folder.config.changed() => false,
        };
        if is_last && !last_look {
            state.say_totals();
            return Ok(());
        }
        let latest = Arc::clone(&folder.config.borrow_and_update());
        if !Arc::ptr_eq(&latest, &config) {
            config = latest;
            let before = state.plan.interval;
            state.goes_by((folder.plan)(&config));
            if state.plan.interval != before {
                ticks = self::ticks(state.plan.interval);
            }
        }
        let begun = Instant::now();
        let mut collected = collect(&config);
        if let Some(refusal) = collected.refusal.take() {
            return Err(refusal);
        }
        state.folding.drain.observe(begun.elapsed());
        let behind = collected.behind;
        let is_failure = collected.failure.is_some();
        let health = fold(&mut state, collected);
        folder.publish(&state, health);
        if !is_failure {
            folder.acknowledge(&config, behind);
        }
        if is_last {
            state.say_totals();
            return Ok(());
        }
    }
}

/// Returns ticks of which the first comes one interval from now.
fn ticks(interval: Duration) -> Interval {
    let mut ticks = time::interval_at(time::Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);

    ticks
}

impl Folder {
    /// Announces the configuration that was folded under, if it is new.
    fn acknowledge(&self, config: &Arc<Config>, behind: usize) {
        self.applied.send_if_modified(|applied| {
            let is_known = applied
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(&it.config, config) && it.behind == behind);
            if !is_known {
                *applied = Some(Applied { config: Arc::clone(config), behind });
            }

            !is_known
        });
    }

    fn publish(&self, state: &State, health: Health) {
        let counting = state.flows.iter().map(|(key, counting)| (key, &counting.published));
        let mut flows: BTreeMap<_, _> = counting.collect();
        // A new flow with the same name waits until the old one has ended.
        flows.extend(state.ended.iter().map(|(key, (ended, _))| (key, ended)));
        let flows: Vec<_> = flows.into_values().map(Arc::clone).collect();
        let health = Health { evicted_before: state.evicted_before(&flows), ..health };
        let before = self.before(state);

        self.snapshot.send_replace(Arc::new(Snapshot { flows, health, before }));
    }

    /// Returns where the last fold began from. A look that was no fold leaves it as it was.
    fn before(&self, state: &State) -> Option<Arc<Before>> {
        let published = self.snapshot.borrow();
        let Folding { folds, last, .. } = published.health.folding;
        if folds == state.folding.folds {
            return published.before.clone();
        }

        last.zip(state.elapsed).map(|(folded, elapsed)| {
            let (unread, unread_last) = (state.unread.clone(), state.failing.clone());
            let flows = published.flows.clone();
            Arc::new(Before { flows, folded, elapsed, unread, unread_last })
        })
    }
}

/// Folds what was collected; returns the health, to which publishing adds the evictions.
fn fold(state: &mut State, collected: Collected) -> Health {
    let Collected { drained, last, attachments, devices, failure, .. } = collected;
    let Collected { attaching, is_unfinished, memory, shared_maps, .. } = collected;
    state.attaching = attaching;
    state.is_unfinished = is_unfinished;
    let begun = Instant::now();
    let now = SystemTime::now();
    if let Some(error) = &failure {
        state.folding.failures += 1;
        if !state.is_failing {
            tracing::warn!(
                %error,
                "Cannot read the programs; their counts stay in the kernel until the next fold"
            );
        }
    }
    state.is_failing = failure.is_some();

    state.forget_ended(begun, state.plan.farewell);
    for drained in last {
        if let Err(error) = &drained.counted {
            state.note_loss(&drained.device, error);
            continue;
        }
        let key = (Arc::clone(&drained.device), drained.direction);
        fold_one(state, drained, now);
        state.conclude(key, begun);
    }
    if failure.is_none() {
        let attached: BTreeSet<_> =
            drained.iter().map(|one| (Arc::clone(&one.device), one.direction)).collect();
        state.forget_all_but(&attached);
        let unread = state.failing.clone();
        // One device that can be read is enough, as it is to start.
        let is_blind = !drained.is_empty() && drained.iter().all(|one| one.counted.is_err());
        for drained in drained {
            fold_one(state, drained, now);
        }
        if !is_blind {
            state.folding.folds += 1;
            state.folding.last = Some(now);
            state.elapsed = state.folded.replace(begun).map(|before| begun - before);
            state.unread = &unread | &state.failing;
        }
    }
    state.folding.fold.observe(begun.elapsed());

    Health {
        attachments,
        devices,
        shared_maps,
        attaching,
        folding: state.folding.clone(),
        memory,
        evicted_before: ByDimension::default(),
    }
}

fn fold_one(state: &mut State, drained: Drained, now: SystemTime) {
    let Drained { device, direction, since, counted } = drained;
    let key = (device, direction);
    let counting = match state.flows.remove(&key) {
        Some(counting) if counting.since == since => counting,
        ended => {
            if let Some(Counting { published, .. }) = ended {
                state.end(&published);
            }
            Counting::new(&key, since, state.plan.rules)
        }
    };
    let counting = match counted {
        Ok(interval) => {
            state.failing.remove(&key);
            let before = Arc::clone(&counting.published);
            // What a program was not loaded to count is not missing.
            let rules = state.plan.rules.within(interval.switches);
            let counting = counting.fold(&interval, rules, now);
            counting.ledger.newly_broken().iter().for_each(|it| report(&key, it));
            state.end_switched_off(&before, &counting.published);
            counting
        }
        Err(error) => {
            state.note_failure(key.clone(), &error);
            counting
        }
    };

    state.flows.insert(key, counting);
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
