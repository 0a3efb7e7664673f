//! Counts by name: what an interval holds, and what it has to hold for given frames.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use exporter::interval::{Interval, Totals};
use exporter::services::PortRules;
use shared::{
    Cast, Count, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, PortKey,
    PortProtocol, Protocol, SIZE_BOUNDS,
};

use crate::outcome::Outcome;
use crate::service_port::port_key;

/// Everything that is counted, each count under a name of its own; none is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows(BTreeMap<String, Count>);

impl Rows {
    /// Returns what an interval counted.
    pub fn of(interval: &Interval) -> Self {
        let mut rows = Self::default();

        rows.add_totals(&interval.totals);
        for seen in &interval.sources.keys {
            rows.add(source(seen.key), seen.count);
        }
        for seen in &interval.ports.keys {
            rows.add(port(seen.key), seen.count);
        }
        for seen in &interval.vlans.keys {
            rows.add(format!("vlan {}", seen.key), seen.count);
        }
        for protocol in PortProtocol::ALL {
            let words = &interval.sketches.ports[protocol.index()];
            for port in (0..=u16::MAX).filter(|port| is_set(words, *port)) {
                rows.add(touched(*protocol, port), only_packets(1));
            }
        }

        rows
    }

    /// Returns what frames add up to, where ports are those of clients and services by `rules`.
    pub fn expected<'a>(
        outcomes: impl IntoIterator<Item = &'a Outcome>,
        rules: &PortRules,
    ) -> Self {
        let mut rows = Self::default();

        for outcome in outcomes {
            rows.add_outcome(outcome, rules);
        }

        rows
    }

    /// Leaves out the rows whose name begins with one of `words`.
    #[must_use]
    pub fn without(mut self, words: &[&str]) -> Self {
        self.0.retain(|name, _| !words.iter().any(|word| name.starts_with(word)));

        self
    }

    /// Names each row that differs.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let names: BTreeSet<_> = self.0.keys().chain(expected.0.keys()).collect();
        let row = |name: &String| {
            let [ours, theirs] =
                [self, expected].map(|rows| rows.0.get(name).copied().unwrap_or_default());
            (ours != theirs).then(|| format!("`{name}` is {ours:?}, not {theirs:?}"))
        };

        names.into_iter().filter_map(row).collect()
    }

    fn add(&mut self, name: String, Count { packets, bytes }: Count) {
        if packets == 0 && bytes == 0 {
            return;
        }
        let row = self.0.entry(name).or_default();

        row.packets += packets;
        row.bytes += bytes;
    }

    fn add_totals(&mut self, totals: &Totals) {
        let Totals { cells, sizes, tcp_flags, icmp, cast, fragments, malformed, encapsulations } =
            totals;

        for family in Family::ALL {
            for protocol in Protocol::ALL {
                let count = cells[family.index()][protocol.index()];
                self.add(cell(*family, *protocol), count);
            }
        }
        let bounds = SIZE_BOUNDS.iter().map(Some).chain([None]);
        for (bound, count) in bounds.zip(sizes) {
            self.add(size(bound), *count);
        }
        for (flags, packets) in (0..=u8::MAX).zip(tcp_flags) {
            self.add(tcp(flags), only_packets(*packets));
        }
        for family in IpFamily::ALL {
            for (number, packets) in (0..=u8::MAX).zip(&icmp[family.index()]) {
                self.add(message(family.label(), number), only_packets(*packets));
            }
            for position in FragmentPosition::ALL {
                let packets = fragments[family.index()][position.index()];
                self.add(fragment(family.label(), *position), only_packets(packets));
            }
        }
        for member in Cast::ALL {
            self.add(format!("cast {}", member.label()), only_packets(cast[member.index()]));
        }
        for reason in Malformed::ALL {
            self.add(failed(*reason), only_packets(malformed[reason.index()]));
        }
        for tunnel in Encapsulation::ALL {
            self.add(inside(*tunnel), only_packets(encapsulations[tunnel.index()]));
        }
    }

    fn add_outcome(&mut self, outcome: &Outcome, rules: &PortRules) {
        let frame = Count { packets: 1, bytes: u64::from(outcome.length) };
        let family = outcome.family.label();
        let names = [
            Some(format!("cast {}", outcome.cast.label())),
            outcome.tcp_flags.map(tcp),
            outcome.icmp_type.map(|number| message(family, number)),
            outcome.fragment.map(|position| fragment(family, position)),
            outcome.malformed.map(failed),
            outcome.encapsulation.map(inside),
            outcome.vlan.map(|id| format!("vlan {id}")),
        ];
        for name in names.into_iter().flatten() {
            self.add(name, only_packets(1));
        }

        let bound = SIZE_BOUNDS.iter().find(|bound| outcome.length <= **bound);
        self.add(size(bound), frame);
        self.add(cell(outcome.family, outcome.protocol), frame);
        if let Some(address) = outcome.address {
            self.add(source(address), frame);
        }
        if let Some(protocol) = PortProtocol::of(outcome.protocol) {
            self.add(port(port_key(protocol, outcome.ports, rules)), frame);
            if let Some((_, destination)) = outcome.ports {
                self.0.insert(touched(protocol, destination), only_packets(1));
            }
        }
    }
}

/// Returns how many registers of the sketch of sources are in use.
pub fn touched_registers(interval: &Interval) -> usize {
    interval.sketches.sources.iter().flatten().filter(|register| **register > 0).count()
}

fn only_packets(packets: u64) -> Count {
    Count { packets, bytes: 0 }
}

fn is_set(words: &[u64], port: u16) -> bool {
    words.get(usize::from(port / 64)).is_some_and(|word| word >> (port % 64) & 1 == 1)
}

fn cell(family: Family, protocol: Protocol) -> String {
    format!("cell {} {}", family.label(), protocol.label())
}

fn size(bound: Option<&u32>) -> String {
    bound.map_or("size above".into(), |bound| format!("size {bound}"))
}

fn tcp(flags: u8) -> String {
    format!("tcp flags {flags:#04x}")
}

fn message(family: &str, number: u8) -> String {
    format!("icmp {family} {number}")
}

fn fragment(family: &str, position: FragmentPosition) -> String {
    format!("fragment {family} {}", position.label())
}

fn failed(reason: Malformed) -> String {
    format!("malformed {}", reason.label())
}

fn inside(tunnel: Encapsulation) -> String {
    format!("encapsulation {}", tunnel.label())
}

fn source(address: IpAddr) -> String {
    format!("source {address}")
}

fn port(key: PortKey) -> String {
    let protocol = key.protocol().expect("a key that a packet made").label();

    match key.port() {
        Some(number) => format!("port {protocol} {number}"),
        None if key.is_ephemeral() => format!("port {protocol} ephemeral"),
        None => format!("port {protocol} absent"),
    }
}

fn touched(protocol: PortProtocol, port: u16) -> String {
    format!("touched {} {port}", protocol.label())
}
