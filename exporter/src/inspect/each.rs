//! One line of JSON for each packet.

use std::io::{self, Write};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Address, Encapsulation, FragmentPosition, Malformed, Parsed, Rare};

use super::{family, protocol};
use crate::record::Record;

/// The flag bits of a TCP header from the lowest on. Source: RFC 9293, section 3.1.
const FLAGS: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

/// The fields of one packet; `null` where it has none.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "InspectedPacket")]
pub struct Each<'a> {
    /// The file it is in.
    file: &'a str,
    /// Its place in the file, from 1.
    number: u64,
    /// Its length on the wire.
    bytes: u32,
    /// Bytes that the file has of it.
    captured: usize,
    /// Network layer.
    family: Option<&'static str>,
    /// IP protocol.
    protocol: Option<&'static str>,
    /// Id of the outermost VLAN tag.
    vlan: Option<u16>,
    /// Source address.
    source: Option<IpAddr>,
    /// Destination address.
    destination: Option<IpAddr>,
    /// Ports of the transport header.
    ports: Option<Ports>,
    /// Names of the TCP flags that are set.
    flags: Option<Vec<&'static str>>,
    /// Type of an ICMP message.
    icmp_type: Option<u8>,
    /// Position of a fragment.
    fragment: Option<&'static str>,
    /// What carries others.
    encapsulation: Option<&'static str>,
    /// The first check that failed.
    malformed: Option<&'static str>,
    /// Where headers begin.
    offsets: Offsets,
}

/// The ports of a transport header.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "InspectedPorts")]
struct Ports {
    /// Source port.
    source: u16,
    /// Destination port.
    destination: u16,
}

/// Where headers begin, in bytes from the start of the packet.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "InspectedOffsets")]
struct Offsets {
    /// Of IP or ARP, also where the header does not hold.
    network: Option<u16>,
    /// Transport header.
    transport: Option<u16>,
}

impl<'a> Each<'a> {
    /// Describes a packet of `file`, of which `parsed` is known.
    pub fn new(file: &'a str, record: &Record<'_>, parsed: &Parsed) -> Self {
        let Record { number, bytes: frame, wire_length, .. } = *record;
        let is_marked = |mark| parsed.rare & mark != 0;
        let is_ip = exporter_ebpf::count::is_ip(parsed.cell);
        let has_ports = parsed.has_ports != 0;
        let has_flags = parsed.has_tcp_flags != 0;
        let position = member(FragmentPosition::ALL, parsed.fragment, FragmentPosition::label);
        let tunnel = member(Encapsulation::ALL, parsed.encapsulation, Encapsulation::label);
        let reason = member(Malformed::ALL, parsed.malformed, Malformed::label);

        Self {
            file,
            number,
            bytes: wire_length,
            captured: frame.len(),
            family: family(parsed.cell).map(shared::Family::label),
            protocol: protocol(parsed.cell).map(shared::Protocol::label),
            vlan: is_marked(Rare::VLAN).then_some(parsed.vlan),
            source: is_ip.then(|| parsed.address.to_ip()),
            destination: if is_ip { destination(frame, parsed) } else { None },
            ports: has_ports.then_some(Ports {
                source: parsed.source_port,
                destination: parsed.destination_port,
            }),
            flags: has_flags.then(|| flags(parsed.tcp_flags)),
            icmp_type: is_marked(Rare::ICMP).then_some(parsed.icmp_type),
            fragment: position.filter(|_| is_marked(Rare::FRAGMENT)),
            encapsulation: tunnel.filter(|_| is_marked(Rare::ENCAPSULATION)),
            malformed: reason.filter(|_| is_marked(Rare::MALFORMED)),
            offsets: Offsets {
                network: network(parsed),
                transport: (parsed.transport_offset != 0).then_some(parsed.transport_offset),
            },
        }
    }

    /// Writes it as one line of JSON.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;

        out.write_all(b"\n")
    }
}

/// Returns the label of the member of a set with that index.
fn member<T: Copy>(set: &[T], index: u8, label: fn(T) -> &'static str) -> Option<&'static str> {
    set.get(usize::from(index)).copied().map(label)
}

/// Reads the other address of an IP header that held.
fn destination(frame: &[u8], parsed: &Parsed) -> Option<IpAddr> {
    let header = frame.get(usize::from(parsed.network_offset)..)?;

    // Source: RFC 791, section 3.1; RFC 8200, section 3.
    match parsed.version {
        4 => header.get(16..20)?.try_into().ok().map(|octets: [u8; 4]| octets.into()),
        6 => {
            let octets: [u8; 16] = header.get(24..40)?.try_into().ok()?;
            Some(Address::from(std::net::Ipv6Addr::from(octets)).to_ip())
        }
        _ => None,
    }
}

/// Returns the names of the TCP flags that are set.
pub fn flags(byte: u8) -> Vec<&'static str> {
    let is_set = |(bit, _): &(usize, &str)| byte >> bit & 1 == 1;

    FLAGS.into_iter().enumerate().filter(is_set).map(|(_, name)| name).collect()
}

/// Where the network header begins, which may be at the first byte.
fn network(parsed: &Parsed) -> Option<u16> {
    (parsed.network_offset != 0 || parsed.version != 0).then_some(parsed.network_offset)
}
