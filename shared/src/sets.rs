//! The closed sets that frames are sorted into.

use crate::closed_set::closed_set;

closed_set! {
    /// What the frame carries, by the deepest header that held.
    pub enum Family {
        Ipv4 = "ipv4",
        Ipv6 = "ipv6",
        Arp = "arp",
        /// MPLS whose payload is not IP.
        Mpls = "mpls",
        Other = "other",
    }
}

closed_set! {
    /// The IP protocol of a frame. Source: IANA "Assigned Internet Protocol Numbers".
    pub enum Protocol {
        Tcp = "tcp",
        Udp = "udp",
        UdpLite = "udplite",
        Icmp = "icmp",
        Icmpv6 = "icmpv6",
        Igmp = "igmp",
        Gre = "gre",
        Esp = "esp",
        Ah = "ah",
        Sctp = "sctp",
        Dccp = "dccp",
        Ospf = "ospf",
        Ipip = "ipip",
        /// IPv6 inside IPv4 or IPv6 (protocol 41).
        Ipv6 = "ipv6",
        Vrrp = "vrrp",
        Pim = "pim",
        Other = "other",
        /// There is no IP header.
        None = "none",
    }
}

closed_set! {
    /// Which of the two IP versions a counter is about.
    pub enum IpFamily {
        Ipv4 = "ipv4",
        Ipv6 = "ipv6",
    }
}

closed_set! {
    /// Destination types of MAC addresses. Source: IEEE 802-2014, section 8.4.
    pub enum Cast {
        Unicast = "unicast",
        Multicast = "multicast",
        Broadcast = "broadcast",
    }
}

closed_set! {
    /// Where a fragment lies in its datagram.
    pub enum FragmentPosition {
        First = "first",
        Middle = "middle",
        Last = "last",
    }
}

closed_set! {
    /// The outermost encapsulation of a frame.
    pub enum Encapsulation {
        Vxlan = "vxlan",
        Geneve = "geneve",
        Gre = "gre",
        /// IPv4 or IPv6 directly inside IP (protocols 4 and 41).
        Ipip = "ipip",
        Gtpu = "gtpu",
        Mpls = "mpls",
        Pppoe = "pppoe",
    }
}

closed_set! {
    /// The first check that a frame failed.
    pub enum Malformed {
        EthernetTruncated = "ethernet_truncated",
        VlanTruncated = "vlan_truncated",
        MplsTruncated = "mpls_truncated",
        /// More labels than the parser follows (8).
        MplsTooDeep = "mpls_too_deep",
        PppoeTruncated = "pppoe_truncated",
        /// Version or type is not 1, or the length exceeds the frame.
        PppoeInvalid = "pppoe_invalid",
        ArpTruncated = "arp_truncated",
        Ipv4Truncated = "ipv4_truncated",
        Ipv4Version = "ipv4_version",
        Ipv4HeaderLength = "ipv4_header_length",
        Ipv4OptionsTruncated = "ipv4_options_truncated",
        /// The total length is shorter than the header.
        Ipv4TotalLengthShort = "ipv4_total_length_short",
        /// The total length is longer than the frame.
        Ipv4TotalLengthLong = "ipv4_total_length_long",
        Ipv6Truncated = "ipv6_truncated",
        Ipv6Version = "ipv6_version",
        /// The payload length is longer than the frame.
        Ipv6PayloadLengthLong = "ipv6_payload_length_long",
        Ipv6ExtensionTruncated = "ipv6_extension_truncated",
        /// More extension headers than the parser follows (8).
        Ipv6TooManyExtensions = "ipv6_too_many_extensions",
        TcpTruncated = "tcp_truncated",
        TcpDataOffset = "tcp_data_offset",
        UdpTruncated = "udp_truncated",
        /// The length is shorter than the header or longer than the packet.
        UdpLength = "udp_length",
        UdpLiteTruncated = "udplite_truncated",
        /// The checksum coverage is 1 to 7 or longer than the packet.
        UdpLiteCoverage = "udplite_coverage",
        SctpTruncated = "sctp_truncated",
        DccpTruncated = "dccp_truncated",
        DccpDataOffset = "dccp_data_offset",
        IcmpTruncated = "icmp_truncated",
        Icmpv6Truncated = "icmpv6_truncated",
    }
}

closed_set! {
    /// Which way a frame goes, seen from the host.
    pub enum Direction {
        Receive = "receive",
        Transmit = "transmit",
    }
}

/// Protocol numbers. Source: IANA "Assigned Internet Protocol Numbers".
pub mod number {
    pub const ICMP: u8 = 1;
    pub const IGMP: u8 = 2;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const DCCP: u8 = 33;
    pub const IPV6: u8 = 41;
    pub const GRE: u8 = 47;
    pub const ESP: u8 = 50;
    pub const AH: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const OSPF: u8 = 89;
    pub const PIM: u8 = 103;
    pub const VRRP: u8 = 112;
    pub const SCTP: u8 = 132;
    pub const UDP_LITE: u8 = 136;
}

/// Packs a family and a protocol into the index of their counter.
pub const fn cell(family: Family, protocol: Protocol) -> u8 {
    (family as u8) << 5 | protocol as u8
}

impl Protocol {
    /// Returns the protocol that an IP header names.
    #[inline(always)]
    pub const fn from_number(number: u8) -> Self {
        match number {
            number::TCP => Self::Tcp,
            number::UDP => Self::Udp,
            number::UDP_LITE => Self::UdpLite,
            number::ICMP => Self::Icmp,
            number::ICMPV6 => Self::Icmpv6,
            number::IGMP => Self::Igmp,
            number::GRE => Self::Gre,
            number::ESP => Self::Esp,
            number::AH => Self::Ah,
            number::SCTP => Self::Sctp,
            number::DCCP => Self::Dccp,
            number::OSPF => Self::Ospf,
            number::IPV4 => Self::Ipip,
            number::IPV6 => Self::Ipv6,
            number::VRRP => Self::Vrrp,
            number::PIM => Self::Pim,
            _ => Self::Other,
        }
    }
}
