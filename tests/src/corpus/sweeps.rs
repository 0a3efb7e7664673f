//! Frames of every length up to the end of their headers, and of every number in a field.

use super::Case;
use super::bytes::{
    ARP, Change, IPV4, IPV6, MPLS, PPPOE, PROVIDER_VLAN, VLAN, arp, authentication, dccp, ethernet,
    extension, icmp, ipv4, ipv4_fragment, ipv4_options, ipv6, ipv6_fragment, mpls, pppoe, sctp,
    tcp, udp, udplite, vlan,
};

const SYN: u8 = 2;

/// A frame, and where its IP packet begins; the frame's length without one.
struct Shape {
    name: &'static str,
    frame: Vec<u8>,
    packet: usize,
}

pub(super) fn cases() -> Vec<Case> {
    let lengths = shapes().into_iter().flat_map(|shape| lengths(&shape));

    lengths.chain(numbers()).collect()
}

fn shapes() -> Vec<Shape> {
    let v4 = |name, packet: Vec<u8>| Shape { name, frame: ethernet(IPV4, &packet), packet: 14 };
    let v6 = |name, packet: Vec<u8>| Shape { name, frame: ethernet(IPV6, &packet), packet: 14 };
    let segment = tcp(SYN, b"1234").with(12, &[6 << 4]);
    let query = udp(53, b"query");
    let chain = extension(51, 0, &authentication(17, &query));
    let chain = extension(60, 0, &ipv6_fragment(0, true, 43, &chain));
    let tagged = vlan(2, VLAN, &vlan(1, IPV4, &ipv4(17, &query)));
    let stack = mpls(3, &ipv6(6, &segment));
    let session = pppoe(0x0021, &ipv4(6, &segment));
    let tunnel = udp(4789, &[8, 0, 0, 0, 0, 0, 1, 0]);
    let request = ethernet(ARP, &arp());

    vec![
        v4("tcp over ipv4 with options", ipv4_options(2, 6, &segment)),
        v4("first fragment of udp over ipv4", ipv4_fragment(0, true, 17, &query)),
        v4("last fragment of udp over ipv4", ipv4_fragment(3, false, 17, &query)),
        v4("udplite over ipv4", ipv4(136, &udplite(13, b"query"))),
        v4("sctp over ipv4", ipv4(132, &sctp())),
        v4("dccp over ipv4", ipv4(33, &dccp(4, true))),
        v4("icmp over ipv4", ipv4(1, &icmp(8))),
        v4("vxlan over ipv4", ipv4(17, &tunnel)),
        v6("udp over ipv6", ipv6(17, &query)),
        v6("icmpv6 over ipv6", ipv6(58, &icmp(128))),
        v6("extension headers of ipv6", ipv6(0, &chain)),
        Shape { name: "arp", packet: request.len(), frame: request },
        Shape { name: "two tags", frame: ethernet(PROVIDER_VLAN, &tagged), packet: 22 },
        Shape { name: "mpls", frame: ethernet(MPLS, &stack), packet: 26 },
        Shape { name: "pppoe", frame: ethernet(PPPOE, &session), packet: 22 },
    ]
}

/// The frame cut at each length; the same with lengths of IP that fit what is left;
/// and whole frames whose IP header says that the packet ends there.
fn lengths(Shape { name, frame, packet }: &Shape) -> Vec<Case> {
    let cut = (0..=frame.len()).map(|length| {
        Case::by_oracle(format!("{length} bytes of {name}"), frame.clone().cut(length))
    });
    let ends = || (packet + 6..=frame.len()).map(|end| (end, ending(frame, *packet, end)));
    let fits = ends().map(|(end, frame)| {
        Case::by_oracle(format!("{name} that fits into {end} bytes"), frame.cut(end))
    });
    let padded = ends()
        .map(|(end, frame)| Case::by_oracle(format!("{name} with padding from {end} on"), frame));

    cut.chain(fits).chain(padded).collect()
}

/// The frame with an IP header that says that the packet ends at `end`.
fn ending(frame: &[u8], packet: usize, end: usize) -> Vec<u8> {
    let left = end - packet;
    let (at, length) = match frame[packet] >> 4 {
        4 => (2, left),
        _ => (4, left.saturating_sub(40)),
    };
    let length = u16::try_from(length).expect("a frame of less than 64 KiB");

    frame.to_vec().with(packet + at, &length.to_be_bytes())
}

/// Every protocol, next header, type, and first byte of an IP header.
fn numbers() -> impl Iterator<Item = Case> {
    let of = |number: u8| {
        let first = ethernet(IPV4, &ipv4(6, &tcp(SYN, b"")).with(0, &[number]));
        let first_v6 = ethernet(IPV6, &ipv6(6, &tcp(SYN, b"")).with(0, &[number]));
        let behind = ethernet(IPV6, &ipv6(44, &ipv6_fragment(9, true, number, &[0; 32])));
        let frames = [
            ("protocol", ethernet(IPV4, &ipv4(number, &[0; 40]))),
            ("next header", ethernet(IPV6, &ipv6(number, &[0; 40]))),
            ("next header of a later fragment", behind),
            ("icmp type", ethernet(IPV4, &ipv4(1, &icmp(number)))),
            ("icmpv6 type", ethernet(IPV6, &ipv6(58, &icmp(number)))),
            ("first byte of ipv4", first),
            ("first byte of ipv6", first_v6),
            ("data offset", ethernet(IPV4, &ipv4(6, &tcp(SYN, &[0; 32]).with(12, &[number])))),
        ];
        frames.map(|(name, frame)| Case::by_oracle(format!("{name} {number}"), frame))
    };

    (0..=255).flat_map(of)
}
