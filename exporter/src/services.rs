//! Which ports are those of services: what is registered, configured and listened on, as the ranks
//! that programs decide by.

mod registered;

use std::ops::RangeInclusive;

use shared::{PORTS, PortProtocol, PortRank, RankedPort, Ranks};

pub use registered::registered;

/// The last port below which only privileged services listen. Source: RFC 6335, section 6.
const LAST_SYSTEM: u16 = 1023;

/// Ports that count as those of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// `None` stands for every protocol.
    pub protocol: Option<PortProtocol>,
    pub ports: RangeInclusive<u16>,
}

/// What is configured about ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRules {
    /// Ports that clients take.
    pub ephemeral: RangeInclusive<u16>,
    /// Those of services, beside the registered ones.
    pub services: Vec<Service>,
}

/// The ports that sockets of this host listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening([Vec<u64>; PortProtocol::ALL.len()]);

/// What is known of every port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankTable(Vec<u8>);

impl Default for PortRules {
    fn default() -> Self {
        Self { ephemeral: 32_768..=u16::MAX, services: Vec::new() }
    }
}

impl Default for Listening {
    fn default() -> Self {
        Self([(); PortProtocol::ALL.len()].map(|()| vec![0; PORTS / 64]))
    }
}

impl Listening {
    pub fn insert(&mut self, protocol: PortProtocol, port: u16) {
        self.0[protocol.index()][usize::from(port / 64)] |= 1 << (port % 64);
    }

    pub fn contains(&self, protocol: PortProtocol, port: u16) -> bool {
        self.0[protocol.index()][usize::from(port / 64)] >> (port % 64) & 1 == 1
    }
}

impl RankTable {
    /// Ranks every port by what is configured and listened on.
    pub fn of(rules: &PortRules, listening: &Listening) -> Self {
        let mut table = Self(vec![0; size_of::<Ranks>()]);

        for protocol in PortProtocol::ALL.iter().copied() {
            for port in 0..=u16::MAX {
                let mut rank = PortRank::default();
                if !rules.ephemeral.contains(&port) {
                    rank = rank.with(PortRank::OUTSIDE);
                }
                if port <= LAST_SYSTEM {
                    rank = rank.with(PortRank::SYSTEM);
                }
                if listening.contains(protocol, port) {
                    rank = rank.with(PortRank::LISTENING);
                }
                table.add(protocol, port, rank);
            }
            for port in registered(protocol) {
                table.add(protocol, *port, PortRank::REGISTERED);
            }
            let is_of = |it: &&Service| it.protocol.is_none_or(|of| of == protocol);
            for port in rules.services.iter().filter(is_of).flat_map(|it| it.ports.clone()) {
                table.add(protocol, port, PortRank::REGISTERED);
            }
        }

        table
    }

    /// Returns the rank with this [`PortRank::index`].
    pub fn rank(&self, index: usize) -> PortRank {
        PortRank(self.0.get(index).copied().unwrap_or_default())
    }

    /// Returns a port with its rank.
    pub fn ranked(&self, protocol: PortProtocol, port: u16) -> RankedPort {
        RankedPort { port, rank: self.rank(PortRank::index(protocol, port)) }
    }

    /// Returns the table as words that lie in memory as its bytes do.
    pub fn words(&self) -> impl Iterator<Item = u64> {
        let (words, _) = self.0.as_chunks();

        words.iter().copied().map(u64::from_ne_bytes)
    }

    fn add(&mut self, protocol: PortProtocol, port: u16, rank: PortRank) {
        let place = &mut self.0[PortRank::index(protocol, port)];
        *place = PortRank(*place).with(rank).0;
    }
}

#[cfg(test)]
mod tests;
