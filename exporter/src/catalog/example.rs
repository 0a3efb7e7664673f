//! A small snapshot with something in every metric.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::{Count, Direction, Family, PortKey, PortProtocol, Protocol, TRAFFIC_CLASSES};

use crate::dimension::{ByDimension, Dimension, SeriesKey};
use crate::health::{
    AttachFailure, Attachment, Configuration, DeviceInfo, Folding, Health, Hook, HttpRefusal,
    Listened, Logging, Mode, Part, PartMemory, Push, PushFailure, ReloadOutcome, ReloadSource,
    Running, Sampled, Serving, SharedMap,
};
use crate::interval::{Law, MapUse, Totals};
use crate::process::Process;
use crate::samples::Losses;
use crate::snapshot::{Breakdown, Flow, Named, Signals, Snapshot, TrafficClasses, Unattributed};
use crate::version::Build;

use super::{Choice, Readings};

pub(crate) fn readings() -> Readings {
    Readings {
        snapshot: Arc::new(Snapshot {
            flows: vec![Arc::new(received()), Arc::new(empty("eth0", Direction::Transmit))],
            health: health(),
            before: None,
        }),
        configuration: Arc::new(configured()),
        process: Process {
            cpu: Some(Duration::from_millis(1230)),
            open_fds: Some(12),
            max_fds: Some(1024),
            virtual_memory_bytes: Some(123_000_000),
            virtual_memory_max_bytes: Some(1 << 40),
            resident_memory_bytes: Some(12_300_000),
            threads: Some(3),
            started: Some(at(0)),
        },
        build: Build {
            version: "0.1.0",
            revision: "25dc030",
            branch: "main",
            rustversion: "1.95.0",
            target: "x86_64-unknown-linux-gnu",
        },
        serving: Serving { refusals: BTreeMap::from([(HttpRefusal::Login, 2)]), panics: 0 },
        pushes: vec![Arc::new(pushed())],
        logging: Logging { lost: 7 },
        memory: vec![PartMemory { part: "history", bytes: 1 << 20, limit: 16 << 20 }],
        sampled: Sampled {
            taken: BTreeMap::from([("eth0".into(), 41)]),
            losses: Some(Losses { full: 0, rate: 3, copy: 0 }),
        },
        listened: Listened { age: Some(Duration::from_millis(2500)) },
        parts: vec![part("otlp http://collector:4317", 1), part("otlp-logs", 0)],
        choice: Choice::default(),
    }
}

fn part(name: &str, restarts: u64) -> Part {
    Part { name: name.into(), is_up: restarts == 0, restarts, since: at(1) }
}

fn configured() -> Configuration {
    Configuration {
        is_current: true,
        read: Some(at(0)),
        reloads: BTreeMap::from([((ReloadSource::File, ReloadOutcome::Applied), 2)]),
        overridden: 1,
        waiting: 3,
    }
}

fn pushed() -> Push {
    let mut push = Push {
        endpoint: "http://collector:4317".into(),
        exports: 1,
        failures: BTreeMap::from([(PushFailure::Timeout, 1)]),
        points: 300,
        rejected: 2,
        ..Push::default()
    };
    push.durations.observe(Duration::from_millis(3));

    push
}

/// A flow in which everything is switched on and nothing was counted.
pub(crate) fn empty(device: &str, direction: Direction) -> Flow {
    Flow {
        device: device.into(),
        direction,
        since: at(1),
        totals: Arc::default(),
        imbalanced: [0; Law::ALL.len()],
        breakdowns: ByDimension::from_fn(|dimension| {
            let parts = if dimension == Dimension::Ports { PortProtocol::ALL.len() } else { 1 };
            Some(breakdown(Vec::new(), vec![Count::default(); parts]))
        }),
        classes: Some(TrafficClasses { since: at(1), packets: [0; TRAFFIC_CLASSES].into() }),
        has_casts: true,
        signals: Some(Signals {
            scanning_sources: Some(0),
            syn_sources: Some(0),
            ..Signals::default()
        }),
        maps: Vec::new(),
    }
}

/// A flow of which only one dimension has something in it.
pub(crate) fn only(dimension: Dimension, breakdown: Breakdown) -> Flow {
    let mut flow = empty("eth0", Direction::Receive);
    flow.breakdowns[dimension] = Some(breakdown);

    flow
}

/// A flow of which these sources are named.
pub(crate) fn of_sources(named: impl Iterator<Item = Named>) -> Flow {
    only(Dimension::Sources, breakdown(named.collect(), vec![Count::default()]))
}

pub(crate) fn breakdown(named: Vec<Named>, other: Vec<Count>) -> Breakdown {
    Breakdown {
        since: at(1),
        named,
        other,
        unattributed: Unattributed::default(),
        limit: 100,
        evicted: 0,
        guarded: false,
    }
}

pub(crate) fn named(key: impl Into<SeriesKey>, packets: u64, bytes: u64) -> Named {
    Named { key: key.into(), count: Count { packets, bytes }, since: at(2) }
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Seconds since the example began.
pub(crate) fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second)
}

/// Twelve packets: six of HTTPS, two of DNS, a ping, a neighbor solicitation, ICMPv6 in IPv4, ARP.
fn received() -> Flow {
    let sources = vec![named(address("192.0.2.1"), 6, 4000), named(address("2001:db8::1"), 2, 236)];
    let ports = vec![
        named(PortKey::number(PortProtocol::Tcp, 443), 4, 3868),
        named(PortKey::number(PortProtocol::Udp, 53), 2, 236),
        named(PortKey::ephemeral(PortProtocol::Tcp), 1, 66),
    ];
    let nothing = Count::default();
    let breakdowns = ByDimension::from_fn(|dimension| match dimension {
        Dimension::Sources => Breakdown {
            unattributed: Unattributed { guard: 1, evicted: 0, unnamed: 2 },
            evicted: 3,
            guarded: true,
            ..breakdown(sources.clone(), vec![Count { packets: 3, bytes: 244 }])
        },
        Dimension::Ports => Breakdown {
            unattributed: Unattributed { guard: 0, evicted: 0, unnamed: 1 },
            limit: 64,
            ..breakdown(ports.clone(), vec![Count { packets: 1, bytes: 66 }, nothing, nothing])
        },
        Dimension::Vlans => Breakdown {
            unattributed: Unattributed { guard: 0, evicted: 0, unnamed: 1 },
            ..breakdown(vec![named(7, 2, 0)], vec![Count { packets: 1, bytes: 0 }])
        },
    });

    Flow {
        totals: totals().into(),
        breakdowns: breakdowns.map(Some),
        classes: Some(classes()),
        signals: Some(Signals {
            distinct_sources: [3.25, 1.0],
            distinct_ports: [2, 1, 0],
            source_entropy: Some(0.75),
            port_entropy: None,
            scanning_sources: Some(1),
            syn_sources: Some(2),
        }),
        maps: vec![
            MapUse { map: "sources", entries: 3, entries_limit: 8192, memory_bytes: 1 << 20 },
            MapUse { map: "ports", entries: 3, entries_limit: 4096, memory_bytes: 1 << 18 },
        ],
        ..empty("eth0", Direction::Receive)
    }
}

/// Nine packets that are best effort, one of which met congestion, and one that is expedited.
fn classes() -> TrafficClasses {
    let mut packets = [0; TRAFFIC_CLASSES];
    packets[0] = 5;
    packets[0b10] = 3;
    packets[0b11] = 1;
    packets[46 << 2] = 1;

    TrafficClasses { since: at(1), packets: packets.into() }
}

fn totals() -> Totals {
    let mut totals = Totals::default();

    for (family, protocol, packets, bytes) in [
        (Family::Ipv4, Protocol::Tcp, 6, 4000),
        (Family::Ipv6, Protocol::Udp, 2, 236),
        (Family::Ipv4, Protocol::Icmp, 1, 98),
        (Family::Ipv6, Protocol::Icmpv6, 1, 86),
        (Family::Ipv4, Protocol::Icmpv6, 1, 60),
        (Family::Arp, Protocol::None, 1, 60),
    ] {
        totals.cells[family.index()][protocol.index()] = Count { packets, bytes };
    }
    totals.sizes[0] = Count { packets: 2, bytes: 120 };
    totals.sizes[1] = Count { packets: 6, bytes: 552 };
    totals.sizes[4] = Count { packets: 4, bytes: 3868 };
    for (flags, packets) in [(0x02, 1), (0x12, 1), (0x10, 2), (0x18, 1), (0x29, 1)] {
        totals.tcp_flags[flags] = packets;
    }
    totals.icmp[0][8] = 1;
    totals.icmp[1][135] = 1;
    totals.cast = [10, 1, 1];
    totals.fragments[0] = [1, 0, 1];
    totals.malformed[0] = 1;
    totals.encapsulations[0] = 1;

    totals
}

fn health() -> Health {
    let running = |mode, program: &str| Running {
        mode,
        program: program.into(),
        tag: "0123456789abcdef".into(),
    };
    let attachment = |device: &str, hook, running| Attachment {
        device: device.into(),
        hook,
        running,
        is_wanted: true,
        failures: BTreeMap::new(),
    };
    let interval = Duration::from_secs(1);
    let mut folding =
        Folding { interval, folds: 2, failures: 1, last: Some(at(3)), ..Folding::default() };
    folding.drain.observe(Duration::from_millis(2));

    Health {
        attachments: vec![
            attachment("eth0", Hook::Xdp, Some(running(Some(Mode::Native), "count_received"))),
            attachment("eth0", Hook::TcxEgress, Some(running(None, "count_sent"))),
            Attachment {
                failures: BTreeMap::from([(AttachFailure::Busy, 2)]),
                ..attachment("eth1", Hook::Xdp, None)
            },
        ],
        devices: [DeviceInfo {
            device: "eth0".into(),
            ifindex: 2,
            kind: "".into(),
            driver: "ixgbe".into(),
            alias: "uplink to \"spine 1\"".into(),
            master: "bond0".into(),
        }]
        .into(),
        shared_maps: vec![SharedMap {
            direction: Direction::Receive,
            map: MapUse { map: "kinds", entries: 12, entries_limit: 4096, memory_bytes: 1 << 18 },
        }],
        folding,
        memory: vec![PartMemory { part: "maps", bytes: 18 << 20, limit: 256 << 20 }],
        ..Health::default()
    }
}
