//! Everything counted by one direction of one device: an interval comes in, totals and named
//! series go on; pure.

mod conservation;
mod credit;
mod key;
mod known;
#[cfg(test)]
mod laws;
mod names;
mod rate;
mod rules;
#[cfg(test)]
mod speed;
mod table;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use shared::{Count, Direction, PortKey, PortProtocol, Protocol};

use self::conservation::Conservation;
use self::tally::Tally;
use crate::interval::{Imbalance, Interval, Keyed, Law, MapUse, Seen, Totals};
use crate::signals::Window;
use crate::snapshot::{Flow, Signals};

pub use self::rules::{Naming, Rules};

/// What one direction of one device has counted since its program was attached.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    totals: Totals,
    conservation: Conservation,
    sources: Tally<IpAddr>,
    ports: Tally<PortKey>,
    vlans: Tally<u16>,
    signals: Window,
    maps: Vec<MapUse>,
}

impl Ledger {
    pub fn new(rules: Rules) -> Self {
        let Rules { sources, ports, vlans, signals } = rules;

        Self {
            totals: Totals::default(),
            conservation: Conservation::default(),
            sources: Tally::new(sources),
            ports: Tally::new(ports),
            vlans: Tally::new(vlans),
            signals: Window::new(signals),
            maps: Vec::new(),
        }
    }

    /// Goes on under other rules. No count changes; names beyond a lower limit end at once.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self {
            sources: self.sources.with_rules(rules.sources),
            ports: self.ports.with_rules(rules.ports),
            vlans: self.vlans.with_rules(rules.vlans),
            signals: self.signals.with_rules(rules.signals),
            ..self
        }
    }

    /// Adds what an interval counted that ended at `now`, also where it breaks a law of conservation.
    #[must_use]
    pub fn fold(mut self, interval: &Interval, now: SystemTime) -> Self {
        let Interval { elapsed, totals, sources, ports, vlans, sketches: _, maps } = interval;
        let began = now.checked_sub(*elapsed).unwrap_or(now);
        let vlans = keyed_by_vlan(vlans);
        let broken = interval.imbalances().filter(|it| self.watches(it.law)).collect();

        self.totals += totals;
        Self {
            conservation: self.conservation.fold(broken),
            sources: self.sources.fold(sources, &[totals.ip()], *elapsed, began),
            ports: self.ports.fold(ports, &with_ports(totals), *elapsed, began),
            vlans: self.vlans.fold(&vlans, &[vlans.total()], *elapsed, began),
            signals: self.signals.fold(interval),
            maps: maps.clone(),
            ..self
        }
    }

    /// Returns the laws that the last interval broke and the one before had kept.
    pub fn newly_broken(&self) -> &[Imbalance] {
        self.conservation.newly()
    }

    /// Gives what readers see of it; `since` is when the program was attached.
    pub fn flow(&self, device: Arc<str>, direction: Direction, since: SystemTime) -> Flow {
        let Self { totals, conservation, sources, ports, vlans, signals, maps } = self;
        let sources = sources.dimension();
        let signals = signals.signals().map(|signals| Signals {
            // Nobody looked where nothing is counted by source.
            scanning_sources: signals.scanning_sources.filter(|_| sources.is_some()),
            ..signals
        });

        Flow {
            device,
            direction,
            since,
            totals: totals.clone(),
            imbalanced: conservation.intervals(),
            sources,
            ports: ports.dimension(),
            vlans: vlans.dimension(),
            signals,
            maps: maps.clone(),
        }
    }

    /// A dimension that is switched off has no parts, which breaks no law.
    fn watches(&self, law: Law) -> bool {
        match law {
            Law::Sources => self.sources.is_enabled(),
            Law::Ports => self.ports.is_enabled(),
            Law::Sizes => true,
        }
    }
}

/// Gives the frames of each [`PortProtocol`], of all families.
fn with_ports(totals: &Totals) -> Vec<Count> {
    let mut counts = vec![Count::default(); PortProtocol::ALL.len()];

    for family in &totals.cells {
        for (protocol, Count { packets, bytes }) in Protocol::ALL.iter().zip(family) {
            if let Some(port_protocol) = PortProtocol::of(*protocol) {
                let count = &mut counts[port_protocol.index()];
                count.packets += packets;
                count.bytes += bytes;
            }
        }
    }

    counts
}

fn keyed_by_vlan(vlans: &BTreeMap<u16, u64>) -> Keyed<u16> {
    let seen = |(id, packets): (&u16, &u64)| Seen {
        key: *id,
        count: Count { packets: *packets, bytes: 0 },
        marks: 0,
    };

    Keyed { keys: vlans.iter().map(seen).collect(), ..Keyed::default() }
}
