//! What was added under the keys of one dimension.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use shared::{Count, PortProtocol};

use super::merged::merged;
use crate::dimension::{Dimension, SeriesKey};
use crate::interval::{Totals, less, sum};
use crate::snapshot::{Breakdown, Named, Unattributed};

/// Most parts that the rest of a dimension has: ports have one for each protocol.
pub(super) const PARTS: usize = PortProtocol::ALL.len();

/// A key and what was added to it.
pub(super) type Key = (SeriesKey, Count);

/// What was added under the keys of one dimension. All of it together is what the dimension counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keyed {
    /// Each key once, in order.
    pub(super) keys: Vec<Key>,
    /// Of keys that are not kept, by part.
    pub(super) rest: [Count; PARTS],
    /// Counted while the key had no name, by part.
    pub(super) other: [Count; PARTS],
    /// Why packets are in `other`.
    pub(super) reasons: Unattributed,
}

/// The time of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) begin: SystemTime,
    pub(super) elapsed: Duration,
}

impl Span {
    /// Returns whether something began in it. Devices are read one after the other, so an interval
    /// begins a little before or after the fold.
    pub(super) fn has(self, since: SystemTime) -> bool {
        since + self.elapsed / 2 >= self.begin
    }
}

impl Keyed {
    /// Returns what one fold added; `whole` is everything that it counted by part, if that is known.
    ///
    /// A name that was not there before is new, or an old one that is back with what it had. How much
    /// it had is known only of all of them together, by the whole: then that is in the rest.
    pub(super) fn between(
        before: Option<&Breakdown>,
        now: &Breakdown,
        span: Span,
        whole: impl FnOnce() -> Option<[Count; PARTS]>,
    ) -> Self {
        let before = before.filter(|before| before.since == now.since);
        let mut old = before.map_or(&[][..], |it| &it.named).iter().peekable();
        let mut keyed = Self::default();
        let mut appeared = Vec::new();
        for named in &now.named {
            let Named { key, count, since } = *named;
            while old.next_if(|old| old.key < key).is_some() {}
            let same = old.next_if(|old| old.key == key && old.since == since);
            let added = less(count, same.map_or(Count::default(), |same| same.count));
            if added == Count::default() {
                continue;
            }
            if before.is_some() && same.is_none() {
                appeared.push(named);
            } else {
                keyed.keys.push((key, added));
            }
        }
        keyed.other = other(before, now);
        keyed.reasons = reasons(before, now);

        if !appeared.is_empty() {
            keyed.appear(&appeared, span, whole());
        }
        keyed
    }

    /// Adds names that were not there before.
    fn appear(&mut self, appeared: &[&Named], span: Span, whole: Option<[Count; PARTS]>) {
        let left = whole.map(|whole| {
            let known = self.known();
            std::array::from_fn::<_, PARTS, _>(|part| less(whole[part], known[part]))
        });
        for number in 0..PARTS {
            let own = appeared.iter().filter(|named| part(named.key) == number);
            let all = sum(own.clone().map(|named| &named.count));
            match left.map(|left| left[number]) {
                Some(left) if left != all => self.rest[number] = left,
                known => {
                    let new = own.filter(|named| known.is_some() || span.has(named.since));
                    self.keys.extend(new.map(|named| (named.key, named.count)));
                }
            }
        }
        self.keys.sort_unstable_by_key(|(key, _)| *key);
    }

    /// Adds what came later.
    pub(super) fn add(&mut self, later: Self) {
        let Self { keys, rest, other, reasons } = later;

        if self.keys.is_empty() {
            self.keys = keys;
        } else if !keys.is_empty() {
            self.keys = merged(&self.keys, &keys);
        }
        for (to, more) in self.rest.iter_mut().zip(rest).chain(self.other.iter_mut().zip(other)) {
            *to = sum([*to, more].iter());
        }
        self.reasons.guard += reasons.guard;
        self.reasons.evicted += reasons.evicted;
        self.reasons.unnamed += reasons.unnamed;
    }

    /// Keeps only the `most` keys with most packets, and puts the others with the rest.
    pub(super) fn thin(&mut self, most: usize) {
        if self.keys.len() <= most {
            return;
        }

        let mut keys = std::mem::take(&mut self.keys);
        let busiest = |(key, count): &Key| (std::cmp::Reverse(count.packets), *key);
        keys.select_nth_unstable_by_key(most, busiest);
        for (key, count) in keys.drain(most..) {
            let rest = &mut self.rest[part(key)];
            *rest = sum([*rest, count].iter());
        }
        keys.sort_unstable_by_key(|(key, _)| *key);
        keys.shrink_to_fit();
        self.keys = keys;
    }

    pub(super) fn is_nothing(&self) -> bool {
        let Self { keys, rest, other, reasons } = self;
        let is_nothing = |counts: &[Count]| counts.iter().all(|it| *it == Count::default());

        keys.is_empty()
            && is_nothing(rest)
            && is_nothing(other)
            && *reasons == Unattributed::default()
    }

    /// Returns what has a key or had no name, by part.
    fn known(&self) -> [Count; PARTS] {
        let mut known = self.other;
        for (key, count) in &self.keys {
            let known = &mut known[part(*key)];
            *known = sum([*known, *count].iter());
        }

        known
    }
}

fn other(before: Option<&Breakdown>, now: &Breakdown) -> [Count; PARTS] {
    std::array::from_fn(|part| {
        let [old, new] = [before, Some(now)].map(|it| it.and_then(|it| it.other.get(part)));
        less(new.copied().unwrap_or_default(), old.copied().unwrap_or_default())
    })
}

fn reasons(before: Option<&Breakdown>, now: &Breakdown) -> Unattributed {
    let old = before.map(|it| it.unattributed).unwrap_or_default();
    let new = now.unattributed;

    Unattributed {
        guard: new.guard.saturating_sub(old.guard),
        evicted: new.evicted.saturating_sub(old.evicted),
        unnamed: new.unnamed.saturating_sub(old.unnamed),
    }
}

/// Returns how many parts the rest of a dimension has.
pub(super) const fn parts(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Ports => PARTS,
        Dimension::Sources | Dimension::Vlans => 1,
    }
}

/// Returns everything that a dimension counts, by part; `None` where nothing else counts all of it.
pub(super) fn whole(dimension: Dimension, totals: &Totals) -> Option<[Count; PARTS]> {
    match dimension {
        Dimension::Sources => Some([totals.ip(), Count::default(), Count::default()]),
        Dimension::Ports => Some(totals.by_port_protocol()),
        Dimension::Vlans => None,
    }
}

/// Returns the part of the rest that a key is of.
fn part(key: SeriesKey) -> usize {
    match key {
        SeriesKey::Port(port) => port.protocol().map_or(0, PortProtocol::index),
        SeriesKey::Address(IpAddr::V4(_) | IpAddr::V6(_)) | SeriesKey::Vlan(_) => 0,
    }
}
