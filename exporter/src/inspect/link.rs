//! What is in front of the network header, by link type, and how a packet is parsed for it.

use exporter_ebpf::parse::Start;
use exporter_ebpf::{parse_captured, parse_live};
use shared::{Cast, Direction, Parsed, Rare, TunnelPorts};

use crate::record::{Link, Record};

/// EtherTypes. Source: IANA "IEEE 802 Numbers".
mod ethertype {
    pub(super) const NONE: u16 = 0;
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const MPLS: u16 = 0x8847;
    pub(super) const MPLS_UPSTREAM: u16 = 0x8848;
}

const ETHERNET_LENGTH: u16 = 14;
/// Source: <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>.
const COOKED_LENGTH: usize = 16;
/// Source: <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>.
const COOKED2_LENGTH: usize = 20;
/// Kinds of devices whose protocol is no EtherType: Frame Relay, 802.11 with radiotap, netlink.
/// Source: include/uapi/linux/if_arp.h.
const NO_ETHERTYPE: [u16; 3] = [770, 803, 824];
/// Source: RFC 1662, section 3.1.
const ADDRESS_CONTROL: [u8; 2] = [0xff, 0x03];
/// Addresses of Cisco HDLC: to one, to all. Source: RFC 1547, section 4.3.1.
const CISCO: [u8; 2] = [0x0f, 0x8f];

/// The fields of a link-layer header other than Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    start: Start,
    /// The destination type of a packet, if the header has it.
    cast: Option<Cast>,
}

/// Parses a packet with the host's build of the parser, which recognises these tunnels.
///
/// One that ends within the header of its link layer counts as Ethernet that does.
#[inline]
pub fn parse(record: &Record<'_>, tunnels: TunnelPorts) -> Parsed {
    let Record { link, bytes, wire_length, .. } = *record;
    // A file may state less than it has.
    let wire_length = wire_length.max(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    if link == Link::Ethernet {
        return parse_captured(bytes, Start::Ethernet, wire_length, tunnels);
    }
    let Some(Header { start, cast }) = header(link, bytes) else {
        return parse_captured(&[], Start::Ethernet, wire_length, tunnels);
    };
    let mut parsed = parse_captured(bytes, start, wire_length, tunnels);
    if let Some(cast) = cast {
        parsed.rare |= Rare::CAST;
        parsed.cast = cast as u8;
    }

    parsed
}

/// Reads the header in front; `None` where the packet ends within it.
fn header(link: Link, bytes: &[u8]) -> Option<Header> {
    let start = match link {
        Link::Ethernet => Start::Ethernet,
        Link::Ip => Start::Ip,
        Link::Ipv4 => Start::Named { ethertype: ethertype::IPV4, offset: 0 },
        Link::Ipv6 => Start::Named { ethertype: ethertype::IPV6, offset: 0 },
        Link::Cooked => return cooked(bytes),
        Link::Cooked2 => return cooked2(bytes),
        Link::PppHdlc if CISCO.contains(bytes.first()?) => {
            Start::Named { ethertype: half(bytes, 2)?, offset: 4 }
        }
        Link::Ppp | Link::PppHdlc => ppp(bytes, 0)?,
        // The address field holds the direction.
        Link::Pppd => protocol(bytes, 2)?,
        Link::PppWithDirection => ppp(bytes, 1)?,
    };

    Some(Header { start, cast: None })
}

fn cooked(bytes: &[u8]) -> Option<Header> {
    let ethertype = half(bytes, 14)?;
    let [to, device] = [half(bytes, 0)?, half(bytes, 2)?];

    Some(cooked_header(to, device, ethertype, COOKED_LENGTH))
}

fn cooked2(bytes: &[u8]) -> Option<Header> {
    let header: &[u8] = bytes.get(..COOKED2_LENGTH)?;

    Some(cooked_header(header[10].into(), half(header, 8)?, half(header, 0)?, COOKED2_LENGTH))
}

/// The destination type is known of what was received. Of what was sent the header has only the
/// sender.
fn cooked_header(to: u16, device: u16, ethertype: u16, offset: usize) -> Header {
    let cast = match to {
        1 => Some(Cast::Broadcast),
        2 => Some(Cast::Multicast),
        _ => None,
    };
    let ethertype = if NO_ETHERTYPE.contains(&device) { ethertype::NONE } else { ethertype };

    Header { start: Start::Named { ethertype, offset }, cast }
}

/// Reads PPP at `offset`, behind the two fields of HDLC if they are there. Source: RFC 1661,
/// sections 2 and 6.6.
fn ppp(bytes: &[u8], offset: usize) -> Option<Start> {
    let is_framed = bytes.get(offset..)?.starts_with(&ADDRESS_CONTROL);

    protocol(bytes, if is_framed { offset + ADDRESS_CONTROL.len() } else { offset })
}

/// Reads the protocol of PPP, which may have been left with its second byte, the odd one. Source:
/// RFC 1661, section 6.5; IANA "PPP Numbers".
fn protocol(bytes: &[u8], offset: usize) -> Option<Start> {
    let first = *bytes.get(offset)?;
    let (protocol, offset) = match first & 1 {
        0 => (half(bytes, offset)?, offset + 2),
        _ => (first.into(), offset + 1),
    };
    let ethertype = match protocol {
        0x0021 => ethertype::IPV4,
        0x0057 => ethertype::IPV6,
        0x0281 => ethertype::MPLS,
        0x0283 => ethertype::MPLS_UPSTREAM,
        _ => ethertype::NONE,
    };

    Some(Start::Named { ethertype, offset })
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

/// Makes frames of packets as a device receives them, for the program in the kernel.
#[derive(Debug)]
pub struct Frames {
    tunnels: TunnelPorts,
    frame: Vec<u8>,
    /// How many bytes the packet has in front of its network header more, or fewer, than the frame.
    removed: u16,
    added: u16,
}

impl Frames {
    /// Makes frames for a program that recognises these tunnels.
    pub const fn new(tunnels: TunnelPorts) -> Self {
        Self { tunnels, frame: Vec::new(), removed: 0, added: 0 }
    }

    /// Returns the packet behind an Ethernet header; `None` if its link layer is cut off, or if its
    /// bytes alone do not describe it: the program in the kernel sees only the bytes.
    pub fn frame<'a>(&'a mut self, record: &Record<'a>, parsed: Parsed) -> Option<&'a [u8]> {
        let Record { link, bytes, .. } = *record;
        let frame = if link == Link::Ethernet {
            (self.removed, self.added) = (0, 0);
            bytes
        } else {
            self.lay(header(link, bytes)?, bytes);
            &self.frame
        };
        let live = parse_live(frame, Direction::Receive, self.tunnels);

        (self.described(live) == parsed.meant()).then_some(frame)
    }

    /// Describes the packet, of which the frame was described.
    pub fn described(&self, of_frame: Parsed) -> Parsed {
        let mut parsed = of_frame;
        let Self { removed, added, .. } = *self;
        let moved = |at: u16| at.wrapping_sub(added).wrapping_add(removed);
        let far = |at: u32| at.wrapping_sub(added.into()).wrapping_add(removed.into());
        parsed.length = far(parsed.length);
        if parsed.network_offset != 0 {
            parsed.network_offset = moved(parsed.network_offset);
        }
        if parsed.transport_offset != 0 {
            parsed.transport_offset = moved(parsed.transport_offset);
            parsed.end = far(parsed.end);
        }

        parsed
    }

    fn lay(&mut self, header: Header, bytes: &[u8]) {
        let (ethertype, offset) = match header.start {
            Start::Named { ethertype, offset }
            | Start::NamedIf { is_named: true, ethertype, offset } => (ethertype, offset),
            Start::Ip if bytes.first().is_some_and(|first| first >> 4 == 6) => (ethertype::IPV6, 0),
            Start::Ip | Start::Ethernet | Start::NamedIf { is_named: false, .. } => {
                (ethertype::IPV4, 0)
            }
        };
        let to = match header.cast {
            Some(Cast::Broadcast) => [0xff; 6],
            Some(Cast::Multicast) => [1, 0, 0, 0, 0, 0],
            Some(Cast::Unicast) | None => [0; 6],
        };

        self.frame.clear();
        self.frame.extend(to);
        self.frame.extend([0; 6]);
        self.frame.extend(ethertype.to_be_bytes());
        self.frame.extend(&bytes[offset..]);
        self.removed = u16::try_from(offset).unwrap_or_default();
        self.added = ETHERNET_LENGTH;
    }
}
