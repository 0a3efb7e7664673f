//! IP protocols by name.

use shared::{Protocol, number};

/// Protocols that can be asked for by name, with their numbers.
const PROTOCOLS: [(Protocol, u8); 16] = [
    (Protocol::Tcp, number::TCP),
    (Protocol::Udp, number::UDP),
    (Protocol::UdpLite, number::UDP_LITE),
    (Protocol::Icmp, number::ICMP),
    (Protocol::Icmpv6, number::ICMPV6),
    (Protocol::Igmp, number::IGMP),
    (Protocol::Gre, number::GRE),
    (Protocol::Esp, number::ESP),
    (Protocol::Ah, number::AH),
    (Protocol::Sctp, number::SCTP),
    (Protocol::Dccp, number::DCCP),
    (Protocol::Ospf, number::OSPF),
    (Protocol::Ipip, number::IPV4),
    (Protocol::Ipv6, number::IPV6),
    (Protocol::Vrrp, number::VRRP),
    (Protocol::Pim, number::PIM),
];

/// Returns the number of a protocol that is given by its number or its name.
pub(in crate::api) fn protocol(text: &str) -> Option<u8> {
    let named = PROTOCOLS.into_iter().find(|(protocol, _)| protocol.label() == text);
    let is_number = text.bytes().all(|it| it.is_ascii_digit());

    named.map(|(_, number)| number).or_else(|| text.parse().ok().filter(|_| is_number))
}
