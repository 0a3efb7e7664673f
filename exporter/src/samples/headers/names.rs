//! Names of numbers.

/// Source: IANA "IEEE 802 Numbers".
pub(super) fn ethertype(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x8100 => "802.1Q",
        0x88a8 => "802.1ad",
        0x9100 => "QinQ",
        0x86dd => "IPv6",
        0x8847 => "MPLS",
        0x8848 => "MPLS upstream",
        0x8863 => "PPPoE discovery",
        0x8864 => "PPPoE session",
        0x6558 => "Ethernet",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x888e => "802.1X",
        _ => return None,
    })
}

/// Source: IANA "Assigned Internet Protocol Numbers".
pub(super) fn protocol(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "hop-by-hop options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        41 => "IPv6",
        43 => "routing",
        44 => "fragment",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPv6",
        59 => "no next header",
        60 => "destination options",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        132 => "SCTP",
        135 => "mobility",
        136 => "UDP-Lite",
        139 => "HIP",
        140 => "Shim6",
        _ => return None,
    })
}

/// Source: RFC 826; RFC 903.
pub(super) fn arp(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "request",
        2 => "reply",
        3 => "reverse request",
        4 => "reverse reply",
        _ => return None,
    })
}

/// Source: IANA "ICMP Type Numbers".
pub(super) fn icmp(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "echo reply",
        3 => "destination unreachable",
        5 => "redirect",
        8 => "echo request",
        9 => "router advertisement",
        10 => "router solicitation",
        11 => "time exceeded",
        12 => "parameter problem",
        _ => return None,
    })
}

/// Source: IANA "ICMPv6 Type Numbers".
pub(super) fn icmpv6(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        130 => "listener query",
        131 => "listener report",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        137 => "redirect",
        143 => "listener report v2",
        _ => return None,
    })
}

/// Source: IANA "TCP Option Kind Numbers".
pub(super) fn tcp_option(kind: u8) -> &'static str {
    match kind {
        2 => "option: maximum segment size",
        3 => "option: window scale",
        4 => "option: SACK permitted",
        5 => "option: SACK",
        8 => "option: timestamps",
        28 => "option: user timeout",
        29 => "option: authentication",
        30 => "option: multipath",
        34 => "option: fast open",
        _ => "option",
    }
}

/// Source: IANA "IP Option Numbers".
pub(super) fn ipv4_option(kind: u8) -> &'static str {
    match kind {
        7 => "option: record route",
        68 => "option: timestamp",
        131 => "option: loose source route",
        137 => "option: strict source route",
        148 => "option: router alert",
        _ => "option",
    }
}

/// Source: IANA "Destination Options and Hop-by-Hop Options".
pub(super) fn ipv6_option(kind: u8) -> &'static str {
    match kind {
        5 => "option: router alert",
        194 => "option: jumbo payload",
        201 => "option: home address",
        _ => "option",
    }
}

/// Source: IANA "SCTP Chunk Types".
pub(super) fn chunk(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "DATA",
        1 => "INIT",
        2 => "INIT ACK",
        3 => "SACK",
        4 => "HEARTBEAT",
        5 => "HEARTBEAT ACK",
        6 => "ABORT",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN ACK",
        9 => "ERROR",
        10 => "COOKIE ECHO",
        11 => "COOKIE ACK",
        14 => "SHUTDOWN COMPLETE",
        _ => return None,
    })
}
