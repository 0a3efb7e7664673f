//! What else the bytes of a packet show.

use std::net::{IpAddr, Ipv6Addr};

use shared::{Direction, Family, Protocol};

use super::Sample;

impl Sample {
    /// Returns the family and the protocol that the packet was counted in; `None` for a cell that is none.
    pub fn cell(&self) -> Option<(Family, Protocol)> {
        let family = Family::ALL.get(usize::from(self.parsed.cell >> 5))?;
        let protocol = Protocol::ALL.get(usize::from(self.parsed.cell & 31))?;

        Some((*family, *protocol))
    }

    /// Returns whether the packet was counted as IP.
    pub fn is_ip(&self) -> bool {
        self.cell().is_some_and(|(family, _)| matches!(family, Family::Ipv4 | Family::Ipv6))
    }

    /// Returns the source and the destination of a packet of IP. The near end is `None` where its bytes
    /// were not taken.
    pub fn addresses(&self) -> [Option<IpAddr>; 2] {
        if !self.is_ip() {
            return [None; 2];
        }
        let far = Some(self.parsed.address.to_ip());

        match self.direction {
            Direction::Receive => [far, self.address(false)],
            Direction::Transmit => [self.address(true), far],
        }
    }

    /// Returns the traffic class of a packet of IP.
    pub fn traffic_class(&self) -> Option<u8> {
        let [first, second, ..] = *self.network()? else { return None };

        match self.parsed.version {
            4 => Some(second),
            6 => Some(first << 4 | second >> 4),
            _ => None,
        }
    }

    /// Reads an address of the network header. Source: RFC 791, section 3.1; RFC 8200, section 3.
    fn address(&self, is_source: bool) -> Option<IpAddr> {
        let header = self.network()?;
        let [ipv4, ipv6] = if is_source { [12, 8] } else { [16, 24] };

        match self.parsed.version {
            4 => <[u8; 4]>::try_from(header.get(ipv4..ipv4 + 4)?).ok().map(IpAddr::from),
            6 => <[u8; 16]>::try_from(header.get(ipv6..ipv6 + 16)?)
                .ok()
                .map(|octets| Ipv6Addr::from(octets).to_canonical()),
            _ => None,
        }
    }

    /// Returns the bytes from the network header on, of a packet of IP.
    fn network(&self) -> Option<&[u8]> {
        self.bytes.get(usize::from(self.parsed.network_offset)..).filter(|_| self.is_ip())
    }
}
