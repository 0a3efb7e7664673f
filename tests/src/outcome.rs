//! What a frame says about itself, in a form that a test states and a person reads.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

use shared::{
    Cast, Encapsulation, Family, FragmentPosition, Malformed, Parsed, Protocol, Rare, cell,
};

/// The meaning of a [`Parsed`]: what has none there is absent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub family: Family,
    pub protocol: Protocol,
    /// In bytes.
    pub length: u32,
    /// The far end; of IP only.
    pub address: Option<IpAddr>,
    /// Source and destination.
    pub ports: Option<(u16, u16)>,
    pub tcp_flags: Option<u8>,
    pub icmp_type: Option<u8>,
    pub malformed: Option<Malformed>,
    pub fragment: Option<FragmentPosition>,
    pub encapsulation: Option<Encapsulation>,
    pub cast: Cast,
    pub vlan: Option<u16>,
    /// Of IP or ARP, in bytes from the start of the frame, also where the header does not hold;
    /// 0 without one.
    pub network_offset: u16,
    /// In bytes from the start of the frame; 0 without such a header.
    pub transport_offset: u16,
}

impl Outcome {
    /// Reads the marks of `parsed`. Panics where an index lies outside of its set.
    pub fn of(parsed: &Parsed) -> Self {
        let (family, protocol) = cell_parts(parsed.cell);
        let is_ip = matches!(family, Family::Ipv4 | Family::Ipv6);
        let marked = |mark: u8| parsed.rare & mark != 0;
        let has_flag = |flag: u8| match flag {
            0 => false,
            1 => true,
            other => panic!("a flag is 0 or 1, not {other}"),
        };
        let ports = (parsed.source_port, parsed.destination_port);
        let cast = if marked(Rare::CAST) { member(Cast::ALL, parsed.cast) } else { Cast::Unicast };

        Self {
            family,
            protocol,
            length: parsed.length,
            address: is_ip.then(|| parsed.address.to_ip()),
            ports: has_flag(parsed.has_ports).then_some(ports),
            tcp_flags: has_flag(parsed.has_tcp_flags).then_some(parsed.tcp_flags),
            icmp_type: marked(Rare::ICMP).then_some(parsed.icmp_type),
            malformed: marked(Rare::MALFORMED).then(|| member(Malformed::ALL, parsed.malformed)),
            fragment: marked(Rare::FRAGMENT)
                .then(|| member(FragmentPosition::ALL, parsed.fragment)),
            encapsulation: marked(Rare::ENCAPSULATION)
                .then(|| member(Encapsulation::ALL, parsed.encapsulation)),
            cast,
            vlan: marked(Rare::VLAN).then_some(parsed.vlan),
            network_offset: parsed.network_offset,
            transport_offset: parsed.transport_offset,
        }
    }
}

fn member<T: Copy>(set: &[T], index: u8) -> T {
    *set.get(usize::from(index)).unwrap_or_else(|| panic!("{index} is no member of its set"))
}

fn cell_parts(index: u8) -> (Family, Protocol) {
    let protocols = |family: Family| Protocol::ALL.iter().map(move |protocol| (family, *protocol));

    (Family::ALL.iter().copied().flat_map(protocols))
        .find(|(family, protocol)| cell(*family, *protocol) == index)
        .unwrap_or_else(|| panic!("{index} is the cell of no family and protocol"))
}

/// One line: the cell, the length, then what is there of the rest.
impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { family, protocol, length, address, ports, tcp_flags, icmp_type, .. } = self;
        let Self { malformed, fragment, encapsulation, cast, vlan, .. } = self;
        let Self { network_offset, transport_offset, .. } = self;

        write!(f, "{} {}, {length} bytes", family.label(), protocol.label())?;
        let mut show = |name: &str, value: Option<String>| match value {
            Some(value) => write!(f, ", {name} {value}"),
            None => Ok(()),
        };
        let offset = |offset: u16| (offset != 0).then(|| offset.to_string());

        show("cast", (*cast != Cast::Unicast).then(|| cast.label().into()))?;
        show("vlan", vlan.map(|id| id.to_string()))?;
        show("network at", offset(*network_offset))?;
        show("address", address.map(|address| address.to_string()))?;
        show("transport at", offset(*transport_offset))?;
        show("ports", ports.map(|(source, destination)| format!("{source} > {destination}")))?;
        show("tcp flags", tcp_flags.map(|flags| format!("{flags:#04x}")))?;
        show("icmp type", icmp_type.map(|number| number.to_string()))?;
        show("fragment", fragment.map(|position| position.label().into()))?;
        show("encapsulation", encapsulation.map(|tunnel| tunnel.label().into()))?;
        show("malformed", malformed.map(|reason| reason.label().into()))
    }
}
