//! Intervals for tests: made of bursts, so that everything in them adds up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use shared::{
    Address, Count, Family, PORT_BITMAP_WORDS, PortKey, PortProtocol, Protocol, SKETCH_REGISTERS,
    hash_address, size_bucket,
};

use super::{Interval, Keyed, Seen, each_once};

/// Frames that are the same in everything that is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    /// `None` for frames without an IP header (ARP).
    pub(crate) source: Option<IpAddr>,
    /// `None` for a protocol without ports (ICMP).
    pub(crate) port: Option<PortKey>,
    pub(crate) packets: u64,
    /// Bytes of each.
    pub(crate) size: u32,
    pub(crate) vlan: Option<u16>,
    pub(crate) marks: u32,
    /// What became of the source.
    pub(crate) source_fate: Fate,
    /// What became of the port.
    pub(crate) port_fate: Fate,
}

/// What became of packets that have a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Keyed,
    Refused,
    Evicted,
}

impl Burst {
    /// Returns packets of 100 bytes from `source` to port 443.
    pub(crate) fn from(source: IpAddr, packets: u64) -> Self {
        Self {
            source: Some(source),
            port: Some(PortKey::number(PortProtocol::Tcp, 443)),
            packets,
            size: 100,
            vlan: None,
            marks: 1,
            source_fate: Fate::Keyed,
            port_fate: Fate::Keyed,
        }
    }

    fn count(&self) -> Count {
        Count { packets: self.packets, bytes: self.packets * u64::from(self.size) }
    }
}

/// Returns what is counted of `bursts`.
pub(crate) fn interval(bursts: &[Burst], elapsed: Duration) -> Interval {
    let mut interval = Interval { elapsed, ..Interval::default() };

    for burst in bursts {
        total(&mut interval, burst);
        if let Some(source) = burst.source {
            sketch(&mut interval, burst, source);
            key(&mut interval.sources, source, burst.marks, burst.count(), burst.source_fate);
            if let Some(port) = burst.port {
                key(&mut interval.ports, port, 0, burst.count(), burst.port_fate);
            }
        }
    }
    interval.sources.keys = each_once(interval.sources.keys);
    interval.ports.keys = each_once(interval.ports.keys);
    interval.vlans.keys = each_once(interval.vlans.keys);

    interval
}

/// Returns difficult intervals: keys that come and go, floods, nothing, time that stands
/// still.
pub(crate) fn hard_times() -> impl Strategy<Value = Vec<Interval>> {
    let elapsed = prop_oneof![
        1 => Just(0),
        4 => Just(100),
        8 => Just(1000),
        2 => Just(12_345),
        1 => Just(60_000),
    ];
    let bursts = prop_oneof![
        1 => Just(Vec::new()),
        6 => vec(any_burst(), 0..12),
        2 => flood(),
    ];
    let one = (bursts, elapsed)
        .prop_map(|(bursts, millis)| interval(&bursts, Duration::from_millis(millis)));

    vec(one, 1..40)
}

/// Returns a burst of one of a few keys, so that keys return.
pub(crate) fn any_burst() -> impl Strategy<Value = Burst> {
    let numbers = (protocol(), 1..6_u16);
    let port = prop_oneof![
        1 => Just(None),
        6 => numbers.prop_map(|(protocol, port)| Some(PortKey::number(protocol, port))),
        1 => protocol().prop_map(|protocol| Some(PortKey::ephemeral(protocol))),
        1 => protocol().prop_map(|protocol| Some(PortKey::absent(protocol))),
    ];
    let packets = prop_oneof![3 => Just(1_u64), 4 => 1..20_u64, 2 => 1..100_000_u64];
    let vlan = proptest::option::of(1..8_u16);

    (few_sources(), port, packets, 60..2000_u32, vlan, 0..1_u32 << 24, fate(), fate()).prop_map(
        |(source, port, packets, size, vlan, marks, source_fate, port_fate)| Burst {
            source,
            port,
            packets,
            size,
            vlan,
            marks,
            source_fate,
            port_fate,
        },
    )
}

/// Returns one packet each of random sources to random ports.
fn flood() -> impl Strategy<Value = Vec<Burst>> {
    let one = (any::<u32>(), any::<u16>()).prop_map(|(source, port)| Burst {
        port: Some(PortKey::number(PortProtocol::Udp, port)),
        ..Burst::from(Ipv4Addr::from(source).into(), 1)
    });

    vec(one, 20..60)
}

fn few_sources() -> impl Strategy<Value = Option<IpAddr>> {
    prop_oneof![
        1 => Just(None),
        6 => (1..10_u32).prop_map(|host| Some(Ipv4Addr::from(0x0a00_0000 + host).into())),
        3 => (1..5_u128).prop_map(|host| Some(Ipv6Addr::from(0x2001_0db8 << 96 | host).into())),
    ]
}

fn protocol() -> impl Strategy<Value = PortProtocol> {
    prop::sample::select(PortProtocol::ALL)
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![8 => Just(Fate::Keyed), 1 => Just(Fate::Refused), 1 => Just(Fate::Evicted)]
}

fn total(interval: &mut Interval, burst: &Burst) {
    let family = match burst.source {
        None => Family::Arp,
        Some(IpAddr::V4(_)) => Family::Ipv4,
        Some(IpAddr::V6(_)) => Family::Ipv6,
    };
    let protocol = match (burst.source, burst.port.and_then(PortKey::protocol)) {
        (None, _) => Protocol::None,
        (Some(_), None) => Protocol::Icmp,
        (Some(_), Some(PortProtocol::Tcp)) => Protocol::Tcp,
        (Some(_), Some(PortProtocol::Udp)) => Protocol::Udp,
        (Some(_), Some(PortProtocol::Sctp)) => Protocol::Sctp,
    };
    let totals = &mut interval.totals;

    add(&mut totals.cells[family.index()][protocol.index()], burst.count());
    add(&mut totals.sizes[size_bucket(burst.size)], burst.count());
    totals.cast[0] += burst.packets;
    if let Some(vlan) = burst.vlan {
        let count = Count { packets: burst.packets, bytes: 0 };
        key(&mut interval.vlans, vlan, 0, count, Fate::Keyed);
    }
}

fn sketch(interval: &mut Interval, burst: &Burst, source: IpAddr) {
    let (family, address) = match source {
        IpAddr::V4(source) => (0, Address::from(source)),
        IpAddr::V6(source) => (1, Address::from(source)),
    };
    let hash = hash_address(address, [0, 0]);
    let rank = u8::try_from(((hash >> 12) | 1 << 51).trailing_zeros() + 1).unwrap();
    let registers = &mut interval.sketches.sources[family];
    registers.resize(SKETCH_REGISTERS, 0);
    let register = &mut registers[(hash % 4096) as usize];
    *register = rank.max(*register);

    if let Some((protocol, port)) = burst.port.and_then(|key| key.protocol().zip(key.port())) {
        let bits = &mut interval.sketches.ports[protocol.index()];
        bits.resize(PORT_BITMAP_WORDS, 0);
        bits[usize::from(port / 64)] |= 1 << (port % 64);
    }
}

fn key<K>(keyed: &mut Keyed<K>, key: K, marks: u32, count: Count, fate: Fate) {
    match fate {
        Fate::Keyed => keyed.keys.push(Seen { key, count, marks }),
        Fate::Refused => add(&mut keyed.refused, count),
        Fate::Evicted => add(&mut keyed.evicted, count),
    }
    keyed.guarded |= fate == Fate::Refused;
}

fn add(to: &mut Count, more: Count) {
    to.packets += more.packets;
    to.bytes += more.bytes;
}

mod tests {
    use super::*;

    proptest! {
        #[test]
        fn every_interval_is_balanced(intervals in hard_times()) {
            for interval in intervals {
                prop_assert_eq!(interval.imbalance(), None);
            }
        }
    }

    #[test]
    fn what_several_cpus_counted_under_one_key_adds_up() {
        let seen = |key, packets, marks| Seen { key, count: Count { packets, bytes: 60 }, marks };

        let keys = each_once(vec![seen('b', 1, 1), seen('a', 2, 2), seen('b', 3, 4)]);

        let b = Seen { key: 'b', count: Count { packets: 4, bytes: 120 }, marks: 5 };
        assert_eq!(keys, [seen('a', 2, 2), b]);
    }
}
