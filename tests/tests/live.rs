//! What a scrape says of real programs' traffic is what was sent.

use exporter::interval;
use shared::{Count, number};
use tests::cable::Cable;
use tests::corpus::bytes::{IPV4, PROVIDER_VLAN, VLAN, ethernet, ipv4, udp, vlan};
use tests::exporter::{Exporter, NATIVE};
use tests::patience::wait_for;
use tests::programs::{self, Server};
use tests::scrape::Scrape;

/// A native program runs before the driver counts, which then leaves the Ethernet header out.
/// Source: `veth_xdp_rcv` in drivers/net/veth.c.
const HEADER: u64 = 14;
const GENERIC: [&str; 2] = ["--datapath.mode", "generic"];

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn native_totals_are_those_of_the_device_and_the_sender() {
    totals_are_those_of_the_device_and_the_sender(&NATIVE, HEADER);
}

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn generic_totals_are_those_of_the_device_and_the_sender() {
    totals_are_those_of_the_device_and_the_sender(&GENERIC, 0);
}

fn totals_are_those_of_the_device_and_the_sender(mode: &[&str], left_out: u64) {
    let cable = Cable::lay("totals");
    let exporter = Exporter::start(&cable.here, mode);
    let _servers = [Server::http(&cable), Server::iperf(&cable), Server::echo(&cable)];
    let before = programs::stack(&cable.there);
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 20, 56);
    programs::ping(&cable, Cable::THERE[3], 20, 56);
    programs::download(&cable, Cable::THERE[1], 5);
    programs::ask(&cable, Cable::THERE[2], 50);
    programs::stream(&cable, Cable::THERE[0], "4M");
    programs::stream(&cable, Cable::THERE[4], "1M");

    // The stack there asks and answers for neighbours when it likes.
    let (scrape, after) = wait_for("a moment without frames", || {
        let scrape = settled(&cable, &exporter, left_out);
        let after = programs::stack(&cable.there);
        let [counted, received] =
            [scrape.received("", &[]).packets, programs::received_by(&cable.here).packets];
        if counted == received {
            Ok((scrape, after))
        } else {
            Err(format!("{counted}, {received}"))
        }
    });
    let sent = |counter: &str| after[counter] - before[counter];
    assert_eq!(packets_of(&scrape, "tcp"), sent("TcpOutSegs") + sent("TcpRetransSegs"));
    assert_eq!(packets_of(&scrape, "udp"), sent("UdpOutDatagrams") + sent("Udp6OutDatagrams"));
    assert_eq!(packets_of(&scrape, "icmp"), sent("IcmpOutMsgs"));
    assert_eq!(packets_of(&scrape, "icmpv6"), sent("Icmp6OutMsgs"));
    let info = [("device", Cable::DEVICE), ("hook", "xdp"), ("mode", mode[1])];
    assert_eq!(scrape.find("packet_exporter_program_info", &info), Some(1));
}

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn each_source_and_each_port_has_its_own_packets() {
    let cable = Cable::lay("keys");
    let exporter = Exporter::start(&cable.here, &NATIVE);
    let _servers = [Server::http(&cable), Server::iperf(&cable), Server::echo(&cable)];
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 30, 56);
    programs::ping(&cable, Cable::THERE[4], 40, 56);
    programs::ask(&cable, Cable::THERE[1], 25);
    programs::download(&cable, Cable::THERE[2], 3);
    let report = programs::datagrams(&cable, Cable::THERE[3]);

    let scrape = settled(&cable, &exporter, HEADER);
    let source = |address| scrape.received("source_", &[("source", address)]);
    let port = |protocol, port| scrape.received("port_", &[("protocol", protocol), ("port", port)]);
    // 56 bytes of data behind ICMP, IPv4 and Ethernet; 29 bytes of question behind UDP.
    assert_eq!(source(Cable::THERE[0]), Count { packets: 30, bytes: 30 * 98 });
    assert_eq!(source(Cable::THERE[1]), Count { packets: 25, bytes: 25 * (42 + 29) });
    assert_eq!(port("udp", "53"), source(Cable::THERE[1]));
    assert_eq!(port("tcp", "8080"), source(Cable::THERE[2]));
    assert!(port("tcp", "8080").packets >= 3 * 5, "three connections");
    // Both ends say hello with a datagram before those that are counted.
    let datagrams = report["end"]["sum"]["packets"].as_u64().unwrap();
    assert_eq!(port("udp", "5201").packets, datagrams + 1);
    let requests = [("family", "ipv6"), ("type", "echo_request")];
    assert_eq!(scrape.received("icmp_", &requests).packets, 40);
    assert_conserved(&scrape);
}

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn fragments_are_counted_by_their_position() {
    for (mode, left_out) in [(NATIVE, HEADER), (GENERIC, 0)] {
        let cable = Cable::lay("fragments");
        let exporter = Exporter::start(&cable.here, &mode);
        cable.plug_in();

        programs::ping(&cable, Cable::THERE[0], 10, 4000);
        programs::ping(&cable, Cable::THERE[3], 10, 6000);

        let scrape = settled(&cable, &exporter, left_out);
        let fragments = |family, position| {
            let name = "packet_receive_fragments_total";
            scrape.find(name, &[("family", family), ("position", position)])
        };
        // 4,008 bytes in pieces of 1,480, and 6,008 bytes in pieces of 1,448.
        let positions = ["first", "middle", "last"];
        assert_eq!(positions.map(|it| fragments("ipv4", it)), [Some(10), Some(10), Some(10)]);
        assert_eq!(positions.map(|it| fragments("ipv6", it)), [Some(10), Some(30), Some(10)]);
        assert_eq!(packets_of(&scrape, "icmp"), 30);
        assert_conserved(&scrape);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn tagged_frames_are_counted_by_their_outer_id() {
    for (mode, left_out) in [(NATIVE, HEADER), (GENERIC, 0)] {
        let cable = Cable::lay("tags");
        let arguments = [&mode[..], &["--vlans.enabled", "true"]].concat();
        let exporter = Exporter::start(&cable.here, &arguments);
        cable.plug_in();
        let packet = ipv4(number::UDP, &udp(9, &[0; 32]));
        let single = ethernet(VLAN, &vlan(5, IPV4, &packet));
        let double = ethernet(PROVIDER_VLAN, &vlan(100, VLAN, &vlan(7, IPV4, &packet)));

        programs::send(&cable, &[single.clone(), single.clone(), single, double]);

        let scrape = settled(&cable, &exporter, left_out);
        let id = |id| scrape.received("vlan_", &[("vlan", id)]).packets;
        assert_eq!(["5", "7", "100"].map(id), [3, 0, 1], "{mode:?}");
        let discard = scrape.received("port_", &[("protocol", "udp"), ("port", "9")]);
        assert_eq!(discard, Count { packets: 4, bytes: 4 * 78 + 4 }, "{mode:?}");
        assert_conserved(&scrape);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test live`"]
fn jumbo_frames_are_counted_with_their_full_length() {
    for (mode, left_out) in [(NATIVE, HEADER), (GENERIC, 0)] {
        let cable = Cable::lay("jumbo");
        for end in [&cable.here, &cable.there] {
            end.ip(&["link", "set", Cable::DEVICE, "mtu", "9000"]);
        }
        let exporter = Exporter::start(&cable.here, &mode);
        cable.plug_in();

        programs::ping(&cable, Cable::THERE[0], 15, 8972);
        programs::ping(&cable, Cable::THERE[3], 15, 8952);

        let scrape = settled(&cable, &exporter, left_out);
        let icmp = scrape.received("", &[("protocol", "icmp")]);
        assert_eq!(icmp, Count { packets: 15, bytes: 15 * 9014 }, "{mode:?}");
        let source = scrape.received("source_", &[("source", Cable::THERE[0])]);
        assert_eq!(source, icmp, "{mode:?}");
        let buckets = ["8192.0", "16384.0"].map(|le| {
            scrape.find("packet_receive_frame_size_bytes_bucket", &[("le", le)]).unwrap()
        });
        assert_eq!(buckets[1] - buckets[0], 30, "{mode:?}");
        assert_conserved(&scrape);
    }
}

/// Waits until the exporter has counted what the device has received, and nothing more comes.
/// The device leaves out `left_out` bytes of each frame.
fn settled(cable: &Cable, exporter: &Exporter, left_out: u64) -> Scrape {
    wait_for("the scrape to equal the device's counters", || {
        let before = programs::received_by(&cable.here);
        let scrape = exporter.scrape();
        let counted = scrape.received("", &[]);
        let after = programs::received_by(&cable.here);

        let expected = Count { bytes: after.bytes + left_out * after.packets, ..after };
        if before == after && counted == expected {
            return Ok(scrape);
        }
        Err(format!("counted {counted:?}, the device {before:?}, then {after:?}"))
    })
}

fn packets_of(scrape: &Scrape, protocol: &str) -> u64 {
    scrape.received("", &[("protocol", protocol)]).packets
}

/// The laws of conservation, as a reader of the metrics can check them.
fn assert_conserved(scrape: &Scrape) {
    let sum = |what: &str, label: &str, values: &[&str]| {
        let counted = |value: &&str| scrape.received(what, &[(label, value)]);
        let counts: Vec<Count> = values.iter().map(counted).collect();
        interval::sum(counts.iter())
    };
    let protocols = ["tcp", "udp", "sctp"];

    let ip = sum("", "family", &["ipv4", "ipv6"]);
    assert_eq!(scrape.received("source_", &[]), ip, "sources add up to the IP frames");
    let with_ports = sum("", "protocol", &protocols);
    assert_eq!(sum("port_", "protocol", &protocols), with_ports, "ports add up");
    let frames = scrape.received("", &[]).packets;
    let sizes = scrape.find("packet_receive_frame_size_bytes_count", &[]);
    assert_eq!(sizes, Some(frames), "sizes add up to all frames");
    assert_eq!(scrape.received("cast_", &[]).packets, frames, "casts add up to all frames");
}
