//! What readers see of a ledger from fold to fold.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use shared::{Count, Direction};

use crate::config::{Naming, Signals};
use crate::dimension::{ByDimension, Dimension, SeriesKey};
use crate::interval::balanced::hard_times;
use crate::interval::{Interval, sum};
use crate::ledger::key::Nameable;
use crate::ledger::{Ledger, Rules};
use crate::snapshot::{Breakdown, Flow, Unattributed};

/// What a reader of `/metrics` knows: the last value of each series, by its start.
#[derive(Default)]
pub(super) struct Reader(BTreeMap<(SeriesKey, SystemTime), Count>);

impl Reader {
    /// Returns what was added to the series, by part; a series that falls breaks the law.
    fn read(&mut self, breakdown: &Breakdown) -> Result<Vec<Count>, TestCaseError> {
        let mut added = vec![Count::default(); breakdown.other.len()];

        for named in &breakdown.named {
            let last = self.0.insert((named.key, named.since), named.count).unwrap_or_default();
            let part = part(named.key).ok_or_else(|| TestCaseError::fail("cannot have a name"))?;
            added[part] = sum([added[part], minus(named.count, last)?].iter());
        }

        Ok(added)
    }
}

fn part(key: SeriesKey) -> Option<usize> {
    match key {
        SeriesKey::Address(address) => address.part(),
        SeriesKey::Port(port) => port.part(),
        SeriesKey::Vlan(id) => id.part(),
    }
}

/// Intervals, before some of which the rules change.
pub(super) type Days = Vec<(Interval, Option<Naming>)>;

pub(super) fn days() -> impl Strategy<Value = Days> {
    let seconds = prop::sample::select(vec![0, 1, 5, 30]);
    let naming = (0..4_usize, seconds, 0..5_u32, 0..20_usize).prop_map(
        |(limit, seconds, churn, remembered)| {
            let idle = Duration::from_secs(seconds);
            Naming { enabled: true, limit, idle, churn, remembered }
        },
    );
    let reload = prop_oneof![8 => Just(None), 1 => naming.prop_map(Some)];

    (hard_times(), vec(reload, 40))
        .prop_map(|(times, reloads)| times.into_iter().zip(reloads).collect())
}

/// Returns days on which the rules never change.
pub(super) fn calm(intervals: Vec<Interval>, naming: Naming) -> Days {
    let mut days: Days = intervals.into_iter().map(|interval| (interval, None)).collect();
    days[0].1 = Some(naming);

    days
}

pub(super) fn few_names() -> Naming {
    Naming { enabled: true, limit: 3, idle: Duration::from_secs(30), churn: 4, remembered: 12 }
}

pub(super) fn rules(naming: Naming) -> Rules {
    let signals = Signals { enabled: true, window: Duration::from_mins(1), scan_ports: 50 };

    Rules { naming: ByDimension::from_fn(|_| naming), signals, traffic_classes: false, casts: true }
}

/// Folds, and shows `check` each interval with what readers saw before and after.
pub(super) fn each_fold(
    days: Days,
    mut check: impl FnMut(&Interval, &Flow, &Flow) -> TestCaseResult,
) -> TestCaseResult {
    let mut ledger = Ledger::new(rules(few_names()));
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);

    for (interval, reload) in days {
        if let Some(naming) = reload {
            ledger = ledger.with_rules(rules(naming));
        }
        let before = flow(&ledger);
        // Between two intervals there is always some time; so no two series start at once.
        now += interval.elapsed + Duration::from_millis(1);
        ledger = ledger.fold(&interval, now);
        check(&interval, &before, &flow(&ledger))?;
    }

    Ok(())
}

pub(super) fn flow(ledger: &Ledger) -> Flow {
    ledger.flow("eth0".into(), Direction::Receive, SystemTime::UNIX_EPOCH)
}

pub(super) fn breakdown(flow: &Flow, dimension: Dimension) -> &Breakdown {
    flow.breakdowns[dimension].as_ref().unwrap()
}

pub(super) fn conserved(
    reader: &mut Reader,
    before: &Breakdown,
    after: &Breakdown,
    whole: &[Count],
) -> TestCaseResult {
    let named = reader.read(after)?;

    prop_assert_eq!(after.other.len(), whole.len());
    for part in 0..whole.len() {
        let other = minus(after.other[part], before.other[part])?;
        prop_assert_eq!(sum([named[part], other].iter()), whole[part]);
    }

    Ok(())
}

pub(super) fn each_explained(before: &Flow, after: &Flow) -> TestCaseResult {
    for dimension in Dimension::ALL {
        explained(breakdown(before, dimension), breakdown(after, dimension))?;
    }

    Ok(())
}

fn explained(before: &Breakdown, after: &Breakdown) -> TestCaseResult {
    let Unattributed { guard, evicted, unnamed } = after.unattributed;
    let last = before.unattributed;

    for (before, after) in before.other.iter().zip(&after.other) {
        minus(*after, *before)?;
    }
    prop_assert!(guard >= last.guard && evicted >= last.evicted && unnamed >= last.unnamed);
    prop_assert_eq!(guard + evicted + unnamed, sum(after.other.iter()).packets);

    Ok(())
}

pub(super) fn minus(count: Count, less: Count) -> Result<Count, TestCaseError> {
    let fell = || TestCaseError::fail(format!("{less:?} fell to {count:?}"));
    let packets = count.packets.checked_sub(less.packets).ok_or_else(fell)?;
    let bytes = count.bytes.checked_sub(less.bytes).ok_or_else(fell)?;

    Ok(Count { packets, bytes })
}
