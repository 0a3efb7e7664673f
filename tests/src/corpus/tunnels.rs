//! MPLS, PPPoE, and tunnels over IP and UDP.

use shared::{Encapsulation, Family, FragmentPosition, Malformed, Protocol};

use super::Case;
use super::bytes::{
    Change, IPV4, IPV6, MPLS, PPPOE, VLAN, ethernet, extension, ipv4, ipv4_fragment, ipv4_options,
    ipv6, mpls, pppoe, tcp, udp, vlan,
};
use super::expect::{link, syn_v4, syn_v6, v4, v6};
use crate::outcome::Outcome;

const SYN: u8 = 2;
const REPLY_PORT: u16 = 50_000;
/// Protocols of PPP. Source: IANA "PPP Numbers".
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;

pub(super) fn cases() -> Vec<Case> {
    [mpls_cases(), pppoe_cases(), over_ip(), over_udp()].concat()
}

fn syn_over_v4() -> Vec<u8> {
    ipv4(6, &tcp(SYN, b""))
}

fn syn_over_v6() -> Vec<u8> {
    ipv6(6, &tcp(SYN, b""))
}

fn mpls_cases() -> Vec<Case> {
    let labels = |labels: usize, payload: &[u8]| ethernet(MPLS, &mpls(labels, payload));
    let opaque = || link(Family::Mpls).inside(Encapsulation::Mpls);
    let ip = || syn_v4().inside(Encapsulation::Mpls);
    let fails = |reason| opaque().malformed(reason);

    vec![
        Case::new("mpls over ipv4", labels(1, &syn_over_v4()), ip().at(18, 38)),
        Case::new(
            "mpls over ipv6",
            labels(2, &syn_over_v6()),
            syn_v6().inside(Encapsulation::Mpls).at(22, 62),
        ),
        Case::new("upstream mpls", ethernet(0x8848, &mpls(1, &syn_over_v4())), ip().at(18, 38)),
        Case::new("eight labels", labels(8, &syn_over_v4()), ip().at(46, 66)),
        Case::new("nine labels", labels(9, &syn_over_v4()), fails(Malformed::MplsTooDeep)),
        Case::new(
            "the ninth label is not there",
            labels(9, b"").cut(14 + 32),
            fails(Malformed::MplsTooDeep),
        ),
        Case::new("a label that is not there", labels(0, b""), fails(Malformed::MplsTruncated)),
        Case::new("a label cut off", labels(1, b"").cut(17), fails(Malformed::MplsTruncated)),
        Case::new(
            "the second label is not there",
            labels(2, b"").cut(18),
            fails(Malformed::MplsTruncated),
        ),
        Case::new("nothing behind the last label", labels(1, b""), opaque()),
        Case::new("a pseudowire", labels(1, &[0; 46]), opaque()),
        Case::new(
            "mpls over ipv4 cut off",
            labels(1, &syn_over_v4()[..19]),
            fails(Malformed::Ipv4Truncated).at(18, 0),
        ),
        Case::new(
            "mpls over ipv4 with a short header",
            labels(1, &syn_over_v4().with(0, &[0x41])),
            fails(Malformed::Ipv4HeaderLength).at(18, 0),
        ),
        Case::new(
            "mpls over ipv6 cut off",
            labels(1, &syn_over_v6()[..39]),
            fails(Malformed::Ipv6Truncated).at(18, 0),
        ),
        Case::new(
            "mpls behind a tag",
            ethernet(VLAN, &vlan(5, MPLS, &mpls(1, &syn_over_v4()))),
            ip().vlan(5).at(22, 42),
        ),
        Case::new(
            "mpls over gre",
            labels(1, &ipv4(47, &[0; 8])),
            v4(Protocol::Gre).inside(Encapsulation::Mpls).at(18, 38),
        ),
    ]
}

fn pppoe_cases() -> Vec<Case> {
    let session = |protocol: u16, payload: &[u8]| ethernet(PPPOE, &pppoe(protocol, payload));
    let data = || session(PPP_IPV4, &syn_over_v4());
    let other = || link(Family::Other);
    let held = || other().inside(Encapsulation::Pppoe);
    let ip = || syn_v4().inside(Encapsulation::Pppoe).at(22, 42);
    let invalid = || other().malformed(Malformed::PppoeInvalid);
    let cut = || other().malformed(Malformed::PppoeTruncated);
    let claims = |bytes: u8| data().with(14 + 4, &[0, bytes]);
    let compressed = || session(0x2145, &syn_over_v4()[1..]);

    vec![
        Case::new("pppoe over ipv4", data(), ip()),
        Case::new(
            "pppoe over ipv6",
            session(PPP_IPV6, &syn_over_v6()),
            syn_v6().inside(Encapsulation::Pppoe).at(22, 62),
        ),
        Case::new("pppoe with padding", [data(), vec![0; 6]].concat(), ip()),
        Case::new("pppoe with a keepalive", session(0xc021, &[9, 1, 0, 8, 0, 0, 0, 0]), held()),
        Case::new("pppoe with a compressed protocol", compressed(), ip().at(21, 41)),
        Case::new(
            "pppoe over ipv6 with a compressed protocol",
            session(0x5760, &syn_over_v6()[1..]),
            syn_v6().inside(Encapsulation::Pppoe).at(21, 61),
        ),
        Case::new(
            "pppoe shorter than a compressed protocol",
            compressed().with(18, &[0, 0]),
            invalid(),
        ),
        Case::new(
            "pppoe of its compressed protocol alone",
            compressed().with(18, &[0, 1]),
            held().malformed(Malformed::Ipv4Truncated).at(21, 0),
        ),
        Case::new("pppoe that ends a session", data().with(14 + 1, &[0xa7]), held()),
        Case::new("pppoe discovery", ethernet(0x8863, &[0x11, 9, 0, 0, 0, 0]), other()),
        Case::new("pppoe that is not there", data().cut(14), cut()),
        Case::new("pppoe cut off", data().cut(14 + 7), cut()),
        Case::new("pppoe of version 2", data().with(14, &[0x21]), invalid()),
        Case::new("pppoe of type 2", data().with(14, &[0x12]), invalid()),
        Case::new("pppoe longer than the frame", claims(43), invalid()),
        Case::new("pppoe shorter than its protocol", claims(1), invalid()),
        Case::new(
            "pppoe of its protocol alone",
            claims(2),
            held().malformed(Malformed::Ipv4Truncated).at(22, 0),
        ),
        Case::new(
            "pppoe shorter than the ipv4 header in it",
            claims(21),
            held().malformed(Malformed::Ipv4Truncated).at(22, 0),
        ),
        Case::new("pppoe shorter than the packet in it", claims(22), {
            let without_ports = v4(Protocol::Tcp).inside(Encapsulation::Pppoe).at(22, 42);
            without_ports.malformed(Malformed::Ipv4TotalLengthLong)
        }),
        Case::new("pppoe shorter than the flags in it", claims(35), {
            let without_flags = v4(Protocol::Tcp).port(443).inside(Encapsulation::Pppoe).at(22, 42);
            without_flags.malformed(Malformed::Ipv4TotalLengthLong)
        }),
        Case::new(
            "pppoe shorter than the options in it",
            session(PPP_IPV4, &ipv4_options(6, 6, &tcp(SYN, b""))).with(18, &[0, 2 + 23]),
            held().malformed(Malformed::Ipv4OptionsTruncated).at(22, 0),
        ),
        Case::new(
            "pppoe shorter than the ipv6 extension in it",
            session(PPP_IPV6, &ipv6(0, &extension(6, 0, &tcp(SYN, b"")))).with(18, &[0, 2 + 47]),
            v6(Protocol::Other)
                .inside(Encapsulation::Pppoe)
                .at(22, 0)
                .malformed(Malformed::Ipv6PayloadLengthLong),
        ),
        Case::new(
            "pppoe over ipv4 cut off",
            session(PPP_IPV4, &syn_over_v4()[..19]),
            held().malformed(Malformed::Ipv4Truncated).at(22, 0),
        ),
        Case::new(
            "pppoe over ipv4 of version 6",
            session(PPP_IPV4, &syn_over_v6()),
            held().malformed(Malformed::Ipv4Version).at(22, 0),
        ),
        Case::new(
            "pppoe behind a tag",
            ethernet(VLAN, &vlan(7, PPPOE, &pppoe(PPP_IPV4, &syn_over_v4()))),
            ip().vlan(7).at(26, 46),
        ),
    ]
}

fn over_ip() -> Vec<Case> {
    let over_v4 = |number: u8, payload: &[u8]| ethernet(IPV4, &ipv4(number, payload));
    let over_v6 = |number: u8, payload: &[u8]| ethernet(IPV6, &ipv6(number, payload));
    let [gre, ipip] = [Encapsulation::Gre, Encapsulation::Ipip];

    vec![
        Case::new("gre over ipv4", over_v4(47, &[0; 8]), v4(Protocol::Gre).inside(gre)),
        Case::new("gre over ipv6", over_v6(47, &[0; 8]), v6(Protocol::Gre).inside(gre)),
        Case::new("gre that is not there", over_v4(47, b""), v4(Protocol::Gre).inside(gre)),
        Case::new("ipv4 over ipv4", over_v4(4, &syn_over_v4()), v4(Protocol::Ipip).inside(ipip)),
        Case::new("ipv6 over ipv4", over_v4(41, &syn_over_v6()), v4(Protocol::Ipv6).inside(ipip)),
        Case::new("ipv4 over ipv6", over_v6(4, &syn_over_v4()), v6(Protocol::Ipip).inside(ipip)),
        Case::new("ipv6 over ipv6", over_v6(41, &syn_over_v6()), v6(Protocol::Ipv6).inside(ipip)),
    ]
}

fn over_udp() -> Vec<Case> {
    let over_v4 = |port: u16, payload: &[u8]| ethernet(IPV4, &ipv4(17, &udp(port, payload)));
    let over_v6 = |port: u16, payload: &[u8]| ethernet(IPV6, &ipv6(17, &udp(port, payload)));
    let vxlan = [0x08, 0, 0, 0, 0, 0, 1, 0];
    let geneve = [0, 0, 0x65, 0x58, 0, 0, 1, 0];
    let gtpu = [0x30, 0xff, 0, 0, 0, 0, 0, 1];
    let to = |port: u16| v4(Protocol::Udp).port(port);
    let reply = udp(REPLY_PORT, &vxlan).with(0, &4789_u16.to_be_bytes());
    let last = ipv4_fragment(1, false, 17, &udp(4789, &vxlan));

    vec![
        Case::new("vxlan", over_v4(4789, &vxlan), to(4789).inside(Encapsulation::Vxlan)),
        Case::new(
            "vxlan over ipv6",
            over_v6(4789, &vxlan),
            v6(Protocol::Udp).port(4789).inside(Encapsulation::Vxlan),
        ),
        Case::new(
            "vxlan on the port of linux",
            over_v4(8472, &vxlan),
            to(8472).inside(Encapsulation::Vxlan),
        ),
        Case::new("vxlan on port 0", over_v4(0, &vxlan), to(0)),
        Case::new("vxlan without its flag", over_v4(4789, &[0xf7; 8]), to(4789)),
        Case::new("vxlan cut off", over_v4(4789, &vxlan[..7]), to(4789)),
        Case::new(
            "vxlan in the padding",
            [over_v4(4789, &vxlan[..7]), vec![0; 8]].concat(),
            to(4789),
        ),
        Case::new(
            "vxlan in a datagram that is too long",
            over_v4(4789, &vxlan).with(14 + 20 + 4, &[0, 17]),
            {
                let vxlan = to(4789).inside(Encapsulation::Vxlan);
                vxlan.malformed(Malformed::UdpLength)
            },
        ),
        Case::new("from the port of vxlan", ethernet(IPV4, &ipv4(17, &reply)), {
            let ports = Some((4789, REPLY_PORT));
            Outcome { ports, ..v4(Protocol::Udp) }
        }),
        Case::new(
            "last ipv4 fragment that looks like vxlan",
            ethernet(IPV4, &last),
            v4(Protocol::Udp).fragment(FragmentPosition::Last).at(14, 0),
        ),
        Case::new("geneve", over_v4(6081, &geneve), to(6081).inside(Encapsulation::Geneve)),
        Case::new(
            "geneve with options",
            over_v4(6081, &[0x3f, 0, 0, 0, 0, 0, 0, 0]),
            to(6081).inside(Encapsulation::Geneve),
        ),
        Case::new("geneve of version 1", over_v4(6081, &[0x40, 0, 0, 0, 0, 0, 0, 0]), to(6081)),
        Case::new("geneve cut off", over_v4(6081, &geneve[..7]), to(6081)),
        Case::new("gtpu", over_v4(2152, &gtpu), to(2152).inside(Encapsulation::Gtpu)),
        Case::new(
            "gtpu with all options",
            over_v4(2152, &[0x3f, 0xff, 0, 0, 0, 0, 0, 0]),
            to(2152).inside(Encapsulation::Gtpu),
        ),
        Case::new("a gtpu echo", over_v4(2152, &[0x32, 1, 0, 4, 0, 0, 0, 0]), to(2152)),
        Case::new("the end of a gtpu tunnel", over_v4(2152, &gtpu.map(|it| it & 0xfe)), to(2152)),
        Case::new("gtp prime", over_v4(2152, &[0x20, 0xff, 0, 0, 0, 0, 0, 0]), to(2152)),
        Case::new("gtpu of version 2", over_v4(2152, &[0x50, 0xff, 0, 0, 0, 0, 0, 0]), to(2152)),
        Case::new("gtpu cut off", over_v4(2152, &gtpu[..7]), to(2152)),
    ]
}
