//! Which flows there were, and when: a step has a record only of those with packets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use shared::Direction;

use super::step::Id;
use crate::dimension::ByDimension;
use crate::snapshot::Flow;

/// One direction of one device, from when it was there to when it was gone or counted otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Life {
    pub(super) device: Arc<str>,
    pub(super) direction: Direction,
    pub(super) counts: Counts,
    /// The fold before its first.
    pub(super) after: u64,
    /// Its last fold; `None` while it goes on.
    pub(super) last: Option<u64>,
}

/// What a flow counts, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) since: SystemTime,
    pub(super) dimensions: ByDimension<bool>,
    pub(super) classes: bool,
    pub(super) casts: bool,
    pub(super) signals: bool,
}

/// All of them, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    /// Readers share it until there is another.
    pub(super) all: Arc<BTreeMap<Id, Life>>,
    /// Those that go on.
    current: BTreeMap<(Arc<str>, Direction), Id>,
    next: Id,
    /// What they take.
    pub(super) bytes: usize,
}

impl Counts {
    fn of(flow: &Flow) -> Self {
        Self {
            since: flow.since,
            dimensions: ByDimension::from_fn(|it| flow.breakdowns[it].is_some()),
            classes: flow.classes.is_some(),
            casts: flow.has_casts,
            signals: flow.signals.is_some(),
        }
    }
}

impl Life {
    /// Returns whether it was there in a step.
    pub(super) fn is_in(&self, after: u64, last: u64) -> bool {
        self.after < last && self.last.is_none_or(|own| own > after)
    }

    fn bytes(&self) -> usize {
        // A node of the map is at least half full; the current ones are in two maps.
        2 * (size_of::<(Id, Self)>() + size_of::<((Arc<str>, Direction), Id)>()) + self.device.len()
    }
}

impl Lives {
    /// Returns the number of a flow that is there at the fold after `after`; a new one if it counts
    /// otherwise than before.
    pub(super) fn id(&mut self, flow: &Flow, after: u64) -> Id {
        let key = (Arc::clone(&flow.device), flow.direction);
        let counts = Counts::of(flow);
        if let Some(id) = self.current.get(&key) {
            if self.all.get(id).is_some_and(|life| life.counts == counts) {
                return *id;
            }
            self.end(*id, after);
        }

        let id = self.next;
        // After four thousand million the first are long gone.
        self.next = id.wrapping_add(1);
        let (device, direction) = key.clone();
        let life = Life { device, direction, counts, after, last: None };
        self.bytes += life.bytes();
        Arc::make_mut(&mut self.all).insert(id, life);
        self.current.insert(key, id);
        id
    }

    /// Ends those that are not there any more at the fold after `after`; `flows` are in order.
    pub(super) fn end_all_but(&mut self, flows: &[Arc<Flow>], after: u64) {
        let is_there = |(device, direction): &(Arc<str>, Direction)| {
            let order = |it: &Arc<Flow>| (&it.device, it.direction).cmp(&(device, *direction));
            flows.binary_search_by(order).is_ok()
        };
        let gone: Vec<_> = self.current.extract_if(.., |key, _| !is_there(key)).collect();

        for (_, id) in gone {
            self.end(id, after);
        }
    }

    /// Forgets those that ended before the oldest fold that is kept.
    pub(super) fn forget(&mut self, oldest: u64) {
        let is_over = |life: &Life| life.last.is_some_and(|last| last <= oldest);
        let over = self.all.values().filter(|life| is_over(life)).map(Life::bytes);
        let freed: usize = over.sum();
        if freed > 0 {
            self.bytes -= freed;
            Arc::make_mut(&mut self.all).retain(|_, life| !is_over(life));
        }
    }

    /// Forgets all of them; those that are there are new at the next fold.
    pub(super) fn clear(&mut self) {
        let Self { all, current, next: _, bytes } = self;

        *all = Arc::default();
        current.clear();
        *bytes = 0;
    }

    /// Counts again what they take.
    #[cfg(test)]
    pub(super) fn recount(&self) -> usize {
        self.all.values().map(Life::bytes).sum()
    }

    fn end(&mut self, id: Id, last: u64) {
        if let Some(life) = Arc::make_mut(&mut self.all).get_mut(&id) {
            life.last = Some(last);
        }
    }
}
