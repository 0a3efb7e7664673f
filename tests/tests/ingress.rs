//! What the stack has received is counted as it was on the wire.

use exporter::datapath::{Datapath, Inspected, Inspector, LinkLayer, Options, Placement};
use exporter::health::Hook;
use exporter::services::PortRules;
use exporter_ebpf::parse_bytes;
use shared::{Count, Direction, number};
use tests::cable::Cable;
use tests::corpus::bytes::{IPV4, IPV6, ethernet, ipv4, ipv6, tcp};
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::programs::{self, Server};
use tests::rows::Rows;
use tests::skb::{self, RECEIVED, TCX_NEXT};

#[test]
#[ignore = "needs root: `cargo xtask test ingress`"]
fn the_stack_counts_what_it_received_as_the_oracle_reads_it() {
    let datapath = Datapath::new(Options { vlans: true, ..Options::default() }).unwrap();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();

    let (outcomes, _) = skb::run_corpus(&mut inspector, Direction::Receive, parse_bytes);

    let interval = inspector.drain().unwrap();
    let expected = Rows::expected(&outcomes, &PortRules::default());
    assert_eq!(Rows::of(&interval).differences(&expected), [""; 0]);
    assert_eq!(interval.imbalance(), None);
    assert!(outcomes.len() > 1000);
}

#[test]
#[ignore = "needs root: `cargo xtask test ingress`"]
fn a_merged_frame_counts_as_its_segments() {
    const PSH_ACK: u8 = 0x18;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();
    // Two segments of 1,000 bytes and one of 300 behind headers of 54 bytes.
    let frame = ethernet(IPV4, &ipv4(number::TCP, &tcp(PSH_ACK, &[0; 2300])));

    // The length on the wire is not believed: what the kernel has there differs by its version.
    for (segments, wire_length) in [(3, 0), (0, 0), (3, 2354 + 2 * 40), (3, 2354 + 2 * 54)] {
        inspector.run_with(&frame, &skb::context(wire_length, segments, 1000)).unwrap();

        let interval = inspector.drain().unwrap();

        assert_eq!(interval.imbalance(), None);
        let all = Count { packets: 3, bytes: 2 * 1054 + 354 };
        assert_eq!(interval.totals.frames(), all, "{segments} segments are named");
        // Up to 512 and up to 2,048 bytes.
        assert_eq!(interval.totals.sizes[3], Count { packets: 1, bytes: 354 });
        assert_eq!(interval.totals.sizes[5], Count { packets: 2, bytes: 2 * 1054 });
    }
}

/// A test run names the protocol by the bytes where Ethernet has it. An address of 8.0.0.0/16 has
/// there what stands for IPv4.
#[test]
#[ignore = "needs root: `cargo xtask test ingress`"]
fn a_frame_of_a_tunnel_begins_with_its_network_header() {
    const SYN: u8 = 2;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut datagram = ipv4(number::TCP, &tcp(SYN, &[0; 100]));
    datagram[12..14].copy_from_slice(&IPV4.to_be_bytes());

    for hook in [Hook::TcxIngress, Hook::TcxEgress] {
        let placement = Placement::tc(hook, LinkLayer::None);
        let mut inspector = Inspector::of(&datapath, placement).unwrap();
        // Else the kernel leaves out of the length what it takes for an Ethernet header.
        let context = skb::context(140, 0, 0);
        let Inspected { verdict, parsed } = inspector.run_with(&datagram, &context).unwrap();
        let interval = inspector.drain().unwrap();

        assert_eq!(verdict, TCX_NEXT);
        assert_eq!((parsed.malformed, parsed.network_offset, parsed.transport_offset), (0, 0, 20));
        assert_eq!(parsed.tcp_flags, SYN);
        let all = Count { packets: 1, bytes: 140 };
        assert_eq!(interval.totals.frames(), all, "no link layer is counted");
        assert_eq!(interval.imbalance(), None);
    }
}

/// What IPsec has opened keeps a stale Ethernet header, as the frame of a test run has one. Newer kernels
/// have the headers that segments repeat in the length on the wire.
#[test]
#[ignore = "needs root: `cargo xtask test ingress`"]
fn a_merged_frame_behind_a_stale_header_is_found_whatever_the_length_on_the_wire_has() {
    const ACK: u8 = 16;
    const PAYLOAD: u32 = 2000;
    let datapath = Datapath::new(Options::default()).unwrap();
    let placement = Placement::tc(Hook::TcxIngress, LinkLayer::None);
    let datagram = tcp(ACK, &vec![0; PAYLOAD as usize]);
    let frames = [
        (ethernet(IPV4, &ipv4(number::TCP, &datagram)), 40),
        (ethernet(IPV6, &ipv6(number::TCP, &datagram)), 60),
    ];

    for (frame, header) in frames {
        let mut inspector = Inspector::of(&datapath, placement).unwrap();
        let context = skb::context(14 + PAYLOAD + 3 * header, 2, 1000);
        let Inspected { parsed, .. } = inspector.run_with(&frame, &context).unwrap();
        let interval = inspector.drain().unwrap();

        assert_eq!((parsed.malformed, parsed.tcp_flags), (0, ACK));
        let all = Count { packets: 2, bytes: u64::from(PAYLOAD + 2 * header) };
        assert_eq!(interval.totals.frames(), all, "no link layer is counted");
        assert_eq!(interval.imbalance(), None);
    }
}

/// With offload a veth hands over what the other end has not cut: TSO, UDP segments, MTU 9000, BIG TCP.
#[test]
#[ignore = "needs root: `cargo xtask test ingress`"]
fn both_ends_of_a_cable_count_the_same() {
    for (offload, mode) in [("on", "tcx"), ("on", "clsact"), ("off", "tcx"), ("on", "auto")] {
        println!("offload {offload}, {mode}:");
        let cable = Cable::lay("stack");
        for end in [&cable.here, &cable.there] {
            let tso = ["tso", offload, "gso", offload, "gro", offload];
            end.run("ethtool", &[&["-K", Cable::DEVICE], &tso[..]].concat());
            end.ip(&["link", "set", Cable::DEVICE, "mtu", "9000"]);
        }
        if offload == "on" {
            cable.there.ip(&["link", "set", Cable::DEVICE, "gso_max_size", "180000"]);
        }
        let near = Exporter::start(&cable.here, &["--datapath.mode", mode, "--vlans.enabled"]);
        let far = Exporter::start(&cable.there, &["--vlans.enabled"]);
        let _servers = [Server::iperf(&cable), Server::echo(&cable)];
        cable.plug_in();

        programs::ping(&cable, Cable::THERE[0], 10, 4000);
        programs::ping(&cable, Cable::THERE[3], 10, 56);
        programs::bulk(&cable, Cable::THERE[0], "20M");
        programs::bulk(&cable, Cable::THERE[3], "50M");
        programs::datagrams(&cable, Cable::THERE[0]);

        let hook = if mode == "clsact" { "tc_ingress" } else { "tcx_ingress" };
        let scrape = wait_for("both ends to have counted as much", || {
            let [received, sent] = [near.scrape(), far.scrape()];
            let counted = [sent.transmitted("", &[]), received.received("", &[])];
            let is_all = counted[0].bytes > 70_000_000 && counted[0] == counted[1];
            if is_all { Ok(received) } else { Err(format!("{counted:?}")) }
        });
        assert_eq!(scrape.find("packet_exporter_program_info", &[("hook", hook)]), Some(1));
        assert_eq!(scrape.find("packet_exporter_program_info", &[("hook", "xdp")]), None);
    }
}
