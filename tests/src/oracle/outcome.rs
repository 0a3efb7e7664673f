//! What the parser has to say of a frame whose headers were read.

use shared::{Cast, Direction, Encapsulation, Family, Protocol};

use super::{Ethernet, Ip, Layers};
use crate::outcome::Outcome;

impl Layers {
    /// Returns what the program reports of the frame when it goes in `direction`.
    pub fn outcome(&self, direction: Direction) -> Outcome {
        let (family, protocol) = self.cell();
        let transport = self.transport.as_ref();
        let address = |ip: &Ip| match direction {
            Direction::Receive => ip.source.to_canonical(),
            Direction::Transmit => ip.destination.to_canonical(),
        };

        Outcome {
            family,
            protocol,
            length: u32::try_from(self.length).expect("a frame of less than 4 GiB"),
            address: self.ip.as_ref().map(address),
            ports: transport.and_then(|transport| transport.ports),
            tcp_flags: transport.and_then(|transport| transport.tcp_flags),
            icmp_type: transport.and_then(|transport| transport.icmp_type),
            malformed: self.problems.first().copied(),
            fragment: self.ip.as_ref().and_then(|ip| Some(ip.fragment?.position())),
            encapsulation: self.encapsulation(),
            cast: self.cast.or(self.ethernet.map(cast)).unwrap_or(Cast::Unicast),
            vlan: self.vlans.first().copied(),
            network_offset: short(self.network.unwrap_or(0)),
            transport_offset: short(transport.map_or(0, |transport| transport.offset)),
        }
    }

    /// The family and the protocol of the deepest header that held.
    fn cell(&self) -> (Family, Protocol) {
        match &self.ip {
            Some(ip) => (family(ip), protocol(ip)),
            None if self.tunnel == Some(Encapsulation::Mpls) => (Family::Mpls, Protocol::None),
            None if self.arp => (Family::Arp, Protocol::None),
            None => (Family::Other, Protocol::None),
        }
    }

    /// The outermost one: below IP, then named by IP, then named by UDP.
    fn encapsulation(&self) -> Option<Encapsulation> {
        let Some(transport) = &self.transport else { return self.tunnel };
        let by_ip = match self.ip.as_ref().and_then(|ip| ip.protocol) {
            Some(47) => Some(Encapsulation::Gre),
            Some(4 | 41) => Some(Encapsulation::Ipip),
            _ => None,
        };

        self.tunnel.or(by_ip).or(transport.tunnel)
    }
}

fn family(ip: &Ip) -> Family {
    if ip.source.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
}

fn protocol(ip: &Ip) -> Protocol {
    // Only a later fragment ends at an extension header, which then is no protocol.
    let is_later = ip.fragment.is_some_and(|fragment| fragment.offset != 0);
    let is_extension = |number: u8| matches!(number, 0 | 43 | 44 | 51 | 60);

    match ip.protocol {
        None => Protocol::Other,
        Some(number) if ip.source.is_ipv6() && is_later && is_extension(number) => Protocol::Other,
        Some(number) => named(number),
    }
}

/// Source: IANA "Assigned Internet Protocol Numbers".
fn named(number: u8) -> Protocol {
    match number {
        1 => Protocol::Icmp,
        2 => Protocol::Igmp,
        4 => Protocol::Ipip,
        6 => Protocol::Tcp,
        17 => Protocol::Udp,
        33 => Protocol::Dccp,
        41 => Protocol::Ipv6,
        47 => Protocol::Gre,
        50 => Protocol::Esp,
        51 => Protocol::Ah,
        58 => Protocol::Icmpv6,
        89 => Protocol::Ospf,
        103 => Protocol::Pim,
        112 => Protocol::Vrrp,
        132 => Protocol::Sctp,
        136 => Protocol::UdpLite,
        _ => Protocol::Other,
    }
}

/// Source: IEEE 802-2014, section 8.4.
fn cast(Ethernet { destination, .. }: Ethernet) -> Cast {
    match destination {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => Cast::Broadcast,
        [first, ..] if first & 1 == 1 => Cast::Multicast,
        _ => Cast::Unicast,
    }
}

/// Network headers lie within the first hundreds of bytes, transport headers within thousands.
fn short(offset: usize) -> u16 {
    u16::try_from(offset).expect("headers that end within 64 KiB")
}
