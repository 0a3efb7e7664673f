//! What a key needs so that the ledger can name it.

use std::net::IpAddr;

use shared::{PortKey, PortProtocol};

use crate::dimension::SeriesKey;

/// A key that can have a name.
pub(super) trait Nameable: Copy + Ord + Into<SeriesKey> + 'static {
    /// Counts that `other` is divided into.
    const PARTS: usize;

    /// Keys that have a name from the beginning and for good, outside any limit; in order.
    const ALWAYS: &'static [Self] = &[];

    /// Returns the part of the whole that the key's packets are of; `None` for a key that never gets
    /// a name.
    fn part(self) -> Option<usize>;

    fn is_always_named(self) -> bool {
        Self::ALWAYS.contains(&self)
    }
}

impl Nameable for IpAddr {
    const PARTS: usize = 1;

    fn part(self) -> Option<usize> {
        Some(0)
    }
}

impl Nameable for PortKey {
    const PARTS: usize = PortProtocol::ALL.len();

    const ALWAYS: &'static [Self] = &[
        Self::ephemeral(PortProtocol::Tcp),
        Self::ephemeral(PortProtocol::Udp),
        Self::ephemeral(PortProtocol::Sctp),
    ];

    fn part(self) -> Option<usize> {
        let can_have_a_name = self.port().is_some() || self.is_always_named();

        self.protocol().filter(|_| can_have_a_name).map(PortProtocol::index)
    }
}

/// The id of a VLAN.
impl Nameable for u16 {
    const PARTS: usize = 1;

    fn part(self) -> Option<usize> {
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_ephemeral_ports_under_one_name() {
        let all: Vec<_> = PortProtocol::ALL.iter().copied().map(PortKey::ephemeral).collect();

        assert_eq!(PortKey::ALWAYS, all);
        assert!(all.is_sorted());
    }

    #[test]
    fn a_packet_without_a_port_never_gets_the_name_of_one() {
        let absent = PortKey::absent(PortProtocol::Udp);

        assert_eq!(absent.part(), None);
        assert_eq!(PortKey::number(PortProtocol::Udp, 0).part(), Some(1));
    }
}
