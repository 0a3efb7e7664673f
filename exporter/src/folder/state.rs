//! Everything that is known between two folds.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::Direction;

use super::counting::Counting;
use super::plan::{Farewell, Plan};
use crate::dimension::ByDimension;
use crate::health::{Attaching, Folding};
use crate::snapshot::{Breakdown, Flow};

/// Most ended flows that are published for longer than that: a host may make and remove devices
/// all the time.
pub(super) const ENDED: usize = 128;

/// The device and the direction of a flow.
pub(super) type Key = (Arc<str>, Direction);

/// Everything that is known between two folds.
#[derive(Debug)]
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) flows: BTreeMap<Key, Counting>,
    /// Ended flows, and when they ended. They stay published for a while, so that readers can still
    /// get the last counts.
    pub(super) ended: BTreeMap<Key, (Arc<Flow>, Instant)>,
    pub(super) folding: Folding,
    /// When the last fold was made.
    pub(super) folded: Option<Instant>,
    /// From the fold before the last to the last.
    pub(super) elapsed: Option<Duration>,
    pub(super) evicted_before: ByDimension<Option<u64>>,
    pub(super) failing: BTreeSet<Key>,
    /// Those that could not be read at the last fold or at the one before.
    pub(super) unread: BTreeSet<Key>,
    pub(super) is_failing: bool,
    pub(super) attaching: Option<Attaching>,
    /// The last look left programs for the next one.
    pub(super) is_unfinished: bool,
}

impl State {
    pub(super) fn new(plan: Plan) -> Self {
        let mut state = Self {
            plan,
            flows: BTreeMap::new(),
            ended: BTreeMap::new(),
            folding: Folding::default(),
            folded: None,
            elapsed: None,
            evicted_before: ByDimension::default(),
            failing: BTreeSet::new(),
            unread: BTreeSet::new(),
            is_failing: false,
            attaching: None,
            is_unfinished: false,
        };
        state.goes_by(plan);

        state
    }

    /// Goes by another plan, from the next fold on.
    pub(super) fn goes_by(&mut self, plan: Plan) {
        self.plan = plan;
        self.folding.interval = plan.interval;
        for (dimension, naming) in plan.rules.naming.iter() {
            if naming.enabled {
                self.evicted_before[dimension].get_or_insert(0);
            }
        }
    }

    /// Counts a reading that failed, and logs it once.
    pub(super) fn note_failure(&mut self, tap: Key, error: &io::Error) {
        self.folding.failures += 1;
        if self.failing.insert(tap.clone()) {
            let (device, direction) = tap;
            tracing::warn!(
                device = &*device,
                direction = direction.label(),
                %error,
                "Cannot read the counts of a device; they stay in the kernel until the next fold"
            );
        }
    }

    /// Counts a reading that failed of a program that is gone, and with it what it had counted.
    pub(super) fn note_loss(&mut self, device: &Arc<str>, error: &io::Error) {
        self.folding.failures += 1;
        tracing::warn!(
            device = &**device,
            %error,
            "Cannot read the last counts of a program; they are lost"
        );
    }

    /// Logs what was counted on each device: no scrape will show it.
    pub(super) fn say_totals(&self) {
        for counting in self.flows.values() {
            counting.say_total("Counted until the stop");
        }
    }

    /// Ends a flow whose last counts are folded.
    pub(super) fn conclude(&mut self, key: Key, now: Instant) {
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
    pub(super) fn forget_ended(&mut self, now: Instant, Farewell { most, least }: Farewell) {
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
    pub(super) fn forget_all_but(&mut self, attached: &BTreeSet<Key>) {
        let gone: Vec<_> =
            self.flows.keys().filter(|key| !attached.contains(*key)).cloned().collect();
        for key in gone {
            if let Some(ended) = self.flows.remove(&key) {
                self.failing.remove(&key);
                self.end(&ended.published);
            }
        }
    }

    /// Keeps of dimensions that a flow has no more what may not fall.
    pub(super) fn end_switched_off(&mut self, before: &Flow, now: &Flow) {
        for (dimension, Breakdown { evicted, .. }) in before.breakdowns.present() {
            if now.breakdowns[dimension].is_none() {
                *self.evicted_before[dimension].get_or_insert(0) += evicted;
            }
        }
    }

    /// Returns the evictions of flows that have ended, of the dimensions that are counted or published.
    pub(super) fn evicted_before(&self, flows: &[Arc<Flow>]) -> ByDimension<Option<u64>> {
        let naming = &self.plan.rules.naming;
        let is_shown = |dimension| {
            naming[dimension].enabled || flows.iter().any(|it| it.breakdowns[dimension].is_some())
        };

        ByDimension::from_fn(|dimension| {
            self.evicted_before[dimension].filter(|_| is_shown(dimension))
        })
    }

    /// Keeps the counters of an ended flow that must not fall.
    pub(super) fn end(&mut self, ended: &Flow) {
        for (dimension, Breakdown { evicted, .. }) in ended.breakdowns.present() {
            *self.evicted_before[dimension].get_or_insert(0) += evicted;
        }
    }
}
