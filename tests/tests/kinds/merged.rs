//! Frames that the stack has merged, or not cut yet, count as their segments.

use std::net::IpAddr;
use std::time::Duration;

use exporter::interval::sum;
use shared::{Count, number};
use tests::cable::Cable;
use tests::corpus::bytes::{ipv4, ipv6, tcp, udp};
use tests::exporter::Exporter;
use tests::kinds::Ends;
use tests::patience::wait_for;
use tests::programs;
use tests::senders::{VIRTIO_HEADER, stream};

use crate::{BOTH, UPPER, counted, wait_until_counted};

/// How a tunnel is told of a frame that is to be cut. Source: `struct virtio_net_hdr` in
/// include/uapi/linux/virtio_net.h.
struct Cut {
    kind: u8,
    /// Length of the IP header, then of the transport header and the place of its checksum.
    network: u16,
    transport: u16,
    checksum: u16,
    segment: u16,
}

const TCP_V4: Cut = Cut { kind: 1, network: 20, transport: 20, checksum: 16, segment: 1448 };
const TCP_V6: Cut = Cut { kind: 4, network: 40, ..TCP_V4 };
const UDP_V4: Cut = Cut { kind: 5, network: 20, transport: 8, checksum: 6, segment: 1000 };

/// Ethernet, IPv4 and TCP with a timestamp; IPv6 has 20 bytes more.
const HEADER: u64 = 14 + 20 + 32;
/// Options that only the first segment of a connection has.
const SYN_OPTIONS: u64 = 8;
const LASTS: Duration = Duration::from_millis(200);

impl Cut {
    fn header(&self, link: u16) -> [u8; VIRTIO_HEADER] {
        const NEEDS_CHECKSUM: u8 = 1;
        let words = [link + self.network + self.transport, self.segment, link + self.network];
        let mut header = [0; VIRTIO_HEADER];
        header[..2].copy_from_slice(&[NEEDS_CHECKSUM, self.kind]);
        for (place, word) in words.into_iter().chain([self.checksum]).enumerate() {
            header[2 + place * 2..4 + place * 2].copy_from_slice(&word.to_ne_bytes());
        }

        header
    }

    /// Returns what a frame with as much payload becomes.
    fn count(&self, link: u64, payload: u64) -> Count {
        let packets = payload.div_ceil(u64::from(self.segment));
        let header = link + u64::from(self.network + self.transport);

        Count { packets, bytes: payload + packets * header }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kinds`"]
fn what_a_tunnel_does_not_cut_counts_as_its_segments() {
    const ACK: u8 = 0x10;
    const TIMES: u64 = 20;
    for name in ["tun", "tap"] {
        println!("{name}:");
        let ends = Ends::lay("uncut", name).expect("every kernel has tunnels");
        let exporter = Exporter::start(&ends.cable.here, &UPPER);
        let link = ends.link_header();
        let [of_tcp, of_udp] = [30_000, 12_000].map(|length| vec![0; length]);
        let all = [
            (&TCP_V4, ipv4(number::TCP, &tcp(ACK, &of_tcp))),
            (&TCP_V6, ipv6(number::TCP, &tcp(ACK, &of_tcp))),
            (&UDP_V4, ipv4(number::UDP, &udp(9, &of_udp))),
        ];

        for (cut, packet) in &all {
            let header = cut.header(u16::try_from(link).unwrap());
            for _ in 0..TIMES {
                ends.receive_super_frame(header, packet);
            }
        }

        let times =
            |count: Count| Count { packets: count.packets * TIMES, bytes: count.bytes * TIMES };
        let [v4, v6] = [&TCP_V4, &TCP_V6].map(|cut| times(cut.count(link, 30_000)));
        let tcp = sum([v4, v6].iter());
        wait_until_counted(&exporter, "tcp", [tcp, Count::default()]);
        let udp = times(UDP_V4.count(link, 12_000));
        wait_until_counted(&exporter, "udp", [udp, Count::default()]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kinds`"]
fn tcp_that_is_not_cut_counts_as_its_segments_over_a_bridge() {
    let uncut = ["tso", "on", "gso", "on"];
    let cases: [(&str, &[&str], &str, usize); 4] = [
        ("1500", &uncut, "65536", 0),
        ("9000", &uncut, "65536", 0),
        ("9000", &uncut, "180000", 1),
        // Cut by the sender, and merged by the receiver.
        ("1500", &["gro", "on"], "65536", 0),
    ];

    for (mtu, features, most, family) in cases {
        println!("mtu {mtu}, {features:?}, up to {most} bytes:");
        let ends = Ends::lay("merged", "bridge").expect("this kernel has bridges");
        let Cable { here, there } = &ends.cable;
        for (end, device) in [(here, Cable::DEVICE), (there, Cable::DEVICE), (here, Ends::DEVICE)] {
            end.ip(&["link", "set", device, "mtu", mtu]);
        }
        there.ip(&["link", "set", Cable::DEVICE, "gso_max_size", most]);
        for end in [here, there] {
            end.run("ethtool", &[&["-K", Cable::DEVICE], features].concat());
        }
        let exporter = Exporter::start(here, &BOTH);

        let header = HEADER + 20 * family as u64;
        let devices = [(Ends::DEVICE, "tcp", 0), (Cable::DEVICE, "tcp", 0)];

        transfer(&ends, &exporter, Cable::HERE[family], header, &devices);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kinds`"]
fn tcp_that_is_not_cut_counts_as_its_segments_over_tunnels_and_below() {
    let test = "tcp_that_is_not_cut_counts_as_its_segments_over_tunnels_and_below";
    for name in ["vxlan", "gretap"] {
        println!("{name}:");
        let Some(ends) = Ends::lay("tunnelled", name) else {
            println!("SKIPPED {test}: this kernel has no {name} devices");
            continue;
        };
        let Cable { here, there } = &ends.cable;
        ends.number("203.0.113.1", "203.0.113.2");
        for end in [here, there] {
            end.run("ethtool", &["-K", Cable::DEVICE, "tso", "on", "gso", "on"]);
        }
        let exporter = Exporter::start(here, &BOTH);

        let (protocol, more) = ends.kind.below.unwrap();
        let devices = [(Ends::DEVICE, "tcp", 0), (Cable::DEVICE, protocol, more)];

        transfer(&ends, &exporter, "203.0.113.1", HEADER, &devices);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kinds`"]
fn datagrams_that_are_not_cut_count_as_their_segments() {
    /// Sends 20 times twelve datagrams of 1,000 bytes at once. Source: `UDP_SEGMENT` in
    /// include/uapi/linux/udp.h.
    const SEND: &str = "
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.setsockopt(17, 103, 1000)
for _ in range(20):
    try:
        client.sendto(bytes(12000), ('192.0.2.1', 9))
    except ConnectionRefusedError:
        pass
";
    let ends = Ends::lay("datagrams", "bridge").expect("this kernel has bridges");
    let features = ["-K", Cable::DEVICE, "gso", "on", "tx-udp-segmentation", "on"];
    ends.cable.there.run("ethtool", &features);
    let exporter = Exporter::start(&ends.cable.here, &UPPER);

    ends.cable.there.run(&programs::python(), &["-c", SEND]);

    let expected = Count { packets: 240, bytes: 240 * (1000 + 42) };
    wait_for_received(&exporter, Ends::DEVICE, "udp", expected);
}

/// Transfers over one connection, and waits until devices have counted what the sender's stack has
/// sent for it: those of `devices`, with a protocol and the bytes that each frame has more there.
fn transfer(
    ends: &Ends,
    exporter: &Exporter<'_>,
    address: &str,
    header: u64,
    devices: &[(&str, &str, u64)],
) {
    let Cable { here, there } = &ends.cable;
    let address = (address.parse::<IpAddr>().unwrap(), 7777).into();
    let received = |device, protocol| counted(&exporter.scrape(), device, protocol)[0];

    let earlier: Vec<_> = devices.iter().map(|it| received(it.0, it.1)).collect();
    let before = programs::stack(there);
    let streamed = stream(there, here, address, LASTS);
    let after = programs::stack(there);
    let sent = |counter: &str| after[counter] - before[counter];
    // The first counter leaves out what is only repeated.
    let packets = sent("TcpOutSegs") + sent("TcpRetransSegs");
    assert_eq!(streamed.read, streamed.written);
    assert!(packets > 100, "{packets} segments");

    for ((device, protocol, more), earlier) in devices.iter().zip(earlier) {
        let bytes = streamed.sent + SYN_OPTIONS + packets * (header + more);
        let expected = Count { packets, bytes };
        wait_for("what was received to be counted", || {
            let all = received(device, protocol);
            let counted =
                Count { packets: all.packets - earlier.packets, bytes: all.bytes - earlier.bytes };
            if counted == expected { Ok(()) } else { Err(format!("{counted:?} of {expected:?}")) }
        });
    }
}

fn wait_for_received(exporter: &Exporter<'_>, device: &str, protocol: &str, expected: Count) {
    wait_for("what was received to be counted", || {
        let [received, _] = counted(&exporter.scrape(), device, protocol);
        if received == expected { Ok(()) } else { Err(format!("{received:?} of {expected:?}")) }
    });
}
