//! What holds of every ledger, whatever the traffic.

mod reader;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use shared::Count;

use self::reader::{
    Reader, breakdown, calm, conserved, days, each_explained, each_fold, few_names, flow, rules,
};
use super::Ledger;
use crate::config::Naming;
use crate::dimension::{ByDimension, Dimension, SeriesKey};
use crate::interval::balanced::{Burst, hard_times, interval};
use crate::interval::{Interval, Keyed, Law, Seen, each_once};

proptest! {
    #[test]
    fn what_a_fold_adds_to_names_and_other_is_what_the_interval_counted(days in days()) {
        let mut readers = ByDimension::from_fn(|_| Reader::default());

        each_fold(days, |interval, before, after| {
            for dimension in Dimension::ALL {
                let whole = match dimension {
                    Dimension::Sources => vec![interval.totals.ip()],
                    Dimension::Ports => interval.totals.by_port_protocol().to_vec(),
                    Dimension::Vlans => vec![interval.vlans.total()],
                };
                let [before, after] = [before, after].map(|flow| breakdown(flow, dimension));

                conserved(&mut readers[dimension], before, after, &whole)?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn there_are_never_more_names_than_the_limit(days in days()) {
        each_fold(days, |_, _, after| {
            for (_, breakdown) in after.breakdowns.present() {
                let limited = breakdown.named.iter().filter(|named| named.key.is_limited());

                prop_assert!(limited.count() <= breakdown.limit);
            }
            Ok(())
        })?;
    }

    #[test]
    fn other_never_falls_and_its_reasons_add_up_to_it(days in days()) {
        each_fold(days, |_, before, after| {
            each_explained(before, after)
        })?;
    }

    #[test]
    fn a_series_that_is_remembered_goes_on_where_it_was(
        intervals in hard_times(),
        limit in 1..4_usize,
    ) {
        let mut first_named = BTreeMap::new();
        let naming = Naming { limit, remembered: 1_000_000, ..few_names() };

        each_fold(calm(intervals, naming), |_, _, after| {
            for named in &breakdown(after, Dimension::Sources).named {
                let since = first_named.entry(named.key).or_insert(named.since);
                prop_assert_eq!(*since, named.since);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_more_names_change_hands_than_the_churn_allows(
        intervals in hard_times(),
        churn in 0..4_u32,
    ) {
        let mut elapsed = Duration::ZERO;

        each_fold(calm(intervals, Naming { churn, ..few_names() }), |interval, _, after| {
            elapsed += interval.elapsed;
            let nanos = (elapsed + Duration::from_mins(1)).as_nanos() + 1;
            let allowed = u128::from(churn) * nanos / Duration::from_mins(1).as_nanos();

            prop_assert!(u128::from(breakdown(after, Dimension::Sources).evicted) <= allowed);
            Ok(())
        })?;
    }

    #[test]
    fn no_more_keys_are_remembered_than_agreed(days in days()) {
        let mut ledger = Ledger::new(rules(few_names()));
        let mut most = few_names().remembered;

        for (interval, reload) in days {
            if let Some(naming) = reload {
                ledger = ledger.with_rules(rules(naming));
                most = naming.remembered;
            }
            ledger = ledger.fold(&interval, SystemTime::UNIX_EPOCH);
            prop_assert!(ledger.tallies.sources.remembered() <= most);
            prop_assert!(ledger.tallies.ports.remembered() <= most);
        }
    }

    #[test]
    fn the_keys_of_several_cpus_make_the_same_ledger_in_any_order(
        intervals in hard_times(),
        cpus in 1..5_u64,
        turn: usize,
    ) {
        let new = || Ledger::new(rules(few_names()));
        let (mut one, mut other) = (new(), new());

        for interval in intervals {
            let mut shuffled = interval.clone();
            shuffled.sources.keys = each_once(on_cpus(&interval.sources.keys, cpus, turn));
            shuffled.ports.keys = each_once(on_cpus(&interval.ports.keys, cpus, turn));
            one = one.fold(&interval, SystemTime::UNIX_EPOCH);
            other = other.fold(&shuffled, SystemTime::UNIX_EPOCH);
        }

        prop_assert_eq!(one, other);
    }

    #[test]
    fn an_empty_interval_changes_no_count(intervals in hard_times(), millis in 0..100_000_u64) {
        let nothing = interval(&[], Duration::from_millis(millis));
        let naming = Naming { idle: Duration::from_hours(1), ..few_names() };
        let mut ledger = Ledger::new(rules(naming));
        for interval in intervals {
            ledger = ledger.fold(&interval, SystemTime::UNIX_EPOCH);
        }

        let before = flow(&ledger);
        let after = flow(&ledger.fold(&nothing, SystemTime::UNIX_EPOCH));

        prop_assert_eq!(&before.totals, &after.totals);
        for dimension in Dimension::ALL {
            let [before, after] = [&before, &after].map(|flow| breakdown(flow, dimension));
            prop_assert_eq!((&before.named, &before.other), (&after.named, &after.other));
        }
    }

    #[test]
    fn an_interval_that_breaks_laws_is_counted_under_each_and_changes_no_other_law(
        intervals in hard_times(),
        broken in vec(any::<[i8; 3]>(), 40),
    ) {
        let mut intervals_by_law = [0; Law::ALL.len()];
        let days = intervals.into_iter().zip(broken).map(|(mut interval, by)| {
            by.into_iter().zip(Law::ALL).for_each(|(by, law)| unbalance(&mut interval, law, by % 3));
            (interval, None)
        });

        each_fold(days.collect(), |interval, before, after| {
            interval.imbalances().for_each(|it| intervals_by_law[it.law.index()] += 1);
            prop_assert_eq!(after.imbalanced, intervals_by_law);
            each_explained(before, after)
        })?;
    }

    #[test]
    fn a_flood_of_ever_new_sources_takes_no_name(
        busy in vec(1..1000_u64, 3),
        flood in vec(2..50_u32, 1..60),
        millis in prop::sample::select(vec![100_u64, 1000, 10_000]),
    ) {
        let mut ledger = Ledger::new(rules(few_names()));
        let mut next = 0x0b00_0000_u32;

        for sources in std::iter::once(0).chain(flood) {
            let established = busy.iter().zip(1..).map(|(packets, host)| (host, *packets));
            let fresh = (next..next + sources).map(|host| (host, 10_000));
            let bursts: Vec<_> = established
                .chain(fresh)
                .map(|(host, packets)| Burst::from(Ipv4Addr::from(host).into(), packets))
                .collect();
            next += sources;

            let next = interval(&bursts, Duration::from_millis(millis));
            ledger = ledger.fold(&next, SystemTime::UNIX_EPOCH);

            let flow = flow(&ledger);
            let named: Vec<_> = breakdown(&flow, Dimension::Sources).named.iter().map(|named| named.key).collect();
            let address = |host| SeriesKey::Address(IpAddr::from(Ipv4Addr::from(host)));
            let expected: Vec<SeriesKey> = (1..=3).map(address).collect();
            prop_assert_eq!(named, expected);
        }
    }
}

/// Adds packets to the parts of one law, or takes its parts away where `by` is negative.
fn unbalance(interval: &mut Interval, law: Law, by: i8) {
    let Ok(more) = u64::try_from(by) else {
        match law {
            Law::Sources => interval.sources = Keyed::default(),
            Law::Ports => interval.ports = Keyed::default(),
            Law::Sizes => interval.totals.sizes = Default::default(),
        }
        return;
    };
    let parts = match law {
        Law::Sources => &mut interval.sources.refused,
        Law::Ports => &mut interval.ports.evicted,
        Law::Sizes => &mut interval.totals.sizes[0],
    };

    parts.packets += more;
}

/// Deals the packets of each key out to `cpus`, and lists them from another place on.
fn on_cpus<K: Copy>(keys: &[Seen<K>], cpus: u64, turn: usize) -> Vec<Seen<K>> {
    let share = |all: u64, cpu: u64| all / cpus + if cpu == 0 { all % cpus } else { 0 };
    let share_of_marks = |cpu: u64, marks: u32| {
        let is_mine = |mark: &u32| u64::from(*mark) % cpus == cpu;
        marks & (0..32).filter(is_mine).map(|mark| 1 << mark).sum::<u32>()
    };
    let mut dealt: Vec<_> = (0..cpus)
        .flat_map(|cpu| {
            keys.iter().rev().map(move |seen| {
                let Count { packets, bytes } = seen.count;
                let count = Count { packets: share(packets, cpu), bytes: share(bytes, cpu) };
                Seen { count, marks: share_of_marks(cpu, seen.marks), ..*seen }
            })
        })
        .collect();
    let turn = turn.checked_rem(dealt.len()).unwrap_or(0);
    dealt.rotate_left(turn);

    dealt
}
