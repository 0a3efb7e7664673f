//! What was pushed of series that have ended, so that one that comes back goes on from there.

use std::collections::HashMap;
use std::time::SystemTime;

use super::point::Amount;
use crate::catalog::Sample;

/// What was pushed of a series that has ended.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    /// The place of its metric among all, and its identity.
    pub(super) series: (usize, u64),
    /// When it began to count; `None` for what counts since the process began.
    pub(super) since: Option<SystemTime>,
    pub(super) amount: Amount,
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

/// The ended series, up to [`MOST`].
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    series: HashMap<(usize, u64), Pushed>,
    /// Of series that ended at that time or before, some are forgotten.
    forgotten: Option<SystemTime>,
}

/// Most ended series that are remembered: two full tables of sources, in packets and in bytes; some
/// 10 MiB.
const MOST: usize = 1 << 16;

impl Memory {
    pub(super) fn note(&mut self, ended: impl IntoIterator<Item = Pushed>) {
        self.series.extend(ended.into_iter().map(|pushed| (pushed.series, pushed)));
        if self.series.len() > MOST {
            self.forget_the_older_half();
        }
    }

    /// Returns where a series goes on that was not in the last push; `None` if it is new.
    ///
    /// A series that may have been forgotten goes on with what it counts from now on: too little
    /// is a gap, and too much would be counted twice.
    pub(super) fn base(&self, series: (usize, u64), sample: &Sample<'_>) -> Option<Base> {
        if let Some(Pushed { since, amount, until, .. }) = self.series.get(&series) {
            let goes_on = since.is_some() && *since == sample.since;
            return Some(Base { amount: goes_on.then(|| amount.clone()), until: *until });
        }
        let until = self.forgotten.filter(|until| sample.since.is_some_and(|it| it <= *until))?;

        Some(Base { amount: Some(Amount::of(sample.value)), until })
    }

    fn forget_the_older_half(&mut self) {
        let mut ends: Vec<_> = self.series.values().map(|pushed| pushed.until).collect();
        let middle = ends.len() / 2;
        let (_, middle, _) = ends.select_nth_unstable(middle);
        let middle = *middle;

        self.series.retain(|_, pushed| pushed.until > middle);
        self.forgotten = Some(middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Value, example};

    fn pushed(identity: u64, until: u64) -> Pushed {
        let amount = Amount::Integer(5);
        Pushed {
            series: (0, identity),
            since: Some(example::at(1)),
            amount,
            until: example::at(until),
        }
    }

    fn sample(value: u64, since: Option<SystemTime>) -> Sample<'static> {
        Sample { labels: &[], value: Value::Integer(value), since }
    }

    #[test]
    fn a_series_that_is_back_goes_on_and_one_that_began_anew_does_not() {
        let mut memory = Memory::default();
        memory.note([pushed(1, 10)]);

        let base = |identity, since| memory.base((0, identity), &sample(8, since));

        let until = example::at(10);
        let goes_on = Base { amount: Some(Amount::Integer(5)), until };
        assert_eq!(base(1, Some(example::at(1))), Some(goes_on));
        let anew = Base { amount: None, until };
        assert_eq!(base(1, Some(example::at(12))), Some(anew.clone()));
        assert_eq!(base(1, None), Some(anew));
        assert_eq!(base(2, Some(example::at(1))), None);
    }

    #[test]
    fn what_was_forgotten_is_never_pushed_twice() {
        let mut memory = Memory::default();
        let most = u64::try_from(MOST).unwrap();

        memory.note((0..=most).map(|identity| pushed(identity, 10 + identity)));

        assert!(memory.series.len() <= MOST);
        let base = |identity, since| memory.base((0, identity), &sample(8, Some(since))).unwrap();
        let forgotten = base(0, example::at(1));
        assert_eq!(forgotten.amount, Some(Amount::Integer(8)), "nothing of it is pushed");
        assert!(forgotten.until >= example::at(10));
        assert_eq!(base(most, example::at(1)).amount, Some(Amount::Integer(5)));
        let new = sample(8, Some(example::at(20 + most)));
        assert_eq!(memory.base((1, 0), &new), None);
    }
}
