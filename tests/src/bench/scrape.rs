//! What a scrape costs by the number of series.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use exporter::catalog::{Choice, Readings};
use exporter::dimension::{ByDimension, Dimension};
use exporter::export::prometheus::{Format, encode};
use exporter::health::{Listened, Logging, Sampled, Serving};
use exporter::interval::{Law, Totals};
use exporter::process::Process;
use exporter::snapshot::{Breakdown, Flow, Named, Snapshot, Unattributed};
use exporter::version::Build;
use shared::{Count, Direction};

use super::cell::median;
use super::targets::Check;
use crate::load::timed;

/// The largest snapshot, in series.
pub(super) const MOST: u32 = 100_000;

/// Encodes snapshots of more and more series.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\nscrape, ms: text 0.0.4, OpenMetrics 1.0.0\n");
    let mut checks = Vec::new();

    for series in [1000, 10_000, MOST] {
        let readings = readings(series);
        let text = time(&readings, Format::Text0_0_4, rounds);
        let openmetrics = time(&readings, Format::OpenMetrics1_0_0, rounds);
        let lines = encode(&readings, Format::Text0_0_4);
        let there = lines.lines().filter(|line| !line.starts_with('#')).count();
        let _infallible = writeln!(out, "{text:>8.2}{openmetrics:>8.2}  {there} series");
        if series == MOST {
            checks.push(Check::at_most("scrape of 100,000 series, text, ms", text, 100.0));
        }
    }

    (out, checks)
}

/// Returns milliseconds of CPU time.
fn time(readings: &Readings, format: Format, rounds: usize) -> f64 {
    let sample = |_| {
        let (text, elapsed) = timed(|| encode(readings, format));
        assert!(!text.is_empty(), "a scrape is never empty");
        elapsed.as_secs_f64() * 1e3
    };

    median(&(0..rounds).map(sample).collect::<Vec<_>>())
}

/// Returns readings with about this many series: each source has two.
pub(super) fn readings(series: u32) -> Readings {
    let named = |number: u32| Named {
        key: IpAddr::from(Ipv4Addr::from_bits(10 << 24 | number)).into(),
        count: Count { packets: u64::from(number) * 7, bytes: u64::from(number) * 4096 },
        since: UNIX_EPOCH,
    };
    let sources = Breakdown {
        since: UNIX_EPOCH,
        named: (0..series / 2).map(named).collect(),
        other: vec![Count::default()],
        unattributed: Unattributed::default(),
        limit: MOST as usize,
        evicted: 0,
        guarded: false,
    };
    let mut breakdowns = ByDimension::default();
    breakdowns[Dimension::Sources] = Some(sources);
    let flow = Flow {
        has_casts: true,
        device: "eth0".into(),
        direction: Direction::Receive,
        since: UNIX_EPOCH,
        totals: Totals::default().into(),
        imbalanced: [0; Law::ALL.len()],
        breakdowns,
        classes: None,
        signals: None,
        maps: Vec::new(),
    };

    Readings {
        configuration: Arc::default(),
        snapshot: Arc::new(Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() }),
        process: Process::default(),
        build: Build { version: "", revision: "", branch: "", rustversion: "", target: "" },
        serving: Serving::default(),
        pushes: Vec::new(),
        logging: Logging::default(),
        listened: Listened::default(),
        sampled: Sampled::default(),
        memory: Vec::new(),
        parts: Vec::new(),
        choice: Choice::default(),
    }
}
