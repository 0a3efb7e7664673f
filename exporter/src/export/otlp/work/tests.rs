mod forgotten;
mod namings;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use shared::{Count, Direction};

use super::super::request::tests::STYLE;
use super::*;
use crate::catalog::{Readings, example};
use crate::snapshot::Snapshot;

/// Readings with two series for each of so many sources, taken at a second.
fn taken(readings: &Readings, second: u64) -> Taken {
    Taken { readings: readings.clone(), time: example::at(second) }
}

fn readings(sources: u32) -> Readings {
    let named = (0..sources).map(|n| {
        let address = IpAddr::from(Ipv4Addr::from(n << 8 | 7));
        example::named(address, n.into(), u64::from(n) << 20)
    });
    let flow = example::of_sources(named);
    let snapshot = Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() };

    Readings { snapshot: Arc::new(snapshot), ..example::readings() }
}

fn make() -> Make {
    Make {
        style: Style { max_points: 8192, ..STYLE },
        origin: HostResource::detect(),
        protocol: Protocol::Grpc,
        compression: Compression::None,
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();

    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[ignore = "memory is that of the whole process: `cargo xtask test pushes_take`"]
fn pushes_take_no_more_memory_after_a_while() {
    const PUSHES: u64 = 100;
    const SETTLED: u64 = 20;
    const MOST_KIB: u64 = 8 << 10;
    let (make, readings) = (make(), readings(25_000));
    let mut delivered = Delivered::of(taken(&readings, 0));
    let mut resident = Vec::new();

    for push in 1..=PUSHES {
        delivered = Delivered::of(make.work(&delivered, taken(&readings, push)).unwrap().taken);
        if push >= SETTLED {
            resident.push(resident_kib());
        }
    }

    let least = resident.iter().min().unwrap();
    let at_the_end = resident.last().unwrap();
    assert!(at_the_end - least <= MOST_KIB, "{resident:?}");
}
