//! Which port of a frame is the service's, and which frames probe ports.

use shared::{Parsed, PortKey, PortProtocol, PortRank, RankedPort};

/// Flags of TCP. Source: RFC 9293, section 3.1.
const RST: u8 = 4;
const ACK: u8 = 16;

/// The two ports of a frame. Meant only where it has ports.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    source: RankedPort,
    destination: RankedPort,
}

impl Ports {
    /// Looks up what is known of the ports of a frame; `rank` takes a [`PortRank::index`].
    #[inline(always)]
    pub fn of(protocol: PortProtocol, parsed: &Parsed, rank: impl Fn(usize) -> PortRank) -> Self {
        let ranked = |port| RankedPort { port, rank: rank(PortRank::index(protocol, port)) };

        Self { source: ranked(parsed.source_port), destination: ranked(parsed.destination_port) }
    }

    /// Returns the key that a frame is counted under in the table of ports.
    #[inline(always)]
    pub fn key(self, protocol: PortProtocol, parsed: &Parsed) -> PortKey {
        if parsed.has_ports == 0 {
            return PortKey::absent(protocol);
        }

        self.source.service(self.destination, protocol)
    }

    /// Returns the port that a frame probes, for which its source gets a mark; `None` for frames that
    /// answer or continue what was opened before.
    #[inline(always)]
    pub fn probed(self, protocol: PortProtocol, parsed: &Parsed) -> Option<PortKey> {
        let probes = match protocol {
            // SYN, FIN, NULL and XMAS: everything else has one of these flags. Source: RFC 9293,
            // section 3.10.7.
            PortProtocol::Tcp => parsed.has_tcp_flags != 0 && parsed.tcp_flags & (RST | ACK) == 0,
            PortProtocol::Udp => parsed.has_ports != 0 && self.is_from_no_service(),
            // The ports do not tell an INIT from what follows it.
            PortProtocol::Sctp => false,
        };

        probes.then(|| PortKey::number(protocol, self.destination.port))
    }

    /// Returns whether the sender is no service that answers. A port outside those of clients may be a
    /// service that nobody named, unless it sends to one that is known.
    #[inline(always)]
    fn is_from_no_service(self) -> bool {
        let Self { source, destination } = self;

        source.rank == PortRank::default() || !source.rank.is_known() && destination.rank.is_known()
    }
}
