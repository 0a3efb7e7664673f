//! What a fold costs by the number of keys, and what the keys of more CPUs add.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, UNIX_EPOCH};

use exporter::config::{Naming, Signals};
use exporter::dimension::ByDimension;
use exporter::interval::{Interval, Keyed, Seen, each_once};
use exporter::ledger::{Ledger, Rules};
use shared::{Count, Family, Protocol, size_bucket};

use super::cell::median;
use super::targets::Check;
use crate::load::timed;

const SIZE: u32 = 100;

/// Merges the keys of 1, 2 and 8 CPUs, and folds them into a ledger that knows them.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\nfold, ms: merge of the keys of 1, 2, 8 CPUs; fold\n");

    for keys in [100, 1000, 10_000, 65_536] {
        let merges = [1, 2, 8].map(|cpus| merge(keys, cpus, rounds));
        let fold = fold(keys, rounds);
        let [one, two, eight] = merges;
        let _infallible =
            writeln!(out, "{one:>8.2}{two:>8.2}{eight:>8.2}{fold:>8.2}  {keys} sources");
    }

    (out, Vec::new())
}

fn merge(keys: u32, cpus: usize, rounds: usize) -> f64 {
    let sample = |_| {
        let of_cpus = (0..cpus).flat_map(|_| seen(keys)).collect::<Vec<_>>();
        let (merged, elapsed) = timed(|| each_once(of_cpus));
        assert_eq!(merged.len(), keys as usize);
        elapsed.as_secs_f64() * 1e3
    };

    median(&(0..rounds).map(sample).collect::<Vec<_>>())
}

fn fold(keys: u32, rounds: usize) -> f64 {
    let interval = interval(keys);
    assert_eq!(interval.imbalance(), None);
    let mut ledger = Some(Ledger::new(rules()).fold(&interval, UNIX_EPOCH));
    let sample = |_| {
        let before = ledger.take().unwrap_or_else(|| Ledger::new(rules()));
        let (after, elapsed) = timed(|| before.fold(&interval, UNIX_EPOCH));
        ledger = Some(after);
        elapsed.as_secs_f64() * 1e3
    };

    median(&(0..rounds).map(sample).collect::<Vec<_>>())
}

fn seen(keys: u32) -> impl Iterator<Item = Seen<IpAddr>> {
    (0..keys).map(|number| Seen {
        key: Ipv4Addr::from_bits(10 << 24 | number).into(),
        count: Count { packets: 1 + u64::from(number % 7), bytes: 0 },
        marks: 1,
    })
}

fn interval(keys: u32) -> Interval {
    let mut interval = Interval { elapsed: Duration::from_secs(1), ..Interval::default() };
    let with_bytes = |mut seen: Seen<IpAddr>| {
        seen.count.bytes = seen.count.packets * u64::from(SIZE);
        seen
    };
    interval.sources = Keyed { keys: seen(keys).map(with_bytes).collect(), ..Keyed::default() };
    let all = interval.sources.total();
    interval.totals.cells[Family::Ipv4.index()][Protocol::Icmp.index()] = all;
    interval.totals.sizes[size_bucket(SIZE)] = all;

    interval
}

fn rules() -> Rules {
    let idle = Duration::from_mins(10);
    let naming = Naming { enabled: true, limit: 100, idle, churn: 20, remembered: 16_384 };
    let window = Duration::from_mins(1);

    Rules {
        naming: ByDimension::from_fn(|_| naming),
        signals: Signals { enabled: true, window, scan_ports: 32 },
        traffic_classes: false,
        casts: true,
    }
}
