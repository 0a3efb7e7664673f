//! Where the frames of an interface begin, by its kind.

use rtnetlink::packet_route::link::LinkLayerType;

/// Where the frames begin that a program on an interface's hooks for traffic sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameStart {
    /// With an Ethernet header.
    Ethernet,
    /// With the network header.
    Network,
    /// With the network header where they are sent. Received ones still have before it the link-layer
    /// header of the sealed frame that they came in. Source: `xfrm_input` in net/xfrm/xfrm_input.c,
    /// which rebuilds that header.
    Unsealed,
    /// With a link-layer header that is none of Ethernet.
    Foreign,
    /// No hook of the interface sees a frame: those of a VRF pass on the interfaces below it.
    Nowhere,
}

impl FrameStart {
    /// Finds it for a kind of interface, and by the type of its link layer for the kinds that have
    /// several. A tunnel may have any type of link layer, because `TUNSETLINK` sets it.
    pub(super) fn of(kind: &str, layer: LinkLayerType) -> Self {
        match kind {
            "vrf" => Self::Nowhere,
            "xfrm" | "vti" | "vti6" => Self::Unsealed,
            "tun" | "wireguard" | "ipip" | "ip6tnl" | "sit" | "gre" | "ip6gre" | "ppp" => {
                Self::Network
            }
            "tap" => Self::Ethernet,
            _ => Self::of_layer(layer),
        }
    }

    fn of_layer(layer: LinkLayerType) -> Self {
        const ETHERNET: [LinkLayerType; 2] = [LinkLayerType::Ether, LinkLayerType::Loopback];
        /// Without a header, or one that is not there yet on the hooks for traffic.
        const NETWORK: [LinkLayerType; 8] = [
            LinkLayerType::None,
            LinkLayerType::Rawip,
            LinkLayerType::Ppp,
            LinkLayerType::Tunnel,
            LinkLayerType::Tunnel6,
            LinkLayerType::Sit,
            LinkLayerType::Ipgre,
            LinkLayerType::Ip6gre,
        ];

        if ETHERNET.contains(&layer) {
            Self::Ethernet
        } else if NETWORK.contains(&layer) {
            Self::Network
        } else {
            Self::Foreign
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_decides_and_else_the_link_layer() {
        let cases = [
            ("", LinkLayerType::Ether, FrameStart::Ethernet),
            ("", LinkLayerType::Loopback, FrameStart::Ethernet),
            ("", LinkLayerType::Infiniband, FrameStart::Foreign),
            ("wwan", LinkLayerType::Rawip, FrameStart::Network),
            ("can", LinkLayerType::Can, FrameStart::Foreign),
            ("tun", LinkLayerType::None, FrameStart::Network),
            ("tun", LinkLayerType::Ether, FrameStart::Network),
            ("tap", LinkLayerType::Ether, FrameStart::Ethernet),
            ("wireguard", LinkLayerType::None, FrameStart::Network),
            ("xfrm", LinkLayerType::None, FrameStart::Unsealed),
            ("gre", LinkLayerType::Ipgre, FrameStart::Network),
            ("gretap", LinkLayerType::Ether, FrameStart::Ethernet),
            ("vxlan", LinkLayerType::Ether, FrameStart::Ethernet),
            // The generic protocol extension of VXLAN carries packets.
            ("vxlan", LinkLayerType::None, FrameStart::Network),
            ("bond", LinkLayerType::Infiniband, FrameStart::Foreign),
            ("netkit", LinkLayerType::Ether, FrameStart::Ethernet),
            ("vrf", LinkLayerType::Ether, FrameStart::Nowhere),
        ];

        for (kind, layer, start) in cases {
            assert_eq!(FrameStart::of(kind, layer), start, "{kind} {layer:?}");
        }
    }
}
