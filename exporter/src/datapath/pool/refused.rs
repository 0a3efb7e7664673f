//! What the guards of a pool refused, divided among its slots.

use shared::Count;

use crate::interval::{Interval, Keyed};

/// What the guards of all CPUs refused, in all slots together: each CPU counts it alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refused {
    pub(super) sources: Count,
    pub(super) ports: Count,
}

impl Refused {
    /// Counts in each interval as refused what is in none of its keys, as far as that was refused.
    ///
    /// The intervals are those of all slots. Where more is in no key than was refused, keys are lost,
    /// and the last slots break the law of the sum by as much; where less is, the last one does. Which
    /// slot it was is not known.
    pub(super) fn assign<'a>(self, intervals: impl Iterator<Item = &'a mut Interval>) {
        let Self { mut sources, mut ports } = self;
        let mut last = None;
        for interval in intervals {
            let Interval { totals, sources: of_sources, ports: of_ports, .. } = &mut *interval;
            sources = less(sources, refuse(of_sources, totals.ip(), sources));
            ports = less(ports, refuse(of_ports, totals.with_ports(), ports));
            last = Some(interval);
        }

        if let Some(Interval { sources: of_sources, ports: of_ports, .. }) = last {
            of_sources.refused.add(sources);
            of_ports.refused.add(ports);
        }
    }
}

/// Counts as refused what is in no key, at most `most`; returns that.
fn refuse<K>(keyed: &mut Keyed<K>, whole: Count, most: Count) -> Count {
    let missing = less(whole, keyed.total());
    let refused =
        Count { packets: missing.packets.min(most.packets), bytes: missing.bytes.min(most.bytes) };
    keyed.refused = refused;
    keyed.guarded = refused.packets > 0;

    refused
}

fn less(one: Count, other: Count) -> Count {
    Count {
        packets: one.packets.saturating_sub(other.packets),
        bytes: one.bytes.saturating_sub(other.bytes),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::interval::balanced::hard_times;
    use crate::interval::{Imbalance, Law, sum};

    /// Takes out what each interval has as refused, as the kernel has it; returns the sum.
    fn taken_out(intervals: &mut [Interval]) -> Refused {
        let mut refused = Refused::default();
        for Interval { sources, ports, .. } in intervals {
            refused.sources.add(std::mem::take(&mut sources.refused));
            refused.ports.add(std::mem::take(&mut ports.refused));
            (sources.guarded, ports.guarded) = (false, false);
        }

        refused
    }

    fn imbalances(intervals: &[Interval]) -> Vec<Imbalance> {
        intervals.iter().flat_map(Interval::imbalances).collect()
    }

    proptest! {
        #[test]
        fn each_slot_gets_what_was_refused_of_it(slots in hard_times()) {
            let mut intervals = slots.clone();

            taken_out(&mut intervals).assign(intervals.iter_mut());

            prop_assert_eq!(imbalances(&intervals), vec![]);
            for (interval, slot) in intervals.iter().zip(&slots) {
                prop_assert_eq!(interval.sources.refused, slot.sources.refused);
                prop_assert_eq!(interval.ports.refused, slot.ports.refused);
                prop_assert_eq!(interval.ports.guarded, slot.ports.refused.packets > 0);
            }
        }

        #[test]
        fn keys_that_are_lost_are_not_called_refused(
            slots in hard_times(),
            place in any::<prop::sample::Index>(),
        ) {
            let mut intervals = slots;
            let lost = place.get_mut(&mut intervals).sources.keys.pop();
            let refused = taken_out(&mut intervals);

            refused.assign(intervals.iter_mut());

            let lost = lost.map(|seen| seen.count).unwrap_or_default();
            let broken = imbalances(&intervals);
            prop_assert!(broken.iter().all(|it| it.law == Law::Sources));
            let [parts, whole] =
                [|it: &Imbalance| it.parts, |it: &Imbalance| it.whole].map(|side| {
                    let counts: Vec<_> = broken.iter().map(side).collect();
                    sum(counts.iter())
                });
            prop_assert_eq!(less(whole, parts), lost);
            let told: Vec<_> = intervals.iter().map(|it| it.sources.refused).collect();
            prop_assert_eq!(sum(told.iter()), refused.sources);
        }

        #[test]
        fn what_was_refused_and_is_in_a_key_all_the_same_breaks_the_law(slots in hard_times()) {
            let mut intervals = slots;
            let mut refused = taken_out(&mut intervals);
            refused.ports.packets += 7;

            refused.assign(intervals.iter_mut());

            let broken = imbalances(&intervals);
            prop_assert_eq!(broken.len(), 1);
            prop_assert_eq!(broken[0].law, Law::Ports);
            prop_assert_eq!(broken[0].parts.packets, broken[0].whole.packets + 7);
        }
    }
}
