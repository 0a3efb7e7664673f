//! Which port of a frame is the service's, which frames probe ports, and which open connections.

use shared::{Parsed, PortKey, PortProtocol, PortRank, RankedPort, SourceSlot};

/// Flags of TCP. Source: RFC 9293, section 3.1.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// Returns the mark that a frame leaves with its source for its part in a TCP handshake.
///
/// A SYN is what the flags `syn` stand for in the counts: with none of ACK, FIN and RST.
#[inline(always)]
pub fn handshake(protocol: PortProtocol, parsed: &Parsed) -> u64 {
    if protocol != PortProtocol::Tcp || parsed.has_tcp_flags == 0 {
        return 0;
    }

    match parsed.tcp_flags {
        flags if flags & ACK != 0 => SourceSlot::ACK,
        flags if flags & (FIN | SYN | RST) == SYN => SourceSlot::SYN,
        _ => 0,
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_with_ack_and_a_plain_syn_leave_their_marks_and_nothing_else_does() {
        let marks = |protocol, flags: &[u8]| -> Vec<_> {
            let parsed = |flags| Parsed { tcp_flags: flags, has_tcp_flags: 1, ..Parsed::default() };
            flags.iter().map(|flags| handshake(protocol, &parsed(*flags))).collect()
        };
        let syns = [SYN, SYN | 0x08, SYN | 0xc0];
        let acks = [ACK, ACK | SYN, ACK | RST, ACK | FIN, ACK | 0x08, 0xff];
        let others = [0, FIN, RST, SYN | FIN, SYN | RST, 0x29];

        assert_eq!(marks(PortProtocol::Tcp, &syns), [SourceSlot::SYN; 3]);
        assert_eq!(marks(PortProtocol::Tcp, &acks), [SourceSlot::ACK; 6]);
        assert_eq!(marks(PortProtocol::Tcp, &others), [0; 6]);
        // What lies there is of an earlier frame.
        assert_eq!(marks(PortProtocol::Udp, &syns), [0; 3]);
        let stale = Parsed { tcp_flags: ACK, ..Parsed::default() };
        assert_eq!(handshake(PortProtocol::Tcp, &stale), 0);
    }
}
