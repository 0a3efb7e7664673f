//! A second reader of frames, as simple as can be, that shares no code with the parser.
//!
//! Under the rules of `truth.json` it is proved by dissectors that know nothing of this project;
//! under the project's rules it then says what the parser has to say of any frame.

mod cooked;
mod ip;
mod link;
mod outcome;
mod transport;

use std::net::IpAddr;

use shared::{Cast, Encapsulation, Malformed};

pub use ip::Fragment;

use crate::capture::ETHERNET;

/// What readers of frames may differ in on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// EtherTypes that are VLAN tags.
    pub vlan_ethertypes: &'static [u16],
    /// Tags that are followed; behind them the next one is an EtherType like any other.
    pub vlan_tags: usize,
    /// MPLS, PPPoE, ARP and LLC are looked into.
    pub behind_ethertype: bool,
    /// Next headers of IPv6 that are extension headers.
    pub extensions: &'static [u8],
    /// Extension headers that are walked.
    pub extension_limit: usize,
    /// Extension headers have to be there to their last byte, and no more than the limit;
    /// without this eight bytes of each are enough, and the walk just stops.
    pub extensions_are_checked: bool,
    pub packet_ends: PacketEnds,
}

/// Where transport headers end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketEnds {
    /// Where the frame does.
    WithTheFrame,
    /// Where the IP header says that the packet ends.
    AsClaimed,
    /// The same, but that TCP and UDP in a datagram with a length field of 0 reach to the frame's
    /// end: a device was to cut them into segments.
    AsClaimedOrOffloaded,
}

impl Rules {
    /// The rules of `truth.json`, which lies beside the captures with a page that states them.
    pub const fn truth() -> Self {
        Self {
            vlan_ethertypes: &[0x8100, 0x88a8, 0x9100],
            vlan_tags: 8,
            behind_ethertype: false,
            extensions: &[0, 43, 44, 60, 51, 135, 139, 140],
            extension_limit: 16,
            extensions_are_checked: false,
            packet_ends: PacketEnds::WithTheFrame,
        }
    }

    /// The rules of the program.
    pub const fn project() -> Self {
        Self {
            vlan_ethertypes: &[0x8100, 0x88a8, 0x9100],
            vlan_tags: 2,
            behind_ethertype: true,
            extensions: &[0, 43, 60, 44, 51],
            extension_limit: 8,
            extensions_are_checked: true,
            packet_ends: PacketEnds::AsClaimed,
        }
    }

    /// The rules of the program for what was captured and not received.
    pub const fn captured() -> Self {
        Self { packet_ends: PacketEnds::AsClaimedOrOffloaded, ..Self::project() }
    }
}

/// The headers of one frame that held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// Bytes of the frame on the wire.
    pub length: usize,
    /// Those of them that can be read.
    pub captured: usize,
    /// Bytes of the packet in it that were on the wire and cannot be read.
    pub missing: usize,
    pub ethernet: Option<Ethernet>,
    /// The destination type of the frame, by a header other than Ethernet's.
    pub cast: Option<Cast>,
    /// Ids of the VLAN tags, the outermost first.
    pub vlans: Vec<u16>,
    /// The EtherType behind the tags.
    pub ethertype: Option<u16>,
    /// MPLS or PPPoE.
    pub tunnel: Option<Encapsulation>,
    /// Where the header of IP or ARP begins in the frame, also where it does not hold.
    pub network: Option<usize>,
    /// An ARP header, whose addresses may be cut off.
    pub arp: bool,
    pub ip: Option<Ip>,
    pub transport: Option<Transport>,
    /// The checks that failed, in the order of the headers.
    pub problems: Vec<Malformed>,
}

/// An Ethernet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ethernet {
    pub destination: [u8; 6],
    /// Bytes 12 and 13, whatever they mean.
    pub ethertype: u16,
}

/// The outermost IP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// IPv4: the header is longer than 20 bytes.
    pub options: bool,
    /// IPv4: the protocol. IPv6: the first next header.
    pub first: u8,
    /// Extension headers that were walked.
    pub extensions: Vec<u8>,
    /// What follows the IP headers; `None` where the walk did not get there.
    pub protocol: Option<u8>,
    pub fragment: Option<Fragment>,
}

/// The bytes behind the IP headers of a packet that is not a later fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// Where they begin in the frame.
    pub offset: usize,
    /// How many there are.
    pub length: usize,
    pub ports: Option<(u16, u16)>,
    pub tcp_flags: Option<u8>,
    /// Length of a TCP header in words of four bytes, as it says.
    pub tcp_words: Option<u8>,
    pub icmp_type: Option<u8>,
    /// VXLAN, GENEVE or GTP-U.
    pub tunnel: Option<Encapsulation>,
}

/// Reads the headers of an Ethernet frame.
pub fn read(frame: &[u8], rules: &Rules) -> Layers {
    read_captured(ETHERNET, frame, frame.len(), rules)
}

/// Reads the headers of what was captured of a packet of `length` bytes, by link type.
pub fn read_captured(link: u16, frame: &[u8], length: usize, rules: &Rules) -> Layers {
    let captured = frame.len();
    let missing = length - captured;
    let mut layers = Layers { length, captured, missing, ..Layers::default() };
    let network = match link {
        ETHERNET => link::read(frame, rules, &mut layers),
        _ => cooked::read(link, frame, rules, &mut layers),
    };

    if let Some((version, packet)) = network
        && let Some(ends) = ip::read(version, packet, rules, &mut layers)
    {
        transport::read(frame, ends, &mut layers);
    }

    layers
}

/// Reads two bytes in network order.
fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}
