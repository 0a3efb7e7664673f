//! What was pushed of series that have ended, so that one that comes back goes on from there.

use std::collections::HashMap;
use std::time::SystemTime;

use super::point::Amount;
use crate::catalog::Sample;

/// A series: the place of its metric among all, and its identity.
pub(super) type SeriesId = (usize, u64);

/// What was pushed of a series that has ended and may come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pushed {
    /// When it began to count.
    pub(super) since: SystemTime,
    pub(super) count: u64,
    /// When its end was pushed.
    pub(super) until: SystemTime,
}

/// Where the next interval of a series begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Base {
    /// What was pushed of its count; `None` if the count began anew since.
    pub(super) amount: Option<Amount>,
    /// The end of its last interval.
    pub(super) until: SystemTime,
}

/// The ended series that may come back, up to a bound.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    series: HashMap<SeriesId, Pushed>,
    /// Of series that ended at that time or before, some are forgotten.
    forgotten: Option<SystemTime>,
    /// Most series.
    most: usize,
}

/// Most ended series that are remembered: two full tables of sources, in packets and in bytes; some
/// 7 MiB.
const MOST: usize = 1 << 16;

impl Default for Memory {
    fn default() -> Self {
        Self::up_to(MOST)
    }
}

impl Memory {
    /// Returns one that remembers at most so many series.
    pub(super) fn up_to(most: usize) -> Self {
        Self { series: HashMap::new(), forgotten: None, most }
    }

    pub(super) fn note(&mut self, ended: impl IntoIterator<Item = (SeriesId, Pushed)>) {
        self.series.extend(ended);
        if self.series.len() > self.most {
            self.forget_the_older_half();
        }
    }

    /// Returns where a series goes on that was not in the last push and may have been before;
    /// `None` if it is new.
    ///
    /// A series that may have been forgotten goes on with what it counts from now on, and from
    /// `last` on, the time of that push: too little is a gap, and too much would be counted twice.
    pub(super) fn base(
        &self,
        key: SeriesId,
        sample: &Sample<'_>,
        last: SystemTime,
    ) -> Option<Base> {
        if let Some(Pushed { since, count, until }) = self.series.get(&key) {
            // A series that restarted at 0 has no earlier count to subtract.
            let goes_on = sample.since == Some(*since);
            let amount = Some(Amount::Integer(*count));
            return goes_on.then_some(Base { amount, until: *until });
        }
        self.forgotten.filter(|until| sample.since.is_some_and(|it| it <= *until))?;

        Some(Base { amount: Some(Amount::of(sample.value)), until: last })
    }

    fn forget_the_older_half(&mut self) {
        let mut ends: Vec<_> = self.series.values().map(|pushed| pushed.until).collect();
        let middle = ends.len() / 2;
        let (_, middle, _) = ends.select_nth_unstable(middle);
        let middle = *middle;

        self.series.retain(|_, pushed| pushed.until > middle);
        self.series.shrink_to(self.most);
        self.forgotten = Some(middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Value, example};

    fn pushed(identity: u64, until: u64) -> (SeriesId, Pushed) {
        let (since, until) = (example::at(1), example::at(until));

        ((0, identity), Pushed { since, count: 5, until })
    }

    fn sample(value: u64, since: Option<SystemTime>) -> Sample<'static> {
        Sample { labels: &[], value: Value::Integer(value), since }
    }

    #[test]
    fn a_series_that_is_back_goes_on_and_one_that_began_anew_does_not() {
        let mut memory = Memory::default();
        memory.note([pushed(1, 10)]);

        let base = |identity, since| memory.base((0, identity), &sample(8, since), example::at(20));

        let until = example::at(10);
        let goes_on = Base { amount: Some(Amount::Integer(5)), until };
        assert_eq!(base(1, Some(example::at(1))), Some(goes_on));
        assert_eq!(base(1, Some(example::at(12))), None);
        assert_eq!(base(1, None), None);
        assert_eq!(base(2, Some(example::at(1))), None);
    }

    #[test]
    fn what_was_forgotten_is_never_pushed_twice() {
        let mut memory = Memory::default();
        let most = u64::try_from(MOST).unwrap();

        memory.note((0..=most).map(|identity| pushed(identity, 10 + identity)));

        assert!(memory.series.len() <= MOST);
        let last = example::at(20 + most);
        let base =
            |identity, since| memory.base((0, identity), &sample(8, Some(since)), last).unwrap();
        let forgotten = base(0, example::at(1));
        assert_eq!(forgotten.amount, Some(Amount::Integer(8)), "nothing of it is pushed");
        assert_eq!(forgotten.until, last);
        assert_eq!(base(most, example::at(1)).amount, Some(Amount::Integer(5)));
        let new = sample(8, Some(example::at(20 + most)));
        assert_eq!(memory.base((1, 0), &new, last), None);
    }

    #[test]
    fn a_memory_takes_no_more_room_than_is_said() {
        // Tables have places for a power of two, of which seven eighths are used, and a byte each.
        let places = (MOST * 8 / 7).next_power_of_two();
        let mut memory = Memory::default();

        memory.note((0..=3 * MOST as u64).map(|identity| pushed(identity, 10 + identity)));
        memory.note((0..MOST as u64 / 2).map(|identity| pushed(identity, 10 + identity)));

        assert!(memory.series.capacity() <= places);
        let bytes = places * (size_of::<(SeriesId, Pushed)>() + 1);
        assert!(bytes <= 75 << 17, "{bytes}");
    }
}
