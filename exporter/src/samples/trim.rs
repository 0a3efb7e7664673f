//! What of a packet is headers.

use shared::{Family, Parsed, Protocol, Rare};

use super::Sample;
use crate::record::Link;

/// Source: IEEE 802.3-2022, section 3.1.1; IEEE 802.1Q-2022, section 9.3.
const ETHERNET: usize = 14;
const TAG: usize = 4;
/// Source: RFC 826, for Ethernet and IPv4.
const ARP: usize = 28;
/// Source: RFC 8200, section 3.
const IPV6: usize = 40;

impl Sample {
    /// Cuts off what lies behind the headers, down to the first transport header. What a tunnel carries or an
    /// ICMP message quotes lies behind.
    #[must_use]
    pub fn without_payload(self) -> Self {
        let headers = headers_end(self.link, &self.parsed, &self.bytes);
        if headers >= self.bytes.len() {
            return self;
        }

        Self { bytes: self.bytes[..headers].into(), ..self }
    }
}

/// Returns where the headers end, which may be behind the bytes that there are.
fn headers_end(link: Link, parsed: &Parsed, bytes: &[u8]) -> usize {
    let [network, transport] = [parsed.network_offset, parsed.transport_offset].map(usize::from);
    let byte = |offset: usize| usize::from(bytes.get(offset).copied().unwrap_or_default());
    if transport != 0 {
        return transport + transport_length(parsed.cell & 31, |offset| byte(transport + offset));
    }
    if network == 0 && link == Link::Ethernet {
        let tag = if parsed.rare & Rare::VLAN == 0 { 0 } else { TAG };
        return ETHERNET + tag;
    }

    network
        + match parsed.version {
            // Source: RFC 791, section 3.1.
            4 => (byte(network) & 0xf) * 4,
            6 => IPV6,
            _ if parsed.cell >> 5 == Family::Arp as u8 => ARP,
            _ => 0,
        }
}

/// Returns the length of a transport header, of which `byte` reads a byte.
fn transport_length(protocol: u8, byte: impl Fn(usize) -> usize) -> usize {
    /// UDP and ICMP, and as much of others. Source: RFC 768; RFC 792.
    const USUAL: usize = 8;
    /// Source: RFC 9260, section 3.1.
    const SCTP: usize = 12;

    match protocol {
        // Source: RFC 9293, section 3.1.
        _ if protocol == Protocol::Tcp as u8 => (byte(12) >> 4) * 4,
        // Source: RFC 4340, section 5.1.
        _ if protocol == Protocol::Dccp as u8 => byte(4) * 4,
        _ if protocol == Protocol::Sctp as u8 => SCTP,
        _ => USUAL,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use shared::Direction;

    use super::*;

    const SECRET: &[u8] = b"what people send to each other";

    fn left_of(packet: &[u8], link: Link) -> usize {
        let parsed = if link == Link::Ethernet {
            exporter_ebpf::parse_bytes(packet, Direction::Receive)
        } else {
            Parsed { version: 4, ..Parsed::default() }
        };
        let sample = Sample {
            at: SystemTime::UNIX_EPOCH,
            device: "eth0".into(),
            direction: Direction::Receive,
            link,
            length: u32::try_from(packet.len()).unwrap(),
            parsed,
            bytes: packet.into(),
        };

        sample.without_payload().bytes.len()
    }

    fn ethernet(ethertype: u16) -> Vec<u8> {
        [&[2; 12][..], &ethertype.to_be_bytes()].concat()
    }

    fn ipv4(protocol: u8, length: usize, fragment: u8) -> Vec<u8> {
        let [high, low] = u16::try_from(20 + length).unwrap().to_be_bytes();
        let head = [0x45, 0, high, low, 0, 0, 0, fragment, 64, protocol, 0, 0];

        [&head[..], &[10; 8]].concat()
    }

    #[test]
    fn nothing_is_left_of_what_people_send_to_each_other() {
        let length = SECRET.len();
        let tcp = [&[0; 12][..], &[0x60, 0x18], &[0; 10]].concat();
        let udp = [&[0, 7, 0, 9, 0, u8::try_from(8 + length).unwrap()][..], &[0; 2]].concat();
        let icmp = [8, 0, 0, 0, 0, 0, 0, 0];
        let headers = [
            [ethernet(0x0800), ipv4(6, 24 + length, 0), tcp].concat(),
            [ethernet(0x0800), ipv4(17, 8 + length, 0), udp.clone()].concat(),
            [ethernet(0x0800), ipv4(1, 8 + length, 0), icmp.into()].concat(),
            [ethernet(0x0800), ipv4(17, length, 5)].concat(),
            [ethernet(0x8100), vec![0, 7, 0x08, 0], ipv4(17, 8 + length, 0), udp].concat(),
            ethernet(0x9999),
        ];

        for headers in headers {
            let whole = [&headers[..], SECRET].concat();
            assert_eq!(left_of(&whole, Link::Ethernet), headers.len(), "{headers:02x?}");
            assert_eq!(left_of(&headers, Link::Ethernet), headers.len(), "{headers:02x?}");
        }
        let bare = [&ipv4(17, length, 5)[..], SECRET].concat();
        assert_eq!(left_of(&bare, Link::Ip), 20);
    }
}
