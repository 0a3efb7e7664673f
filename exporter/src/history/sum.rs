//! What flows counted in a window, as flows that began with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use shared::{Count, Direction};

use super::added::Added;
use super::keyed::{Keyed, parts};
use super::lives::{Counts, Life};
use super::slots;
use super::view::Window;
use crate::dimension::{ByDimension, Dimension};
use crate::interval::{Law, Totals, sum};
use crate::snapshot::{Breakdown, Flow, Named, Signals, TrafficClasses, Unattributed};

/// The device and the direction of a flow.
type Key = (Arc<str>, Direction);

/// What flows counted in a window.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// In the order of device and direction. Keys that the history does not keep are in `other`.
    pub flows: Vec<Arc<Flow>>,
    /// Of `other`, what was counted under a name.
    pub beyond: BTreeMap<Key, ByDimension<Count>>,
    /// Flows that were there, with packets or without.
    pub there: BTreeSet<Key>,
    /// Those that could not be read at the begin or at the end: packets of the window are missing in
    /// their counts, or others are there.
    pub unread: BTreeSet<Key>,
    /// Those of flows without packets.
    nothing: Arc<Totals>,
}

/// Which flows are in a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those that were there.
    All,
    /// Those that have something to say.
    Active,
}

impl Window {
    /// Adds up what the flows counted that are asked for.
    pub fn sum(&self, of: Of, is_asked: impl Fn(&str, Direction) -> bool) -> Sum {
        let (Some(first), Some(last)) = (self.steps.first(), self.steps.last()) else {
            return Sum::default();
        };
        let is_in = |life: &Life| {
            life.is_in(first.after, last.last) && is_asked(&life.device, life.direction)
        };
        let lives: BTreeMap<_, _> = self.lives.iter().filter(|(_, life)| is_in(life)).collect();
        let opened = self.steps.iter().map(|step| step.opened(|id| lives.contains_key(&id)));
        let mut added = opened
            .reduce(|mut sum, step| {
                sum.add(step);
                sum
            })
            .map(|open| open.added)
            .unwrap_or_default();

        // A device that is gone and back is one flow, as its counts are added up.
        let mut flows: BTreeMap<Key, (Vec<Counts>, Option<Added>)> = BTreeMap::new();
        for (id, life) in lives {
            let key = (Arc::clone(&life.device), life.direction);
            let (counts, sum) = flows.entry(key).or_default();
            counts.push(life.counts);
            if let Some(more) = added.remove(id) {
                match sum {
                    Some(sum) => sum.add(more),
                    None => *sum = Some(more),
                }
            }
        }

        let mut sum = Sum { there: flows.keys().cloned().collect(), ..Sum::default() };
        for (key, (counts, added)) in flows {
            if added.is_none() && of == Of::Active {
                continue;
            }
            sum.push(key, &counts, added.unwrap_or_default(), self.begin());
        }
        sum
    }
}

impl Sum {
    fn push(&mut self, key: Key, counts: &[Counts], added: Added, begin: SystemTime) {
        let Added { risen, keyed, signals, known } = added;
        if !(known.begin && known.end) {
            self.unread.insert(key.clone());
        }
        let beyond = ByDimension::from_fn(|dimension| sum(keyed[dimension].rest.iter()));
        if beyond.iter().any(|(_, count)| *count != Count::default()) {
            self.beyond.insert(key.clone(), beyond);
        }

        let has = |what: fn(&Counts) -> bool| counts.iter().any(what);
        let since = counts.iter().map(|it| it.since.max(begin)).min().unwrap_or(begin);
        let (totals, classes) = slots::totals(&risen);
        let has_sources = counts.iter().any(|it| it.dimensions[Dimension::Sources]);
        let (device, direction) = key;
        self.flows.push(Arc::new(Flow {
            device,
            direction,
            since,
            totals: if risen.is_empty() { Arc::clone(&self.nothing) } else { Arc::new(totals) },
            imbalanced: [0; Law::ALL.len()],
            breakdowns: ByDimension::from_fn(|dimension| {
                let is_on = counts.iter().any(|it| it.dimensions[dimension]);
                is_on.then(|| breakdown(dimension, &keyed[dimension], since))
            }),
            classes: has(|it| it.classes)
                .then(|| TrafficClasses { since, packets: Arc::new(classes) }),
            has_casts: has(|it| it.casts),
            signals: has(|it| it.signals).then(|| signals.unwrap_or_else(|| idle(has_sources))),
            maps: Vec::new(),
        }));
    }
}

fn breakdown(dimension: Dimension, keyed: &Keyed, since: SystemTime) -> Breakdown {
    let Keyed { keys, rest, other, reasons } = keyed;
    let all = rest.iter().zip(other).map(|(rest, other)| sum([*rest, *other].iter()));
    let beyond = sum(rest.iter()).packets;

    Breakdown {
        since,
        named: keys.iter().map(|(key, count)| Named { key: *key, count: *count, since }).collect(),
        other: all.take(parts(dimension)).collect(),
        unattributed: Unattributed { unnamed: reasons.unnamed + beyond, ..*reasons },
        limit: 0,
        evicted: 0,
        guarded: false,
    }
}

/// The signals of no traffic.
fn idle(has_sources: bool) -> Signals {
    let none = has_sources.then_some(0);

    Signals { scanning_sources: none, syn_sources: none, ..Signals::default() }
}
