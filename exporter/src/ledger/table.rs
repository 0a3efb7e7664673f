//! Every key that the ledger remembers, with a name or without.

use std::mem;
use std::time::{Duration, SystemTime};

use shared::Count;

use super::key::Nameable;
use super::rate::Tick;
use super::remembered::{Remembered, Series};
use crate::interval::Seen;

/// The remembered keys, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table<K>(Vec<Remembered<K>>);

/// A key without a name that the interval has packets of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    /// Where the table has it.
    pub(super) place: usize,
    pub(super) packets: u64,
    /// The ledger had not remembered it.
    pub(super) is_new: bool,
}

impl<K: Nameable> Table<K> {
    pub(super) fn new() -> Self {
        Self(K::ALWAYS.iter().copied().map(Remembered::new).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Remembered<K>> {
        self.0.iter()
    }

    /// Returns the place of each name that counts against the limit, and when it was given.
    pub(super) fn names_within_limit(&self) -> impl Iterator<Item = (usize, Duration)> {
        let named =
            |(place, known): (usize, &Remembered<K>)| Some((place, known.named_within_limit()?));

        self.0.iter().enumerate().filter_map(named)
    }

    /// Returns packets per second of the key at `place`.
    pub(super) fn rate(&self, place: usize, clock: Duration) -> f64 {
        self.0[place].rate.at(clock)
    }

    /// Brings the rates up to date, ends idle names, and returns the keys that could use one.
    pub(super) fn observe(
        &mut self,
        seen: &[Seen<K>],
        tick: Tick,
        idle: Duration,
    ) -> Vec<Contender> {
        let active = seen.iter().filter(|seen| seen.count.packets > 0 && seen.key.part().is_some());
        let mut before = mem::take(&mut self.0).into_iter().peekable();
        let mut contenders = Vec::new();

        for Seen { key, count, .. } in active {
            while let Some(silent) = before.next_if(|known| known.key < *key) {
                self.0.extend(silent.after_silence(tick.clock, idle));
            }
            let remembered = before.next_if(|known| known.key == *key);
            let is_new = remembered.is_none();
            let mut known = remembered.unwrap_or_else(|| Remembered::new(*key));
            known.rate = known.rate.after(count.packets, tick);
            if known.named().is_none() {
                let place = self.0.len();
                contenders.push(Contender { place, packets: count.packets, is_new });
            }
            self.0.push(known);
        }
        self.0.extend(before.filter_map(|silent| silent.after_silence(tick.clock, idle)));

        contenders
    }

    /// Names the keys that always have a name; `began` is when counting under it began.
    pub(super) fn name_always(&mut self, began: SystemTime) {
        for key in K::ALWAYS {
            if let Ok(place) = self.0.binary_search_by_key(key, |known| known.key)
                && self.0[place].named().is_none()
            {
                self.name(place, Duration::ZERO, began);
            }
        }
    }

    /// Names a key: its old series goes on, or a new one begins.
    pub(super) fn name(&mut self, place: usize, clock: Duration, began: SystemTime) {
        let new = || Box::new(Series { count: Count::default(), since: began, named: None });

        self.0[place].series.get_or_insert_with(new).named = Some(clock);
    }

    /// Takes a name away.
    pub(super) fn end(&mut self, place: usize) {
        if let Some(series) = &mut self.0[place].series {
            series.named = None;
        }
    }

    /// Adds what was seen to the series with names; returns how much that was, by part.
    pub(super) fn count(&mut self, seen: &[Seen<K>]) -> Vec<Count> {
        let mut counted = vec![Count::default(); K::PARTS];
        let named = self.0.iter_mut().filter(|known| known.named().is_some());

        for Remembered { key, series, .. } in named {
            let found = seen.binary_search_by_key(key, |seen| seen.key);
            if let (Some(series), Ok(found), Some(part)) = (series, found, key.part()) {
                let Count { packets, bytes } = seen[found].count;
                for count in [&mut series.count, &mut counted[part]] {
                    count.packets += packets;
                    count.bytes += bytes;
                }
            }
        }

        counted
    }

    /// Forgets what is more than `most` keys, but none with a name.
    ///
    /// Of the room that names leave, half is for series that have ended, the latest of them, so
    /// that no flood of new keys makes a returning one begin anew. The rest goes to the busiest.
    pub(super) fn forget(&mut self, most: usize, clock: Duration) {
        if self.0.len() - K::ALWAYS.len() <= most {
            return;
        }

        let mut kept: Vec<bool> = self.0.iter().map(|known| known.named().is_some()).collect();
        let room = most.saturating_sub(self.names_within_limit().count());
        let mut take = |places: Vec<usize>| places.into_iter().for_each(|place| kept[place] = true);
        let ended = |place: &usize| self.0[*place].series.is_some();
        let (mut ended, mut rest): (Vec<_>, Vec<_>) =
            (0..self.0.len()).filter(|place| self.0[*place].named().is_none()).partition(ended);

        let latest = |place: &usize| (self.0[*place].rate.silence(clock), *place);
        if ended.len() > room / 2 {
            ended.select_nth_unstable_by_key(room / 2, latest);
            rest.extend(ended.drain(room / 2..));
        }
        let room = room - ended.len();
        take(ended);
        take(self.busiest(rest, room, clock));

        let mut kept = kept.into_iter();
        self.0.retain(|_| kept.next().unwrap_or(true));
        self.0.shrink_to_fit();
    }

    fn busiest(&self, places: Vec<usize>, most: usize, clock: Duration) -> Vec<usize> {
        let rated = |place| (self.rate(place, clock), place);
        let mut rated: Vec<_> = places.into_iter().map(rated).collect();

        if rated.len() > most {
            rated.select_nth_unstable_by(most, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            rated.truncate(most);
        }

        rated.into_iter().map(|(_, place)| place).collect()
    }
}
