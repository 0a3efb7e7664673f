//! Words for what is expected of a frame.

use std::net::IpAddr;

use shared::{Cast, Encapsulation, Family, FragmentPosition, Malformed, Protocol};

use super::bytes::{SOURCE, SOURCE_PORT, SOURCE_V6};
use crate::outcome::Outcome;

/// A frame without IP.
pub(super) fn link(family: Family) -> Outcome {
    Outcome {
        family,
        protocol: Protocol::None,
        length: 0,
        address: None,
        ports: None,
        tcp_flags: None,
        icmp_type: None,
        malformed: None,
        fragment: None,
        encapsulation: None,
        cast: Cast::Unicast,
        vlan: None,
        network_offset: 0,
        transport_offset: 0,
    }
}

/// IPv4 directly behind Ethernet, without options.
pub(super) fn v4(protocol: Protocol) -> Outcome {
    Outcome { protocol, address: Some(SOURCE.into()), ..link(Family::Ipv4) }.at(14, 34)
}

/// IPv6 directly behind Ethernet, without extension headers.
pub(super) fn v6(protocol: Protocol) -> Outcome {
    Outcome { protocol, address: Some(SOURCE_V6.into()), ..link(Family::Ipv6) }.at(14, 54)
}

/// TCP over IPv4 with the SYN flag, as [`super::bytes::tcp`] builds it.
pub(super) fn syn_v4() -> Outcome {
    v4(Protocol::Tcp).port(443).flags(2)
}

/// TCP over IPv6 with the SYN flag, as [`super::bytes::tcp`] builds it.
pub(super) fn syn_v6() -> Outcome {
    v6(Protocol::Tcp).port(443).flags(2)
}

impl Outcome {
    /// Where network and transport header begin; 0 without one.
    pub(super) fn at(self, network_offset: u16, transport_offset: u16) -> Self {
        Self { network_offset, transport_offset, ..self }
    }

    pub(super) fn address(self, address: impl Into<IpAddr>) -> Self {
        Self { address: Some(address.into()), ..self }
    }

    /// From [`SOURCE_PORT`] to `port`.
    pub(super) fn port(self, port: u16) -> Self {
        Self { ports: Some((SOURCE_PORT, port)), ..self }
    }

    pub(super) fn flags(self, flags: u8) -> Self {
        Self { tcp_flags: Some(flags), ..self }
    }

    pub(super) fn icmp(self, number: u8) -> Self {
        Self { icmp_type: Some(number), ..self }
    }

    pub(super) fn malformed(self, reason: Malformed) -> Self {
        Self { malformed: Some(reason), ..self }
    }

    pub(super) fn fragment(self, position: FragmentPosition) -> Self {
        Self { fragment: Some(position), ..self }
    }

    pub(super) fn inside(self, encapsulation: Encapsulation) -> Self {
        Self { encapsulation: Some(encapsulation), ..self }
    }

    pub(super) fn cast(self, cast: Cast) -> Self {
        Self { cast, ..self }
    }

    pub(super) fn vlan(self, id: u16) -> Self {
        Self { vlan: Some(id), ..self }
    }
}
