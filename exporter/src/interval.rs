//! What one direction of one device counted in one fold interval; plain data.

#[cfg(test)]
pub(crate) mod balanced;
mod joined;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::ops::AddAssign;
use std::slice;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::{
    Cast, Count, Direction, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, PortKey,
    PortProtocol, Protocol, SIZE_BOUNDS, TRAFFIC_CLASSES,
};

use crate::dimension::{ByDimension, Dimension};

/// Frames by everything that needs no key, summed over the CPUs.
///
/// The same type holds what one interval counted and what has been counted since the attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// By [`Family`] and [`Protocol`]; every frame is in exactly one cell.
    pub cells: [[Count; Protocol::ALL.len()]; Family::ALL.len()],
    /// By size: one for each of [`SIZE_BOUNDS`], inclusive, and the rest.
    pub sizes: [Count; SIZE_BOUNDS.len() + 1],
    /// TCP packets by flag byte.
    pub tcp_flags: [u64; 256],
    /// ICMP messages by [`IpFamily`] and type.
    pub icmp: [[u64; 256]; IpFamily::ALL.len()],
    /// Frames by [`Cast`].
    pub cast: [u64; Cast::ALL.len()],
    /// Fragments by [`IpFamily`] and [`FragmentPosition`].
    pub fragments: [[u64; FragmentPosition::ALL.len()]; IpFamily::ALL.len()],
    /// Frames by [`Malformed`].
    pub malformed: [u64; Malformed::ALL.len()],
    /// Frames by [`Encapsulation`].
    pub encapsulations: [u64; Encapsulation::ALL.len()],
}

/// What one interval counted under the keys of one dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed<K> {
    /// Each key once, in order.
    pub keys: Vec<Seen<K>>,
    /// What the guard refused.
    pub refused: Count,
    /// What the second level forgot.
    pub evicted: Count,
    /// Whether misses were sampled when the interval ended.
    pub guarded: bool,
}

/// One key and what was counted under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<K> {
    pub key: K,
    pub count: Count,
    /// For sources: what [`shared::SourceSlot::marks_of`] returns.
    pub marks: u32,
}

/// Sketches of how many different keys there were. Those of nothing, the default, take no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketches {
    /// HyperLogLog registers of addresses, by [`IpFamily`]; empty where there are none.
    pub sources: [Vec<u8>; IpFamily::ALL.len()],
    /// 65,536 bits, one for each destination port, by [`PortProtocol`]; empty where there are none.
    pub ports: [Vec<u64>; PortProtocol::ALL.len()],
}

/// How full one map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapUse {
    /// The name of the map, as users see it in the label `map`.
    pub map: &'static str,
    /// Of a map with a part for each CPU: in the fullest part, with keys that are only kept.
    pub entries: u64,
    pub entries_limit: u64,
    /// Memory that the map takes in the kernel, in bytes.
    pub memory_bytes: u64,
}

/// What one direction of one device counted between two drains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// How long the interval was.
    pub elapsed: Duration,
    pub totals: Totals,
    /// Sources of what was received, destinations of what was sent.
    pub sources: Keyed<IpAddr>,
    pub ports: Keyed<PortKey>,
    /// Frames by the id of the outermost VLAN tag, without bytes; empty unless switched on.
    pub vlans: Keyed<u16>,
    /// IP packets by traffic class; empty unless switched on.
    pub traffic_classes: [u64; TRAFFIC_CLASSES],
    pub sketches: Sketches,
    pub maps: Vec<MapUse>,
    /// What the program was loaded to count.
    pub switches: Switches,
}

/// Which of its optional parts a program counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    pub dimensions: ByDimension<bool>,
    pub signals: bool,
    pub traffic_classes: bool,
    /// Destination types: only an Ethernet header has them.
    pub casts: bool,
}

impl Switches {
    /// Everything is counted.
    pub fn all() -> Self {
        let dimensions = ByDimension::from_fn(|_| true);

        Self { dimensions, signals: true, traffic_classes: true, casts: true }
    }

    /// Returns what both count.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let Self { dimensions, signals, traffic_classes, casts } = other;
        let both = |dimension| self.dimensions[dimension] && dimensions[dimension];

        Self {
            dimensions: ByDimension::from_fn(both),
            signals: self.signals && signals,
            traffic_classes: self.traffic_classes && traffic_classes,
            casts: self.casts && casts,
        }
    }
}

/// What one program counted, or why that is unknown.
#[derive(Debug)]
pub struct Drained {
    pub device: Arc<str>,
    pub direction: Direction,
    /// When the program began to count.
    pub since: SystemTime,
    /// After an error the counts wait for the next drain; those of a program that is gone are lost.
    pub counted: io::Result<Interval>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            cells: Default::default(),
            sizes: Default::default(),
            tcp_flags: [0; 256],
            icmp: [[0; 256]; IpFamily::ALL.len()],
            cast: Default::default(),
            fragments: Default::default(),
            malformed: [0; Malformed::ALL.len()],
            encapsulations: Default::default(),
        }
    }
}

impl Totals {
    /// Returns all frames.
    pub fn frames(&self) -> Count {
        sum(self.cells.iter().flatten())
    }

    /// Returns the frames with an IP header that held.
    pub fn ip(&self) -> Count {
        let [ipv4, ipv6] = [Family::Ipv4, Family::Ipv6].map(|family| self.family(family));

        sum([ipv4, ipv6].iter())
    }

    /// Returns the frames of the protocols that are counted by port.
    pub fn with_ports(&self) -> Count {
        sum(self.by_port_protocol().iter())
    }

    /// Returns the frames of each [`PortProtocol`], of all families.
    pub fn by_port_protocol(&self) -> [Count; PortProtocol::ALL.len()] {
        let mut counts = [Count::default(); PortProtocol::ALL.len()];
        for family in &self.cells {
            for (protocol, count) in Protocol::ALL.iter().zip(family) {
                if let Some(port_protocol) = PortProtocol::of(*protocol) {
                    counts[port_protocol.index()].add(*count);
                }
            }
        }

        counts
    }

    fn family(&self, family: Family) -> Count {
        sum(self.cells[family.index()].iter())
    }
}

impl AddAssign<&Self> for Totals {
    fn add_assign(&mut self, more: &Self) {
        let Self { cells, sizes, tcp_flags, icmp, cast, fragments, malformed, encapsulations } =
            more;

        add_counts(self.cells.as_flattened_mut(), cells.as_flattened());
        add_counts(&mut self.sizes, sizes);
        add(&mut self.tcp_flags, tcp_flags);
        add(self.icmp.as_flattened_mut(), icmp.as_flattened());
        add(&mut self.cast, cast);
        add(self.fragments.as_flattened_mut(), fragments.as_flattened());
        add(&mut self.malformed, malformed);
        add(&mut self.encapsulations, encapsulations);
    }
}

impl<K> Keyed<K> {
    /// Returns everything that was counted, with a key and without.
    pub fn total(&self) -> Count {
        sum(self.keys.iter().map(|seen| &seen.count).chain([&self.refused, &self.evicted]))
    }
}

impl<K: Ord> Keyed<K> {
    /// Makes it of packets alone, none of which was refused.
    pub fn of_packets(by_key: BTreeMap<K, u64>) -> Self {
        let seen = |(key, packets)| Seen { key, count: Count { packets, bytes: 0 }, marks: 0 };

        Self { keys: by_key.into_iter().map(seen).collect(), ..Self::default() }
    }
}

impl<K> Default for Keyed<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            refused: Count::default(),
            evicted: Count::default(),
            guarded: false,
        }
    }
}

impl Default for Interval {
    fn default() -> Self {
        Self {
            elapsed: Duration::from_secs(1),
            totals: Totals::default(),
            sources: Keyed::default(),
            ports: Keyed::default(),
            vlans: Keyed::default(),
            traffic_classes: [0; TRAFFIC_CLASSES],
            sketches: Sketches::default(),
            maps: Vec::new(),
            switches: Switches::all(),
        }
    }
}

impl Interval {
    /// Returns what a program counts that sees no frame for so long.
    pub fn idle(elapsed: Duration, switches: Switches) -> Self {
        Self { elapsed, switches, ..Self::default() }
    }

    /// Adds to `evicted` what a killed process had already read: keys are read before totals.
    pub fn make_up(&mut self) {
        let of_sources = less(self.totals.ip(), self.sources.total());
        let of_ports = less(self.totals.with_ports(), self.ports.total());

        self.sources.evicted.add(of_sources);
        self.ports.evicted.add(of_ports);
    }

    /// Names the first law of conservation that the interval breaks; `None` where all hold.
    pub fn imbalance(&self) -> Option<Imbalance> {
        self.imbalances().next()
    }

    /// Names every law of conservation that the interval breaks. A dimension that is switched
    /// off breaks its law. Packets and bytes have to be equal.
    pub fn imbalances(&self) -> impl Iterator<Item = Imbalance> {
        let laws = [
            (Law::Sources, self.sources.total(), self.totals.ip()),
            (Law::Ports, self.ports.total(), self.totals.with_ports()),
            (Law::Sizes, sum(self.totals.sizes.iter()), self.totals.frames()),
        ];

        laws.into_iter()
            .filter(|(_, parts, whole)| parts != whole)
            .map(|(law, parts, whole)| Imbalance { law, parts, whole })
    }
}

/// A law of conservation, by the parts that add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Sources plus packets without one are the IP frames.
    Sources,
    /// Ports, with what has none, are the frames of the protocols that are counted by port.
    Ports,
    /// Size buckets are all frames.
    Sizes,
}

impl Law {
    /// Every law, in the order of its index.
    pub const ALL: [Self; 3] = [Self::Sources, Self::Ports, Self::Sizes];

    /// Returns the value of the label that names the law.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Ports => "ports",
            Self::Sizes => "sizes",
        }
    }

    /// Returns the dimension whose keys are the parts; `None` where the parts have no key.
    pub const fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Sources => Some(Dimension::Sources),
            Self::Ports => Some(Dimension::Ports),
            Self::Sizes => None,
        }
    }

    /// Returns the place of the law in an array of counters.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Parts that do not add up to their whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    pub law: Law,
    pub parts: Count,
    pub whole: Count,
}

/// Brings keys that several CPUs counted into the form of [`Keyed::keys`]: each once, in order.
pub fn each_once<K: Copy + Ord>(mut keys: Vec<Seen<K>>) -> Vec<Seen<K>> {
    keys.sort_unstable_by_key(|seen| seen.key);
    keys.dedup_by(|more, first| {
        let is_same = more.key == first.key;
        if is_same {
            add_counts(slice::from_mut(&mut first.count), &[more.count]);
            first.marks |= more.marks;
        }
        is_same
    });

    keys
}

/// Returns what is left of `whole` without `part`; 0 where that is more.
pub fn less(whole: Count, part: Count) -> Count {
    Count {
        packets: whole.packets.saturating_sub(part.packets),
        bytes: whole.bytes.saturating_sub(part.bytes),
    }
}

/// Adds up packets and bytes.
pub fn sum<'a>(counts: impl Iterator<Item = &'a Count>) -> Count {
    counts.fold(Count::default(), |sum, count| Count {
        packets: sum.packets + count.packets,
        bytes: sum.bytes + count.bytes,
    })
}

/// Adds counts to others, place by place.
pub fn add(to: &mut [u64], more: &[u64]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += more;
    }
}

fn add_counts(to: &mut [Count], more: &[Count]) {
    for (to, more) in to.iter_mut().zip(more) {
        to.packets += more.packets;
        to.bytes += more.bytes;
    }
}

#[cfg(test)]
mod tests;
