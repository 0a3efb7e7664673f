//! What is sent is counted as the other end receives it.

use std::collections::BTreeMap;

use exporter::datapath::{Datapath, Inspector, Options};
use exporter::services::PortRules;
use exporter_ebpf::parse_bytes;
use shared::{Count, Direction, number};
use tests::cable::Cable;
use tests::corpus::bytes::{IPV4, VLAN, ethernet, ipv4, tcp, udp, vlan};
use tests::exporter::{Exporter, NATIVE};
use tests::load::{Generator, Traffic};
use tests::patience::wait_for;
use tests::programs::{self, Server, paged};
use tests::rows::Rows;
use tests::skb::{self, SENT};

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn the_kernel_counts_what_is_sent_as_the_oracle_reads_it() {
    let datapath = Datapath::new(Options { vlans: true, ..Options::default() }).unwrap();
    let mut inspector = Inspector::of(&datapath, SENT).unwrap();

    let (outcomes, refused) = skb::run_corpus(&mut inspector, Direction::Transmit, parse_bytes);

    let interval = inspector.drain().unwrap();
    let expected = Rows::expected(&outcomes, &PortRules::default());
    assert_eq!(Rows::of(&interval).differences(&expected), [""; 0]);
    assert_eq!(interval.imbalance(), None);
    println!("{} frames went through the kernel, {refused} were refused", outcomes.len());
    assert!(outcomes.len() > 1000);
}

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn a_super_frame_counts_as_its_segments() {
    const FIN_PSH_ACK: u8 = 0x19;
    const PSH_ACK: usize = 0x18;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::of(&datapath, SENT).unwrap();
    // Two segments of 1,000 bytes and one of 300 behind headers of 54 bytes.
    let frame = ethernet(IPV4, &ipv4(number::TCP, &tcp(FIN_PSH_ACK, &[0; 2300])));

    for segments in [3, 0] {
        let context = skb::context(54 + 2300 + 2 * 54, segments, 1000);
        inspector.run_with(&frame, &context).unwrap();

        let interval = inspector.drain().unwrap();

        assert_eq!(interval.imbalance(), None);
        let all = Count { packets: 3, bytes: 2 * 1054 + 354 };
        assert_eq!(interval.totals.frames(), all, "{segments} segments are named");
        // Up to 512 and up to 2,048 bytes.
        assert_eq!(interval.totals.sizes[3], Count { packets: 1, bytes: 354 });
        assert_eq!(interval.totals.sizes[5], Count { packets: 2, bytes: 2 * 1054 });
        let flags: BTreeMap<usize, u64> =
            (0..).zip(interval.totals.tcp_flags).filter(|(_, packets)| *packets > 0).collect();
        assert_eq!(flags, BTreeMap::from([(0x10, 2), (usize::from(FIN_PSH_ACK), 1)]));
        assert_eq!(flags.get(&PSH_ACK), None, "only the last one has FIN and PSH");
        assert_eq!(interval.sources.keys[0].count, all);
        assert_eq!(interval.ports.keys[0].count, all);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn both_ends_count_the_same_with_offload_and_without() {
    for (offload, hook) in [("on", "tcx"), ("off", "tcx"), ("on", "clsact")] {
        println!("offload {offload}, {hook}:");
        let cable = Cable::lay("ends");
        for end in [&cable.here, &cable.there] {
            end.run("ethtool", &["-K", Cable::DEVICE, "tso", offload, "gso", offload]);
        }
        let native = [&NATIVE[..], &["--vlans.enabled", "true"]].concat();
        let near = Exporter::start(&cable.here, &native);
        let far =
            Exporter::start(&cable.there, &[&native[..], &["--datapath.transmit", hook]].concat());
        let _servers = [Server::http(&cable), Server::iperf(&cable), Server::echo(&cable)];
        cable.plug_in();

        programs::ping(&cable, Cable::THERE[0], 10, 4000);
        programs::ping(&cable, Cable::THERE[3], 10, 56);
        programs::download(&cable, Cable::THERE[1], 3);
        programs::ask(&cable, Cable::THERE[2], 20);
        programs::stream(&cable, Cable::THERE[0], "20M");
        programs::stream(&cable, Cable::THERE[4], "20M");
        programs::datagrams(&cable, Cable::THERE[0]);
        let tagged = ethernet(VLAN, &vlan(5, IPV4, &ipv4(number::UDP, &udp(9, &[0; 32]))));
        programs::send(&cable, &vec![tagged; 7]);

        // The stack goes on sending reports of groups, so both ends are looked at until they meet.
        let (sent, received) = wait_for("both ends to have counted as much", || {
            let [received, sent] = [near.scrape(), far.scrape()];
            let counted = [sent.transmitted("", &[]), received.received("", &[])];
            let device = programs::received_by(&cable.here).packets;
            let is_settled = counted[0] == counted[1] && counted[1].packets == device;
            if is_settled { Ok((sent, received)) } else { Err(format!("{counted:?}, {device}")) }
        });
        let [sent, received] =
            [sent.below("packet_transmit_"), received.below("packet_receive_")].map(comparable);
        assert_eq!(sent, received);
        assert!(sent.contains_key("vlan_packets_total [(\"vlan\", \"5\")]"), "{sent:#?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn big_tcp_counts_as_its_segments() {
    let cable = Cable::lay("big");
    for end in [&cable.here, &cable.there] {
        end.ip(&["link", "set", Cable::DEVICE, "mtu", "9000"]);
    }
    cable.there.ip(&["link", "set", Cable::DEVICE, "gso_max_size", "180000"]);
    let near = Exporter::start(&cable.here, &NATIVE);
    let far = Exporter::start(&cable.there, &[]);
    let _server = Server::iperf(&cable);
    cable.plug_in();

    programs::bulk(&cable, Cable::THERE[3], "50M");

    let tcp = [("family", "ipv6"), ("protocol", "tcp")];
    wait_for("both ends to have counted as much", || {
        let counted = [far.scrape().transmitted("", &tcp), near.scrape().received("", &tcp)];
        let is_all = counted[0].bytes > 50_000_000 && counted[0] == counted[1];
        if is_all { Ok(()) } else { Err(format!("{counted:?}")) }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn a_tag_beside_the_bytes_counts_as_on_the_wire() {
    let cable = Cable::lay("beside");
    // A filter, which sees a frame after the programs of TCX: the exporter does not go in front of
    // what puts the tag there.
    let behind = ["--vlans.enabled", "true", "--datapath.transmit", "clsact"];
    let exporter = Exporter::start(&cable.there, &behind);
    let mut tagger = Generator::load(&Traffic::flood(), 0);
    cable.there.within(|| tagger.tag(Cable::DEVICE));
    cable.plug_in();

    let packet = ethernet(IPV4, &ipv4(number::UDP, &udp(9, &[0; 32])));
    programs::send(&cable, &vec![packet.clone(); 5]);

    let udp = [("protocol", "udp")];
    let scrape = wait_for("five datagrams", || {
        let scrape = exporter.scrape();
        let counted = scrape.transmitted("", &udp);
        if counted.packets == 5 { Ok(scrape) } else { Err(format!("{counted:?}")) }
    });
    let bytes = 5 * (packet.len() as u64 + 4);
    assert_eq!(scrape.transmitted("", &udp), Count { packets: 5, bytes });
    let vlan = scrape.transmitted("vlan_", &[("vlan", "42")]).packets;
    assert_eq!(vlan, scrape.transmitted("", &[]).packets, "every frame has the tag");
}

#[test]
#[ignore = "needs root: `cargo xtask test egress`"]
fn headers_in_pages_are_read() {
    let cable = Cable::lay("pages");
    let exporter = Exporter::start(&cable.there, &[]);
    cable.plug_in();

    let frame = ethernet(IPV4, &ipv4(number::UDP, &udp(4242, &[0; 600])));
    paged(&cable, &frame, 6);

    let port = [("protocol", "udp"), ("port", "4242")];
    let scrape = wait_for("six datagrams", || {
        let scrape = exporter.scrape();
        let counted = scrape.transmitted("port_", &port);
        if counted.packets == 6 { Ok(scrape) } else { Err(format!("{counted:?}")) }
    });
    let bytes = 6 * frame.len() as u64;
    assert_eq!(scrape.transmitted("port_", &port), Count { packets: 6, bytes });
    assert_eq!(scrape.find("packet_transmit_malformed_packets_total", &[]), Some(0));
}

/// Leaves out what the two ends name differently: addresses, and gauges of a window.
fn comparable(samples: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = ["source", "destination", "distinct", "port_entropy", "scan", "syn_"];

    samples.into_iter().filter(|(name, _)| !names.iter().any(|it| name.starts_with(it))).collect()
}
