//! What a push costs by the number of data points, without the network.

use std::fmt::Write;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use exporter::catalog::Readings;
use exporter::config::{Buckets, Compression, MetricNames, Protocol, Temporality};
use exporter::export::otlp::{Delivered, HostResource, Make, Style, Taken};

use super::cell::median;
use super::scrape::{MOST, readings};
use super::targets::Check;
use crate::load::timed;

/// Pushes whose memory is compared.
const PUSHES: u32 = 1000;
/// What allocators may keep between two pushes.
const MOST_GROWTH: f64 = 8.0;

/// Makes pushes of more and more points, and then very many of the largest.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\npush, ms: gRPC, HTTP with JSON, HTTP with gzip\n");
    let mut checks = Vec::new();

    for points in [1000, 10_000, MOST] {
        let readings = readings(points);
        let of = |protocol, compression| time(&readings, &make(protocol, compression), rounds);
        let grpc = of(Protocol::Grpc, Compression::None);
        let json = of(Protocol::HttpJson, Compression::None);
        let gzip = of(Protocol::HttpProtobuf, Compression::Gzip);
        let _infallible = writeln!(out, "{grpc:>8.2}{json:>8.2}{gzip:>8.2}  {points} points");
        if points == MOST {
            checks.push(Check::at_most("push of 100,000 points, gRPC, ms", grpc, 150.0));
        }
    }
    let growth = growth(&readings(MOST), &make(Protocol::Grpc, Compression::None));
    let _infallible =
        writeln!(out, "{growth:>8.2} MiB more in memory after {PUSHES} pushes of {MOST} points");
    checks.push(Check::at_most("memory after 1,000 pushes, MiB more", growth, MOST_GROWTH));

    (out, checks)
}

fn make(protocol: Protocol, compression: Compression) -> Make {
    let style = Style {
        temporality: Temporality::Cumulative,
        buckets: Buckets::Explicit,
        names: MetricNames::Prometheus,
        max_points: 8192,
        began: UNIX_EPOCH,
    };

    Make { style, origin: HostResource::detect(), protocol, compression }
}

/// Returns milliseconds of CPU time of a push after another, whose series it is compared with.
fn time(readings: &Readings, make: &Make, rounds: usize) -> f64 {
    let delivered = Delivered::of(taken(readings, 1));
    let sample = |round: usize| {
        let now = taken(readings, 2 + round as u64);
        let (work, elapsed) = timed(|| make.work(&delivered, now));
        assert!(!work.expect("a push can be made").requests.is_empty(), "a push is never empty");
        elapsed.as_secs_f64() * 1e3
    };

    median(&(0..rounds).map(sample).collect::<Vec<_>>())
}

/// Returns the MiB that a tenth of the pushes leaves less in memory than all of them.
fn growth(readings: &Readings, make: &Make) -> f64 {
    let mut delivered = Delivered::of(taken(readings, 0));
    let mut settled = 0.0;

    for push in 1..=PUSHES {
        let work = make.work(&delivered, taken(readings, push.into())).expect("a push");
        delivered = Delivered::of(work.taken);
        if push == PUSHES / 10 {
            settled = resident();
        }
    }
    resident() - settled
}

fn taken(readings: &Readings, second: u64) -> Taken {
    Taken { readings: readings.clone(), time: UNIX_EPOCH + Duration::from_secs(second) }
}

/// Returns the resident memory of this process in MiB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process can read its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));

    kibibytes.and_then(|number| number.trim().parse().ok()).map_or(0.0, |it: f64| it / 1024.0)
}
