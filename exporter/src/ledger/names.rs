//! Which keys have a name: one mechanism for every dimension.

use std::cmp::Reverse;
use std::time::{Duration, SystemTime};

use shared::Count;

use super::credit::Credit;
use super::key::Nameable;
use super::rate::Tick;
use super::remembered::Remembered;
use super::table::{Contender, Table};
use crate::config::Naming;
use crate::interval::Seen;
use crate::snapshot::Named;

/// Packets of one interval that make a key worth a name where not all can have one. A flood of
/// random sources has one packet of each.
const PACKETS_WORTH_A_NAME: u64 = 2;
/// How much busier a key must be than the one whose name it takes.
const MARGIN: f64 = 1.5;
/// How long a name is safe from busier keys: a rate needs about as long to show what it is.
const DWELL: Duration = Duration::from_secs(10);

/// The names of one dimension and every key that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Names<K> {
    rules: Naming,
    /// Sum of all intervals; no jump of the wall clock shows in it.
    clock: Duration,
    credit: Credit,
    table: Table<K>,
    /// Names lost to a busier key or to a lower limit.
    evicted: u64,
}

impl<K: Nameable> Names<K> {
    pub(super) fn new(rules: Naming) -> Self {
        Self {
            rules,
            clock: Duration::ZERO,
            credit: Credit::full(),
            table: Table::new(),
            evicted: 0,
        }
    }

    /// Goes on under other rules; names beyond a lower limit end, the slowest first.
    pub(super) fn with_rules(mut self, rules: Naming) -> Self {
        self.rules = rules;

        let mut names = self.slowest_first(|_| true);
        names.truncate(names.len().saturating_sub(rules.most_names()));
        for (_, place) in names {
            self.evict(place);
        }
        self.table.forget(rules.remembered, self.clock);

        self
    }

    /// Decides which keys have a name, then counts: readers see what an interval adds.
    ///
    /// `began` is when the interval did. Returns what was counted under names, by part.
    pub(super) fn fold(
        &mut self,
        seen: &[Seen<K>],
        elapsed: Duration,
        began: SystemTime,
    ) -> Vec<Count> {
        self.clock += elapsed;
        self.credit.earn(elapsed);
        self.table.name_always(began);

        let tick = Tick::new(self.clock, elapsed);
        let contenders = self.table.observe(seen, tick, self.rules.idle);
        let contenders = self.fill(contenders, began);
        self.replace(&contenders, began);
        let counted = self.table.count(seen);
        self.table.forget(self.rules.remembered, self.clock);

        counted
    }

    /// Returns every series with a name, in the order of the keys.
    pub(super) fn named(&self) -> Vec<Named> {
        let named = |known: &Remembered<K>| {
            let series = known.named()?;
            Some(Named { key: known.key.into(), count: series.count, since: series.since })
        };

        self.table.iter().filter_map(named).collect()
    }

    pub(super) const fn rules(&self) -> &Naming {
        &self.rules
    }

    pub(super) const fn evicted(&self) -> u64 {
        self.evicted
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.table.iter().count() - K::ALWAYS.len()
    }

    /// Names the keys with most packets in this interval while names are free; returns the others.
    fn fill(&mut self, contenders: Vec<Contender>, began: SystemTime) -> Vec<Contender> {
        let free = self.free();
        if free == 0 {
            return contenders;
        }

        let is_worth = |one: &Contender| one.packets >= PACKETS_WORTH_A_NAME;
        let (mut entering, mut left) = if contenders.len() <= free {
            (contenders, Vec::new())
        } else {
            contenders.into_iter().partition(is_worth)
        };
        if entering.len() > free {
            entering.select_nth_unstable_by_key(free, |one| (Reverse(one.packets), one.place));
            left.extend(entering.drain(free..));
        }
        for one in entering {
            self.table.name(one.place, self.clock, began);
        }

        left
    }

    /// Moves the names of the slowest keys to much busier ones, once no name is free.
    ///
    /// The busier key must have been remembered: one burst is no reason to end a series. So a flood
    /// whose sources are new each time takes no name from any other key.
    fn replace(&mut self, contenders: &[Contender], began: SystemTime) {
        if self.free() > 0 {
            return;
        }
        let settled = self.slowest_first(|named| named + DWELL <= self.clock);
        let Some(&(slowest, _)) = settled.first() else { return };

        let mut busiest: Vec<_> = contenders
            .iter()
            .filter(|one| !one.is_new)
            .map(|one| (self.table.rate(one.place, self.clock), one.place))
            .filter(|(rate, _)| *rate > MARGIN * slowest)
            .collect();
        busiest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));

        for ((slow, loser), (busy, winner)) in settled.into_iter().zip(busiest) {
            if busy <= MARGIN * slow || !self.credit.spend(self.rules.churn) {
                break;
            }
            self.evict(loser);
            self.table.name(winner, self.clock, began);
        }
    }

    fn free(&self) -> usize {
        self.rules.most_names().saturating_sub(self.table.names_within_limit().count())
    }

    /// Returns rate and place of the names that can be lost and that `given` selects by their age.
    fn slowest_first(&self, given: impl Fn(Duration) -> bool) -> Vec<(f64, usize)> {
        let mut rated: Vec<_> = self
            .table
            .names_within_limit()
            .filter(|(_, named)| given(*named))
            .map(|(place, _)| (self.table.rate(place, self.clock), place))
            .collect();
        rated.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));

        rated
    }

    fn evict(&mut self, place: usize) {
        self.table.end(place);
        self.evicted += 1;
    }
}
