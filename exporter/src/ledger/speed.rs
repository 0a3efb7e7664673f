//! How long a fold takes.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime};

use shared::{Direction, PortKey, PortProtocol};

use super::{Ledger, Rules};
use crate::config::{Naming, Signals};
use crate::dimension::{ByDimension, Dimension};
use crate::interval::Interval;
use crate::interval::balanced::{Burst, interval};

/// Keys of UDP ports begin here.
const PROTOCOL: u32 = PortKey::number(PortProtocol::Udp, 0).0;
const FOLDS: u32 = 20;

#[test]
#[ignore = "a measurement: `cargo test --release -p exporter --lib speed -- --ignored --nocapture`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn how_long_a_fold_takes() {
    let cases = [
        ("1,000 returning keys", 1000, 0),
        ("65,536 returning keys", 65_536, 0),
        ("65,536 keys, ever new", 65_536, 65_536),
    ];

    for (name, keys, step) in cases {
        let mut times = fold_times(keys, step);
        times.sort_unstable();
        let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{name}: (fold, flow) median {median:?}, slowest {slowest:?}");
    }
}

/// Folds seconds with so many sources and ports, from `step` keys further on each time.
fn fold_times(keys: u32, step: u32) -> Vec<(Duration, Duration)> {
    let mut ledger = Ledger::new(rules());
    let mut times = Vec::new();

    for round in 0..FOLDS {
        let next = many(keys, round * step);

        let start = Instant::now();
        ledger = ledger.fold(&next, SystemTime::UNIX_EPOCH);
        let folded = start.elapsed();
        let flow = ledger.flow("eth0".into(), Direction::Receive, SystemTime::UNIX_EPOCH);

        times.push((folded, start.elapsed().saturating_sub(folded)));
        let sources = flow.breakdowns[Dimension::Sources].as_ref();
        assert_eq!(sources.map(|sources| sources.named.len()), Some(100));
    }

    times
}

fn many(keys: u32, first: u32) -> Interval {
    let spread = |n: u32| n.wrapping_mul(0x9e37_79b1);
    let bursts: Vec<_> = (first..first + keys)
        .map(|n| Burst {
            port: Some(PortKey(PROTOCOL | n & 0xffff)),
            marks: 1 << (n % 24),
            ..Burst::from(Ipv4Addr::from(spread(n)).into(), 1 + u64::from(n % 7))
        })
        .collect();

    interval(&bursts, Duration::from_secs(1))
}

/// As the configuration has them by default.
fn rules() -> Rules {
    let naming = Naming {
        enabled: true,
        limit: 100,
        idle: Duration::from_mins(10),
        churn: 20,
        remembered: 16_384,
    };
    let signals = Signals { enabled: true, window: Duration::from_mins(1), scan_ports: 32 };

    Rules { naming: ByDimension::from_fn(|_| naming), signals, traffic_classes: false, casts: true }
}
