//! Which port the programs take for the service's, whom they take for a scanner, and who
//! never acknowledges.

mod ports {
    mod handshakes;
    mod live;
}
#[expect(dead_code, reason = "tests of pins need more of it")]
#[path = "pins/file_system.rs"]
mod file_system;

use std::cell::RefCell;

use exporter::datapath::{Datapath, Device, Inspector, Options, Placement, Tap};
use exporter::health::Mode;
use exporter::services::{Listening, PortRules, RankTable, Service};
use file_system::BpfFileSystem;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::{Direction, PortKey, PortProtocol, SourceSlot};
use tests::cable::Cable;
use tests::corpus::bytes::{Change, IPV4, ethernet, ipv4, tcp, udp};
use tests::probes::{Echo, ask_from};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;
const URG: u8 = 32;
/// Of 24 marks; as many count as a scan by default.
const MANY: u32 = 18;

fn rules() -> PortRules {
    let named = Service { protocol: Some(PortProtocol::Tcp), ports: 40_000..=40_010 };

    PortRules { ephemeral: 30_000..=60_000, services: vec![named] }
}

fn listening(protocol: PortProtocol, ports: &[u16]) -> Listening {
    let mut listening = Listening::default();
    for port in ports {
        listening.insert(protocol, *port);
    }

    listening
}

/// A frame from one port to another.
fn frame(protocol: PortProtocol, from: u16, to: u16, flags: u8) -> Vec<u8> {
    let ports = [from.to_be_bytes(), to.to_be_bytes()].concat();
    match protocol {
        PortProtocol::Tcp => ethernet(IPV4, &ipv4(6, &tcp(flags, b"").with(0, &ports))),
        PortProtocol::Udp => ethernet(IPV4, &ipv4(17, &udp(to, b"1234").with(0, &ports))),
        PortProtocol::Sctp => ethernet(IPV4, &ipv4(132, &[&ports[..], &[0; 12]].concat())),
    }
}

/// Returns the port that one frame was counted under.
fn counted(inspector: &mut Inspector<'_>, frame: &[u8]) -> PortKey {
    inspector.run(frame).unwrap();
    let interval = inspector.drain().unwrap();
    let [seen] = &interval.ports.keys[..] else { panic!("{:?}", interval.ports) };

    seen.key
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn the_kernel_takes_the_port_that_the_host_takes() {
    let options = Options { port_rules: rules(), ..Options::default() };
    let datapath = Datapath::new(options).unwrap();
    let listening = listening(PortProtocol::Udp, &[5000, 53, 45_000]);
    let table = RankTable::of(&rules(), &listening);
    datapath.port_ranks().listen(listening);
    let inspector = RefCell::new(Inspector::new(&datapath).unwrap());
    let some = || {
        prop_oneof![
            any::<u16>(),
            prop::sample::select(vec![53, 443, 1023, 1024, 5000, 29_999, 30_000, 40_000, 45_000]),
        ]
    };
    let protocols = prop::sample::select(PortProtocol::ALL.to_vec());
    let config = Config { failure_persistence: None, ..Config::with_cases(300) };

    let outcome =
        TestRunner::new(config).run(&(protocols, some(), some()), |(protocol, from, to)| {
            let [one, other] = [from, to].map(|port| table.ranked(protocol, port));
            let key = counted(&mut inspector.borrow_mut(), &frame(protocol, from, to, ACK));
            prop_assert_eq!(key, one.service(other, protocol));
            Ok(())
        });

    outcome.unwrap();
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn what_is_listened_on_and_configured_holds_from_the_next_packet_on() {
    let mut options = Options::default();
    let datapath = Datapath::new(options.clone()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let question = frame(PortProtocol::Udp, 2000, 20_000, 0);
    let port = |number| PortKey::number(PortProtocol::Udp, number);

    assert_eq!(counted(&mut inspector, &question), port(2000), "the lower");
    datapath.port_ranks().listen(listening(PortProtocol::Udp, &[20_000]));
    assert_eq!(counted(&mut inspector, &question), port(20_000));
    // Another program in its place reads the same.
    options.vlans = true;
    inspector.change(&options).unwrap();
    assert_eq!(inspector.drain().unwrap().ports.keys, []);
    assert_eq!(counted(&mut inspector, &question), port(20_000), "the next program");
    datapath.port_ranks().listen(Listening::default());
    assert_eq!(counted(&mut inspector, &question), port(2000), "nobody listens any more");
    options.port_rules.ephemeral = 1024..=10_000;
    inspector.change(&options).unwrap();
    assert_eq!(inspector.drain().unwrap().ports.keys, []);
    assert_eq!(counted(&mut inspector, &question), port(20_000), "clients take the other");
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn pinned_programs_keep_what_was_listened_on_last() {
    let cable = Cable::lay("pinned");
    let pins = BpfFileSystem::mount("pinned");
    cable.plug_in();
    let _server = Echo::on(&cable.here, Cable::HERE[0], 20_000);
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
    let tap = Tap { device, direction: Direction::Receive };
    let there = (Cable::THERE[0], &[2000][..]);
    cable.here.enter();
    let start = |listens: Listening| {
        let options = Options { pins: Some(pins.0.clone()), ..Options::default() };
        let mut datapath = Datapath::new(options).unwrap();
        datapath.port_ranks().listen(listens);
        let prepared = datapath.prepare_for(&tap, Placement::xdp(Mode::Native)).unwrap();
        datapath.attach(&tap, prepared).unwrap();
        datapath
    };
    let ports = |datapath: &mut Datapath| -> Vec<u16> {
        let drained = datapath.drain().unwrap();
        let interval = drained[0].counted.as_ref().unwrap();
        interval.ports.keys.iter().filter_map(|seen| seen.key.port()).collect()
    };

    let first = start(listening(PortProtocol::Udp, &[20_000]));
    drop(first);
    ask_from(&cable.there, there, (Cable::HERE[0], 20_000));
    let mut second = start(Listening::default());

    assert_eq!(ports(&mut second), [20_000], "counted while no exporter ran");
    ask_from(&cable.there, there, (Cable::HERE[0], 20_000));
    assert_eq!(ports(&mut second), [2000], "counted by what the second one knows");
}

/// Sends frames between these ports, and returns how many marks of ports their source has.
fn marks(protocol: PortProtocol, flags: u8, pairs: impl IntoIterator<Item = (u16, u16)>) -> u32 {
    let datapath = Datapath::new(Options::default()).unwrap();
    datapath.port_ranks().listen(listening(protocol, &[20_000]));
    let mut inspector = Inspector::new(&datapath).unwrap();
    for (from, to) in pairs {
        inspector.run(&frame(protocol, from, to, flags)).unwrap();
    }

    let marks = inspector.drain().unwrap().sources.keys[0].marks;
    (marks & ((1 << SourceSlot::MARK_BITS) - 1)).count_ones()
}

fn each(from: u16, to: std::ops::Range<u16>) -> impl Iterator<Item = (u16, u16)> {
    to.map(move |to| (from, to))
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn a_packet_of_tcp_that_opens_or_probes_leaves_a_mark_and_no_other_does() {
    let marks = |flags, from, to| marks(PortProtocol::Tcp, flags, each(from, to));

    for probe in [SYN, FIN, 0, FIN | PSH | URG, SYN | FIN, SYN | 0xc0] {
        for from in [40_000, 53, 20_000] {
            assert!(marks(probe, from, 1..101) >= MANY, "{probe:#x} from {from}");
            assert!(marks(probe, from, 33_000..33_100) >= MANY, "{probe:#x} from {from}");
        }
        assert_eq!(marks(probe, 40_000, 443..444), 1, "{probe:#x} to one port");
    }
    for other in [SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK] {
        for from in [443, 40_000, 2000] {
            assert_eq!(marks(other, from, 1..101), 0, "{other:#x} from {from}");
            assert_eq!(marks(other, from, 33_000..33_100), 0, "{other:#x} from {from}");
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn a_datagram_from_no_service_leaves_a_mark_and_an_answer_does_not() {
    let marks = |from, to| marks(PortProtocol::Udp, 0, each(from, to));

    assert!(marks(40_000, 1..101) >= MANY, "a scan of low ports");
    assert!(marks(40_000, 33_000..33_100) >= MANY, "a scan of high ports");
    assert!(marks(2000, 1..101) >= MANY, "a scan from another system");
    for service in [53, 443, 4500, 20_000] {
        assert_eq!(marks(service, 33_000..33_100), 0, "answers from {service}");
        assert_eq!(marks(service, 2000..2100), 0, "answers from {service}");
    }
    // It may be a service that nobody named.
    assert_eq!(marks(5999, 33_000..33_100), 0, "answers from 5999");
    assert_eq!(marks(5999, 15_000..15_100), 0, "answers from 5999");
    assert_eq!(marks(40_000, 53..54), 1, "a question");
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn sctp_leaves_no_mark() {
    assert_eq!(marks(PortProtocol::Sctp, 0, each(40_000, 1..101)), 0);
}
