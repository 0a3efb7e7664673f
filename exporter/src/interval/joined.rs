//! Two intervals as one.

use shared::Count;

use super::{Interval, Keyed, Sketches, add, each_once, sum};

impl Interval {
    /// Joins this interval and the next one.
    #[must_use]
    pub fn followed_by(mut self, next: Self) -> Self {
        let Self { elapsed, totals, sources, ports, vlans, sketches, maps, switches, .. } = next;

        self.totals += &totals;
        add(&mut self.traffic_classes, &next.traffic_classes);
        Self {
            elapsed: self.elapsed + elapsed,
            totals: self.totals,
            sources: self.sources.followed_by(sources),
            ports: self.ports.followed_by(ports),
            vlans: self.vlans.followed_by(vlans),
            traffic_classes: self.traffic_classes,
            sketches: self.sketches.joined_with(&sketches),
            maps,
            // A part that was off for a while does not add up.
            switches: self.switches.and(switches),
        }
    }
}

impl<K: Copy + Ord> Keyed<K> {
    fn followed_by(self, next: Self) -> Self {
        let Self { keys, refused, evicted, guarded } = next;
        let both = |one: Count, other| sum([one, other].iter());

        Self {
            keys: each_once([self.keys, keys].concat()),
            refused: both(self.refused, refused),
            evicted: both(self.evicted, evicted),
            guarded,
        }
    }
}

impl Sketches {
    /// The larger register, either bit.
    fn joined_with(mut self, more: &Self) -> Self {
        let Self { sources, ports } = more;
        for (to, from) in self.sources.iter_mut().zip(sources) {
            to.resize(to.len().max(from.len()), 0);
            to.iter_mut().zip(from).for_each(|(to, from)| *to = (*to).max(*from));
        }
        for (to, from) in self.ports.iter_mut().zip(ports) {
            to.resize(to.len().max(from.len()), 0);
            to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
        }

        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::interval::balanced::hard_times;
    use crate::interval::{Interval, sum};

    proptest! {
        #[test]
        fn two_intervals_count_as_much_as_one(intervals in hard_times()) {
            prop_assume!(intervals.len() >= 2);
            let [one, next] = [&intervals[0], &intervals[1]];
            let mut totals = one.totals.clone();
            totals += &next.totals;

            let joined = one.clone().followed_by(next.clone());
            let turned = next.clone().followed_by(one.clone());

            prop_assert_eq!(joined.imbalance(), None);
            prop_assert_eq!(&joined.totals, &totals);
            prop_assert_eq!(joined.elapsed, one.elapsed + next.elapsed);
            let vlans = [one.vlans.total(), next.vlans.total()];
            prop_assert_eq!(joined.vlans.total(), sum(vlans.iter()));
            let classes = |interval: &Interval| interval.traffic_classes.iter().sum::<u64>();
            prop_assert_eq!(classes(&joined), classes(one) + classes(next));
            prop_assert!(joined.sources.keys.is_sorted_by(|one, next| one.key < next.key));
            prop_assert_eq!(joined.sources.keys, turned.sources.keys);
            prop_assert_eq!(joined.ports.keys, turned.ports.keys);
            prop_assert_eq!(joined.sketches, turned.sketches);
            prop_assert_eq!(joined.maps, next.maps.clone());
        }
    }
}
