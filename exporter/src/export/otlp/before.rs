//! The series that a receiver has from the pushes before.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

use super::point::{Amount, Point};
use super::request::Taken;
use crate::catalog::{LabelValue, MetricFamily, Readings, Sample, Sink};

/// What a receiver has, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The newest push that it has; of counts that are cumulative it may have a part alone.
    pub(super) last: Option<Taken>,
    /// Series that ended before that, which it may have and was not told of.
    owed: Vec<Ended>,
    /// Most series that a push had: no more ends are owed.
    most: usize,
}

/// A series that has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The place of its metric among all.
    pub(super) place: usize,
    pub(super) identity: u64,
    pub(super) point: Point,
}

impl Held {
    /// Gives what it is after a push that was taken.
    pub fn of(taken: Taken) -> Self {
        Self { last: Some(taken), ..Self::default() }
    }

    /// Notes that a push of so many series is done with.
    pub(super) fn whole(&mut self, taken: Taken, series: usize) {
        *self = Self { last: Some(taken), owed: Vec::new(), most: self.most.max(series) };
    }

    /// Notes that a push of so many series may have arrived in part, and which ends did not.
    pub(super) fn part(&mut self, taken: Taken, mut owed: Vec<Ended>, series: usize) {
        let most = self.most.max(series);
        // Who takes nothing for hours will not miss the first of them.
        owed.drain(..owed.len().saturating_sub(most));

        *self = Self { last: Some(taken), owed, most };
    }

    /// Gives the series of one metric that ended, are still owed, and have not come back.
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
    family: MetricFamily,
    taken: &'a Taken,
    series: HashMap<u64, Earlier>,
    met: usize,
}

/// One series as it was.
struct Earlier {
    since: Option<SystemTime>,
    /// `None` where nobody asks.
    amount: Option<Amount>,
    is_met: bool,
}

impl<'a> Before<'a> {
    pub(super) fn read(family: MetricFamily, taken: &'a Taken, keeps_amounts: bool) -> Self {
        let mut keeping = Keeping { series: HashMap::new(), keeps_amounts };
        family.read(&taken.readings, &mut keeping);

        Self { family, taken, series: keeping.series, met: 0 }
    }

    /// Notes that a series goes on. Gives what it was at that time, if it is the same still.
    pub(super) fn meet(&mut self, sample: &Sample<'_>) -> Option<(&Amount, SystemTime)> {
        let earlier = self.series.get_mut(&identity(sample.labels))?;
        if !earlier.is_met {
            earlier.is_met = true;
            self.met += 1;
        }

        let amount = earlier.amount.as_ref().filter(|_| earlier.since == sample.since)?;
        Some((amount, self.taken.time))
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
    keeps_amounts: bool,
}

impl Sink for Keeping {
    fn sample(&mut self, sample: Sample<'_>) {
        let amount = self.keeps_amounts.then(|| Amount::of(sample.value));
        let earlier = Earlier { since: sample.since, amount, is_met: false };

        self.series.insert(identity(sample.labels), earlier);
    }
}

/// Tells the series of a metric apart. Of 100,000 series two share a number in one of four
/// thousand million cases; then a point too few says that a series has ended.
fn identity(labels: &[LabelValue<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);

    hasher.finish()
}
