//! What was counted in the last hours, in memory: short steps of the last minutes, longer ones of the
//! time before; pure.

mod added;
mod crossings;
mod keyed;
mod lives;
mod merged;
mod packed;
mod room;
mod slots;
mod step;
mod sum;
#[cfg(test)]
mod tests;
mod tier;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::snapshot::{Snapshot, same};

pub use self::crossings::{Crossing, Crossings, Signal};
pub use self::sum::{Of, Sum};
pub use self::view::{View, Window};

use self::added::{Added, Known};
use self::keyed::Span;
use self::lives::Lives;
use self::room::KEYS;
use self::step::Open;
use self::tier::{Shape, Tier};

const SHAPES: [Shape; 3] = [
    Shape {
        step: Duration::from_secs(1),
        kept: Duration::from_mins(5),
        least: Duration::from_secs(15),
    },
    Shape {
        step: Duration::from_secs(15),
        kept: Duration::from_hours(1),
        least: Duration::from_mins(5),
    },
    Shape {
        step: Duration::from_mins(5),
        kept: Duration::from_hours(25),
        least: Duration::from_hours(25),
    },
];

/// What was counted in the last hours. It has one writer; readers hold a [`View`].
#[derive(Debug)]
pub struct History {
    tiers: [Tier; 3],
    lives: Lives,
    /// Most bytes that all of it takes.
    limit: usize,
}

impl History {
    /// Makes an empty one that takes at most `limit` bytes. It takes them only as history comes.
    pub fn new(limit: usize) -> Self {
        Self { tiers: SHAPES.map(Tier::new), lives: Lives::default(), limit }
    }

    /// Goes on with another limit.
    pub fn limit(&mut self, limit: usize) {
        self.limit = limit;
        self.make_room();
    }

    /// Adds what was counted from one snapshot to another; nothing where there was no fold between
    /// them. Folds between them that nobody saw are part of it.
    pub fn fold(&mut self, last: &Snapshot, now: &Snapshot) {
        let [old, new] = [last, now].map(|it| &it.health.folding);
        let (after, last_fold) = (old.folds, new.folds);
        // The first fold has no begin.
        let Some(((before, begin), end)) = now.before.as_ref().zip(old.last).zip(new.last) else {
            return;
        };
        if last_fold <= after {
            return;
        }
        // Of folds that nobody saw, only the time by the clock of the host is known.
        let unseen = before.folded.duration_since(begin).unwrap_or_default();
        let elapsed = before.elapsed + unseen;

        let span = Span { begin, elapsed };
        let mut added = BTreeMap::new();
        for flow in &now.flows {
            let id = self.lives.id(flow, after);
            let old = same(&last.flows, flow).map(|it| &**it);
            let known = Known {
                begin: last.is_read(flow) && (old.is_some() || span.has(flow.since)),
                end: now.is_read(flow),
            };
            let of_flow = Added::between(old, flow, span, known);
            if !of_flow.is_nothing() {
                added.insert(id, of_flow);
            }
        }
        self.lives.end_all_but(&now.flows, after);

        self.add(Open { after, last: last_fold, end, elapsed, added });
        self.forget_lives();
        self.make_room();
    }

    /// Returns what readers see of it.
    pub fn view(&mut self) -> View {
        let (bytes, limit) = (self.bytes(), self.limit);
        let Self { tiers, lives, .. } = self;

        View {
            tiers: tiers.each_mut().map(Tier::shared),
            lives: Arc::clone(&lives.all),
            bytes,
            limit,
        }
    }

    /// A step that is complete is a part of a longer one.
    fn add(&mut self, open: Open) {
        let most = self.most_open();
        let mut next = Some(open);
        for tier in &mut self.tiers {
            next = next.and_then(|open| tier.add(open, KEYS, most));
        }
    }

    fn forget_lives(&mut self) {
        if let Some(oldest) = self.oldest() {
            self.lives.forget(oldest);
        }
    }

    /// Counts again what all of it takes.
    #[cfg(test)]
    fn recount(&self) -> usize {
        let of_tiers = self.tiers.iter().map(|tier| tier.recount() + tier.open_bytes());

        of_tiers.sum::<usize>() + self.lives.recount()
    }

    fn oldest(&self) -> Option<u64> {
        self.tiers.iter().filter_map(Tier::oldest).min()
    }
}
