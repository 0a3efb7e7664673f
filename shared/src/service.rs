//! Which of a packet's two ports is that of the service.

use crate::port::{PortKey, PortProtocol};

/// Ports of one protocol.
pub const PORTS: usize = 1 << 16;

/// What is known of a port. The larger of two ranks belongs to the service: what comes first in the
/// order of [`Self::service`] has the higher bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRank(pub u8);

impl PortRank {
    /// Not one of the ports that clients take.
    pub const OUTSIDE: Self = Self(1);
    /// Has a registered name.
    pub const REGISTERED: Self = Self(1 << 1);
    /// Below 1024.
    pub const SYSTEM: Self = Self(1 << 2);
    /// A socket of this host listens there.
    pub const LISTENING: Self = Self(1 << 3);

    /// Returns whether more is known than that clients do not take it.
    #[inline(always)]
    pub const fn is_known(self) -> bool {
        self.0 > Self::OUTSIDE.0
    }

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns where the rank of a port lies among [`crate::Ranks`].
    #[inline(always)]
    pub const fn index(protocol: PortProtocol, port: u16) -> usize {
        (protocol as usize & 3) * PORTS + port as usize
    }
}

/// The ranks of all ports: one byte for each, by [`PortRank::index`].
pub type Ranks = [u8; PORTS * 4];

/// A port with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedPort {
    pub port: u16,
    pub rank: PortRank,
}

impl RankedPort {
    /// Returns the key for packets between two ports, whichever of them sends: the port of the higher
    /// rank; of two with the same rank the lower; and `ephemeral` where nothing is known of either.
    #[inline(always)]
    pub const fn service(self, other: Self, protocol: PortProtocol) -> PortKey {
        let [one, other] = [self.score(), other.score()];
        let higher = if one > other { one } else { other };

        if higher <= u16::MAX as u32 {
            return PortKey::ephemeral(protocol);
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low half is the port")]
        PortKey::number(protocol, !higher as u16)
    }

    /// Returns a number that is larger the more speaks for a service.
    #[inline(always)]
    const fn score(self) -> u32 {
        (self.rank.0 as u32) << 16 | !self.port as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PortRank; 16] = {
        let mut all = [PortRank(0); 16];
        let mut rank = 0;
        while rank < 16 {
            all[rank as usize] = PortRank(rank);
            rank += 1;
        }
        all
    };

    fn service(one: (u16, PortRank), other: (u16, PortRank)) -> PortKey {
        let [one, other] = [one, other].map(|(port, rank)| RankedPort { port, rank });

        one.service(other, PortProtocol::Tcp)
    }

    #[test]
    fn each_criterion_outweighs_all_behind_it() {
        let order =
            [PortRank::OUTSIDE, PortRank::REGISTERED, PortRank::SYSTEM, PortRank::LISTENING];
        let mut weaker = PortRank::default();

        for rank in order {
            assert!(rank > weaker, "{rank:?} after {weaker:?}");
            weaker = weaker.with(rank);
        }
    }

    #[test]
    fn both_directions_of_a_connection_have_one_key() {
        for one in ALL {
            for other in ALL {
                for ports in [[80, 40_000], [40_000, 80], [80, 80], [0, 65_535]] {
                    let [here, there] = [(ports[0], one), (ports[1], other)];
                    assert_eq!(service(here, there), service(there, here), "{here:?} {there:?}");
                }
            }
        }
    }

    #[test]
    fn only_two_ports_of_which_nothing_is_known_are_ephemeral() {
        for one in ALL {
            for other in ALL {
                let key = service((65_535, one), (0, other));
                assert_eq!(key.is_ephemeral(), one.0 == 0 && other.0 == 0, "{one:?} {other:?}");
            }
        }
    }
}
