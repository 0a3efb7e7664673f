//! Ethernet, VLAN tags, ARP, and sizes.

use shared::{Cast, Family, Malformed, Protocol, SIZE_BOUNDS};

use super::Case;
use super::bytes::{
    ARP, Change, IPV4, IPV6, PROVIDER_VLAN, VLAN, arp, ethernet, ipv4, ipv6, tcp, udp, vlan,
};
use super::expect::{link, syn_v4, v4, v6};

const SYN: u8 = 2;
/// LLC with SNAP, up to the EtherType. Source: RFC 1042.
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

pub(super) fn cases() -> Vec<Case> {
    [ethernet_cases(), vlan_cases(), arp_cases(), llc_cases(), sizes()].concat()
}

fn ethernet_cases() -> Vec<Case> {
    let other = || link(Family::Other);
    let cut = || other().malformed(Malformed::EthernetTruncated);
    let syn = || ethernet(IPV4, &ipv4(6, &tcp(SYN, b"")));

    vec![
        Case::new("an empty frame", Vec::new(), cut()),
        Case::new("ethernet cut in the EtherType", ethernet(IPV4, b"").cut(13), cut()),
        Case::new("the longest length of 802.3", ethernet(0x05ff, &[0; 46]), other()),
        Case::new(
            "spanning tree over LLC",
            ethernet(0x0026, &[0x42; 46]).with(0, &[0x01, 0x80, 0xc2, 0, 0, 0]),
            other().cast(Cast::Multicast),
        ),
        Case::new("the lowest EtherType", ethernet(0x0600, &[0; 46]), other()),
        Case::new("the highest EtherType", ethernet(0xffff, &[0; 46]), other()),
        Case::new("an ethernet header alone", ethernet(0x1234, b""), other()),
        Case::new("lldp", ethernet(0x88cc, &[0; 46]), other()),
        Case::new("eapol", ethernet(0x888e, &[0; 46]), other()),
        Case::new("to all stations", syn().with(0, &[0xff; 6]), syn_v4().cast(Cast::Broadcast)),
        Case::new(
            "to all but one bit of all stations",
            syn().with(0, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]),
            syn_v4().cast(Cast::Multicast),
        ),
        Case::new("to a group of stations", syn().with(0, &[1, 0]), syn_v4().cast(Cast::Multicast)),
        Case::new("to a global station", syn().with(0, &[0xfe, 0xff]), syn_v4()),
    ]
}

fn vlan_cases() -> Vec<Case> {
    let other = || link(Family::Other);
    let cut = || other().malformed(Malformed::VlanTruncated);
    let inner = || ipv4(6, &tcp(SYN, b""));
    let tagged = |outer: u16, tag: u16| ethernet(outer, &vlan(tag, IPV4, &inner()));
    let twice = |outer: u16, ethertype: u16, payload: &[u8]| {
        ethernet(outer, &vlan(200, VLAN, &vlan(100, ethertype, payload)))
    };
    let thrice = vlan(1, IPV4, &inner());

    vec![
        Case::new("one tag", tagged(VLAN, 100), syn_v4().vlan(100).at(18, 38)),
        Case::new("a provider tag", tagged(PROVIDER_VLAN, 7), syn_v4().vlan(7).at(18, 38)),
        Case::new(
            "the highest id and priority",
            tagged(VLAN, 0xffff),
            syn_v4().vlan(4095).at(18, 38),
        ),
        Case::new("a priority without an id", tagged(VLAN, 0xe000), syn_v4().vlan(0).at(18, 38)),
        Case::new("two tags", twice(PROVIDER_VLAN, IPV4, &inner()), syn_v4().vlan(200).at(22, 42)),
        Case::new("two customer tags", twice(VLAN, IPV4, &inner()), syn_v4().vlan(200).at(22, 42)),
        Case::new(
            "two tags over ipv6",
            twice(VLAN, IPV6, &ipv6(17, &udp(53, b""))),
            v6(Protocol::Udp).port(53).vlan(200).at(22, 62),
        ),
        Case::new("three tags", twice(PROVIDER_VLAN, VLAN, &thrice), other().vlan(200)),
        Case::new("an old provider tag", tagged(0x9100, 5), syn_v4().vlan(5).at(18, 38)),
        Case::new("an even older provider tag", tagged(0x9200, 5), other()),
        Case::new(
            "a tag over arp",
            ethernet(VLAN, &vlan(9, ARP, &arp())),
            link(Family::Arp).vlan(9).at(18, 0),
        ),
        Case::new(
            "a tag over nothing known",
            ethernet(VLAN, &vlan(9, 0x88cc, b"")),
            other().vlan(9),
        ),
        Case::new("a tag that is not there", ethernet(VLAN, b""), cut()),
        Case::new("a tag cut off", tagged(VLAN, 100).cut(17), cut()),
        Case::new("a second tag cut off", twice(PROVIDER_VLAN, IPV4, b"").cut(21), cut().vlan(200)),
    ]
}

fn arp_cases() -> Vec<Case> {
    let held = || link(Family::Arp).at(14, 0);
    let cut = || held().malformed(Malformed::ArpTruncated);
    let request = || ethernet(ARP, &arp());

    vec![
        Case::new("arp", request(), held()),
        Case::new(
            "arp to all stations",
            request().with(0, &[0xff; 6]),
            held().cast(Cast::Broadcast),
        ),
        Case::new("arp with padding", [request(), vec![0; 18]].concat(), held()),
        Case::new("arp cut in its addresses", request().cut(14 + 27), cut()),
        Case::new("arp cut behind its header", request().cut(14 + 8), cut()),
        Case::new("arp with addresses longer than the frame", request().with(14 + 4, &[7]), cut()),
        Case::new("arp without addresses", request().with(14 + 4, &[0, 0]).cut(14 + 8), held()),
        Case::new(
            "arp cut in its header",
            request().cut(14 + 7),
            link(Family::Other).at(14, 0).malformed(Malformed::ArpTruncated),
        ),
    ]
}

fn llc_cases() -> Vec<Case> {
    const IP: u16 = 8 + 40;
    let other = || link(Family::Other);
    let syn = || ipv4(6, &tcp(SYN, b""));
    let snap =
        |ethertype: u16, payload: &[u8]| [&SNAP, &ethertype.to_be_bytes()[..], payload].concat();
    let llc =
        |length: u16, ethertype: u16, payload: &[u8]| ethernet(length, &snap(ethertype, payload));
    let held = || syn_v4().at(22, 42);
    let address = || v4(Protocol::Tcp).at(22, 42);

    vec![
        Case::new("ipv4 over snap", llc(IP, IPV4, &syn()), held()),
        Case::new(
            "ipv4 over snap with padding",
            [llc(IP, IPV4, &syn()), vec![0; 4]].concat(),
            held(),
        ),
        Case::new(
            "ipv6 over snap",
            llc(8 + 60, IPV6, &ipv6(6, &tcp(SYN, b""))),
            v6(Protocol::Tcp).port(443).flags(SYN).at(22, 62),
        ),
        Case::new("arp over snap", llc(8 + 28, ARP, &arp()), link(Family::Arp).at(22, 0)),
        Case::new(
            "arp over snap longer than that",
            llc(8 + 27, ARP, &arp()),
            link(Family::Arp).at(22, 0).malformed(Malformed::ArpTruncated),
        ),
        Case::new(
            "ipv4 over snap behind a tag",
            ethernet(VLAN, &vlan(100, IP, &snap(IPV4, &syn()))),
            held().vlan(100).at(26, 46),
        ),
        Case::new(
            "ipv4 longer than the snap it is in",
            llc(IP - 20, IPV4, &syn()),
            address().malformed(Malformed::Ipv4TotalLengthLong),
        ),
        Case::new(
            "an ipv4 header longer than the snap it is in",
            llc(IP - 21, IPV4, &syn()),
            other().at(22, 0).malformed(Malformed::Ipv4Truncated),
        ),
        Case::new("ipv4 over snap longer than the frame", llc(1500, IPV4, &syn()), held()),
        Case::new("snap longer than LLC can be", llc(1501, IPV4, &syn()), other()),
        Case::new("snap that does not fit its length", llc(7, IPV4, &syn()), other()),
        Case::new("snap cut off", llc(IP, IPV4, b"").cut(14 + 7), other()),
        Case::new("a tag over snap", llc(IP, VLAN, &syn()), other()),
        Case::new("snap of another organisation", llc(IP, IPV4, &syn()).with(17, &[8]), other()),
    ]
}

/// One frame of each bound, and one that is a byte longer.
fn sizes() -> Vec<Case> {
    let sized = |length: u32| {
        let payload = vec![0; length as usize - 14 - 20 - 8];
        let frame = ethernet(IPV4, &ipv4(17, &udp(9, &payload)));
        Case::new(format!("{length} bytes"), frame, v4(Protocol::Udp).port(9))
    };

    SIZE_BOUNDS.iter().flat_map(|bound| [sized(*bound), sized(bound + 1)]).collect()
}
