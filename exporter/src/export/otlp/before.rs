//! The series that a receiver has from the pushes before.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

use super::memory::{Base, Memory, Pushed, SeriesId};
use super::point::{Amount, Point};
use super::taken::Taken;
use crate::catalog::{LabelValue, MetricFamily, Readings, Sample, Sink};
use crate::config::Temporality;

/// What a receiver has, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// The newest push that it has; of counts that are cumulative it may have a part alone.
    last: Option<Taken>,
    /// Series that ended earlier. The receiver may have them and has not been sent their end.
    owed: Vec<Ended>,
    /// The largest number of series in a push; no more ends are owed than this.
    most: usize,
    /// Of deltas, what it has of series that ended.
    memory: Memory,
}

/// A series that has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The place of its metric among all.
    pub(super) place: usize,
    pub(super) identity: u64,
    /// As [`Sample::since`].
    pub(super) since: Option<SystemTime>,
    pub(super) point: Point,
    pub(super) may_come_back: bool,
}

impl Ended {
    /// Returns what to remember of it, if it is a delta that ends at `until` and may come back.
    pub(super) fn pushed(&self, until: SystemTime) -> Option<(SeriesId, Pushed)> {
        let Self { place, identity, since, ref point, may_come_back } = *self;
        let (Some(since), Amount::Integer(count)) = (since, &point.amount) else { return None };

        may_come_back.then_some(((place, identity), Pushed { since, count: *count, until }))
    }
}

impl Delivered {
    /// Returns what a receiver has after its first push.
    pub fn of(taken: Taken) -> Self {
        Self { last: Some(taken), ..Self::default() }
    }

    /// Returns the newest push that the receiver has, if it has one.
    pub fn last(&self) -> Option<&Taken> {
        self.last.as_ref()
    }

    /// Returns what a receiver has of which at most so many ended series are remembered.
    #[cfg(test)]
    pub(super) fn remembering(most: usize) -> Self {
        Self { memory: Memory::up_to(most), ..Self::default() }
    }

    /// Notes that a push of so many series is done with, and which series of deltas it ended.
    pub(super) fn whole(&mut self, taken: Taken, series: usize, ended: Vec<(SeriesId, Pushed)>) {
        self.last = Some(taken);
        self.owed = Vec::new();
        self.most = self.most.max(series);
        self.memory.note(ended);
    }

    /// Notes that a push of so many series may have arrived in part, and which ends did not.
    pub(super) fn part(&mut self, taken: Taken, mut owed: Vec<Ended>, series: usize) {
        self.most = self.most.max(series);
        // A receiver that takes nothing for hours will not miss the first of them.
        owed.drain(..owed.len().saturating_sub(self.most));

        self.last = Some(taken);
        self.owed = owed;
    }

    /// Returns the series of one metric as they were in the last push, if there was one.
    pub(super) fn before(
        &self,
        place: usize,
        family: MetricFamily,
        temporality: Temporality,
    ) -> Option<Before<'_>> {
        let Self { last, memory, .. } = self;

        last.as_ref().map(|taken| {
            let mut keeping = Keeping { series: HashMap::new(), temporality };
            family.read(&taken.readings, &mut keeping);
            Before { place, family, taken, memory, series: keeping.series, met: 0 }
        })
    }

    /// Returns the series of one metric that ended, are still owed, and have not come back.
    pub(super) fn owed(
        &self,
        place: usize,
        family: MetricFamily,
        now: &Readings,
    ) -> impl Iterator<Item = &Ended> {
        let of_family = move |ended: &&Ended| ended.place == place;
        let mut there = Identities::default();
        if self.owed.iter().any(|ended| of_family(&ended)) {
            family.read(now, &mut there);
        }

        let owed = self.owed.iter().filter(of_family);
        owed.filter(move |ended| !there.0.contains(&ended.identity))
    }
}

#[derive(Default)]
struct Identities(HashSet<u64>);

impl Sink for Identities {
    fn sample(&mut self, sample: Sample<'_>) {
        self.0.insert(identity(sample.labels));
    }
}

/// The series of one metric as they were.
pub(super) struct Before<'a> {
    place: usize,
    family: MetricFamily,
    pub(super) taken: &'a Taken,
    memory: &'a Memory,
    series: HashMap<u64, Earlier>,
    met: usize,
}

/// One series as it was.
struct Earlier {
    since: Option<SystemTime>,
    /// `None` where counts are cumulative.
    amount: Option<Amount>,
    is_met: bool,
}

impl Before<'_> {
    /// Notes that a series goes on, or is new. Returns where its next delta begins.
    pub(super) fn meet(&mut self, sample: &Sample<'_>) -> Base {
        let identity = identity(sample.labels);
        let Some(earlier) = self.series.get_mut(&identity) else {
            let place = self.place;
            let last = self.taken.time;
            let base = || self.memory.base((place, identity), sample, last);
            if !self.taken.readings.choice.has(&self.family) {
                // It may have been pushed before it was left out, and it is not known up to where:
                // too little is a gap, and too much would be counted twice.
                return Base { amount: Some(Amount::of(sample.value)), until: last };
            }
            let back = self.family.may_come_back().then(base);
            // It was not there in the last push: nothing was counted then.
            let new = Base { amount: None, until: last };
            return back.flatten().unwrap_or(new);
        };
        if !earlier.is_met {
            earlier.is_met = true;
            self.met += 1;
        }

        let goes_on = earlier.since == sample.since;
        Base { amount: earlier.amount.clone().filter(|_| goes_on), until: self.taken.time }
    }

    /// Returns whether a series that ended may go on later. What a program counted ends with it:
    /// the next one counts anew.
    pub(super) fn may_come_back(&self, sample: &Sample<'_>, now: &Readings) -> bool {
        let Some(LabelValue::Text(device)) = sample.labels.first() else { return false };
        let began = |readings: &Readings| {
            let mut flows = readings.snapshot.flows.iter();
            let flow = flows.find(|flow| {
                &*flow.device == *device && Some(flow.direction) == self.family.direction()
            });
            flow.map(|flow| flow.since)
        };

        let now = began(now);
        self.family.may_come_back() && now.is_some() && began(&self.taken.readings) == now
    }

    /// Feeds the series that did not go on to `each`, with their identities.
    pub(super) fn ended(&self, each: &mut dyn FnMut(&Sample<'_>, u64)) {
        struct Unmet<'a, 'b>(&'a Before<'b>, &'a mut dyn FnMut(&Sample<'_>, u64));
        impl Sink for Unmet<'_, '_> {
            fn sample(&mut self, sample: Sample<'_>) {
                let identity = identity(sample.labels);
                if self.0.series.get(&identity).is_some_and(|earlier| !earlier.is_met) {
                    (self.1)(&sample, identity);
                }
            }
        }

        if self.met < self.series.len() {
            self.family.read(&self.taken.readings, &mut Unmet(self, each));
        }
    }
}

struct Keeping {
    series: HashMap<u64, Earlier>,
    temporality: Temporality,
}

impl Sink for Keeping {
    fn sample(&mut self, sample: Sample<'_>) {
        let amount = match self.temporality {
            Temporality::Delta => Some(Amount::of(sample.value)),
            Temporality::Cumulative => None,
        };
        let earlier = Earlier { since: sample.since, amount, is_met: false };

        self.series.insert(identity(sample.labels), earlier);
    }
}

/// Identifies a series of a metric. Of 100,000 series two share a number in one of four thousand
/// million cases; then a point too few says that a series has ended.
fn identity(labels: &[LabelValue<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);

    hasher.finish()
}
