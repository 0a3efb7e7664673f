//! Which frames cost a call of the kernel: none of the usual ones.

use std::cell::Cell;

use exporter::datapath::{Datapath, Inspector, Options};
use exporter::interval::Keyed;
use exporter_ebpf::parse_first_buffer;
use shared::{Count, Direction};
use tests::corpus::bytes::{
    ARP, Change, IPV4, IPV6, PROVIDER_VLAN, VLAN, arp, authentication, ethernet, extension, icmp,
    ipv4, ipv4_fragment, ipv4_options, ipv6, ipv6_fragment, tcp, udp, vlan,
};
use tests::load::frame;

const ACK: u8 = 0x10;
/// The longest frame with the usual MTU, two tags and some slack.
const USUAL: usize = 1536;

#[test]
fn usual_frames_never_ask_for_their_length() {
    let mut frames = 0;

    for (name, ethertype, packet) in packets() {
        for (tags, frame) in tagged(ethertype, &packet) {
            let padded = [&frame[..], &[0; 60]].concat();
            for frame in [frame, padded] {
                assert!(frame.len() <= USUAL, "{name} has {} bytes", frame.len());
                assert_eq!(asked(&frame), 0, "{name} behind {tags} tags, {} bytes", frame.len());
                frames += 1;
            }
        }
    }

    println!("{frames} frames");
}

#[test]
fn frames_that_may_have_more_buffers_ask_for_their_length() {
    let tcp = ethernet(IPV4, &ipv4(6, &tcp(ACK, &[0; 2000])));
    let cases = [
        // Nothing in it says how long it is.
        ("arp", ethernet(ARP, &arp()), 1),
        ("lldp", ethernet(0x88cc, &[0; 46]), 1),
        ("ipv4 of another version", ethernet(IPV4, &ipv4(17, &udp(53, b"")).with(0, &[0x65])), 1),
        ("a long frame", tcp.clone(), 1),
        // Each header that claims more than can be read.
        ("the first buffer of one", tcp.cut(128), 2),
    ];

    for (name, frame, times) in cases {
        assert_eq!(asked(&frame), times, "{name}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test calls`"]
fn a_known_source_and_port_never_leave_the_table_of_the_cpu() {
    const FRAMES: u32 = 1000;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();

    for _ in 0..3 {
        inspector.repeat(&frame(), FRAMES).unwrap();
        let interval = inspector.drain().unwrap();

        assert_eq!(interval.totals.frames().packets, u64::from(FRAMES));
        assert_eq!(misses(&interval.sources), Count::default());
        assert_eq!(misses(&interval.ports), Count::default());
        for map in interval.maps.iter().filter(|map| map.map.ends_with("_overflow")) {
            assert_eq!(map.entries, 0, "{}", map.map);
        }
    }
}

/// What the second level was asked to take and does not hold.
fn misses<K>(keyed: &Keyed<K>) -> Count {
    assert_eq!(keyed.keys.len(), 1);
    let Keyed { refused, evicted, .. } = keyed;

    exporter::interval::sum([*refused, *evicted].iter())
}

/// Counts how often the parser asks for the length of the frame with all its buffers.
fn asked(frame: &[u8]) -> u32 {
    let times = Cell::new(0);
    let full_length = || {
        times.set(times.get() + 1);
        u32::try_from(frame.len()).unwrap()
    };
    parse_first_buffer(frame, Direction::Receive, full_length);

    times.get()
}

fn packets() -> Vec<(&'static str, u16, Vec<u8>)> {
    let [tcp, udp, icmp] = [tcp(ACK, &[0; 10]), udp(53, &[0; 22]), icmp(8)];
    let longest = vec![0; 1400];
    let extended = extension(51, 0, &authentication(6, &tcp));
    let extended = extension(43, 1, &extension(60, 0, &extended));

    vec![
        ("tcp over ipv4", IPV4, ipv4(6, &tcp)),
        ("udp over ipv4", IPV4, ipv4(17, &udp)),
        ("icmp", IPV4, ipv4(1, &icmp)),
        ("a long frame of udp over ipv4", IPV4, ipv4(17, &self::udp(53, &longest))),
        ("one word of options", IPV4, ipv4_options(1, 6, &tcp)),
        ("ten words of options", IPV4, ipv4_options(10, 17, &udp)),
        ("a first fragment", IPV4, ipv4_fragment(0, true, 17, &udp)),
        ("a later fragment", IPV4, ipv4_fragment(185, false, 17, &udp)),
        ("tcp over ipv6", IPV6, ipv6(6, &tcp)),
        ("udp over ipv6", IPV6, ipv6(17, &udp)),
        ("icmpv6", IPV6, ipv6(58, &icmp)),
        ("a long frame of udp over ipv6", IPV6, ipv6(17, &self::udp(53, &longest))),
        ("extension headers", IPV6, ipv6(0, &extended)),
        ("a fragment of ipv6", IPV6, ipv6(44, &ipv6_fragment(0, true, 6, &tcp))),
    ]
}

/// The packet in a frame without a tag, with one and with two.
fn tagged(ethertype: u16, packet: &[u8]) -> [(usize, Vec<u8>); 3] {
    let one = vlan(7, ethertype, packet);
    let two = vlan(8, VLAN, &one);

    [
        (0, ethernet(ethertype, packet)),
        (1, ethernet(VLAN, &one)),
        (2, ethernet(PROVIDER_VLAN, &two)),
    ]
}
