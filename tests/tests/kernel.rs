//! The program in the kernel says of every frame what its host build says, and counts it so.

use std::cell::RefCell;

use exporter::datapath::{Datapath, Inspected, Inspector, Options, Placement};
use exporter::health::Mode;
use exporter::services::PortRules;
use exporter_ebpf::parse_bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestError, TestRunner};
use shared::{Direction, Encapsulation, TunnelPorts, UpToFour};
use tests::corpus::bytes::{ARP, Change, IPV4, IPV6, VLAN, arp, ethernet, ipv4, ipv6, udp, vlan};
use tests::oracle::{self, Rules};
use tests::outcome::Outcome;
use tests::rows::{Rows, touched_registers};
use tests::skb::{RECEIVED, SENT};
use tests::{capture, corpus, load, truth};

/// What a program returns to let a packet pass. Source: include/uapi/linux/bpf.h.
const XDP_PASS: u32 = 2;
/// Frames that each property is tried on.
const CASES: u32 = 20_000;
/// The frame lengths that both properties are about.
const LENGTHS: std::ops::RangeInclusive<usize> = 14..=1500;
/// Rows of what is counted by key.
const KEYED: [&str; 4] = ["source", "port", "vlan", "touched"];

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn the_kernel_counts_the_corpus_as_it_is_written_by_hand() {
    let datapath = Datapath::new(all_counted()).unwrap();
    let mut pair = Pair::new(&datapath);

    for case in corpus::table().into_iter().chain(corpus::sweeps()) {
        pair.run(&case.name, &case.frame, case.expected);
    }

    pair.assert_counted("the corpus");
    println!("{} frames went through the kernel; {:?}", pair.accepted, pair.refused);
}

/// As after a CPU was added to a virtual machine.
#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn a_cpu_that_came_after_the_load_counts_its_keys_in_the_second_level() {
    const FRAMES: u32 = 1000;
    let Some(late) = load::cpus().into_iter().next_back().filter(|cpu| *cpu > 0) else {
        println!(
            "SKIPPED a_cpu_that_came_after_the_load_counts_its_keys_in_the_second_level: there is \
             one CPU"
        );
        return;
    };
    load::pin(late);
    let options = Options { vlans: true, online: Some(late), ..Options::default() };
    let datapath = Datapath::new(options).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();

    for _ in 0..3 {
        inspector.repeat(&load::frame(), FRAMES).unwrap();
        let interval = inspector.drain().unwrap();

        assert_eq!(interval.imbalance(), None);
        let (sources, ports) = (&interval.sources.keys, &interval.ports.keys);
        let counted = |packets: Option<u64>| assert_eq!(packets, Some(FRAMES.into()));
        counted(sources.first().map(|seen| seen.count.packets));
        counted(ports.first().map(|seen| seen.count.packets));
        let entries = |name| interval.maps.iter().find(|it| it.map == name).map(|it| it.entries);
        assert_eq!((entries("sources"), entries("sources_overflow")), (Some(0), Some(1)));
        assert_eq!((entries("ports"), entries("ports_overflow")), (Some(0), Some(1)));
        let [registers, _] = &interval.sketches.sources;
        assert_eq!(registers.iter().filter(|register| **register > 0).count(), 1);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn the_kernel_counts_public_captures_as_the_oracle_reads_them() {
    let name = "the_kernel_counts_public_captures_as_the_oracle_reads_them";
    let Some(captures) = truth::captures_for(name) else { return };
    let datapath = Datapath::new(all_counted()).unwrap();
    let mut pair = Pair::new(&datapath);

    for capture in captures {
        let name = capture.path.file_name().unwrap().display().to_string();
        for (number, frame) in (1..).zip(capture::read(&capture.path)) {
            let expected = read_by_oracle(&frame.bytes);
            pair.run(&format!("{name}, {number}"), &frame.bytes, expected);
        }
        pair.assert_counted(&name);
    }

    println!("{} frames went through the kernel; {:?}", pair.accepted, pair.refused);
    assert!(pair.accepted > 0, "there are no frames in the captures");
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn what_is_switched_off_is_not_counted_and_the_totals_stay() {
    let off = Options {
        sources: false,
        ports: false,
        signals: false,
        vlans: false,
        ..Options::default()
    };
    let datapath = Datapath::new(off).unwrap();
    let mut pair = Pair::new(&datapath);

    for case in corpus::table() {
        pair.run(&case.name, &case.frame, case.expected);
    }

    let interval = pair.inspector.drain().unwrap();
    let expected = pair.expected().without(&KEYED);
    assert_eq!(Rows::of(&interval).differences(&expected), [""; 0]);
    assert_eq!(touched_registers(&interval), 0, "no sketch is kept");
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn ip_packets_are_counted_by_traffic_class_where_that_is_switched_on() {
    let frames = |class: u8| {
        let v4 = ipv4(17, &udp(53, b"")).with(1, &[class]);
        let v6 = ipv6(17, &udp(53, b"")).with(0, &[0x60 | class >> 4, class << 4]);
        [ethernet(IPV4, &v4), ethernet(IPV6, &v6), ethernet(VLAN, &vlan(7, IPV6, &v6))]
    };

    let xdp = Placement::xdp(Mode::Native);

    for (placement, is_on) in [(xdp, true), (RECEIVED, true), (SENT, true), (xdp, false)] {
        let options = Options { traffic_classes: is_on, ..Options::default() };
        let datapath = Datapath::new(options).unwrap();
        let mut inspector = Inspector::of(&datapath, placement).unwrap();
        for class in 0..=u8::MAX {
            for frame in frames(class) {
                inspector.run(&frame).unwrap();
            }
            inspector.run(&ethernet(ARP, &arp())).unwrap();
        }

        let interval = inspector.drain().unwrap();
        assert_eq!(interval.traffic_classes, [if is_on { 3 } else { 0 }; 256]);
        assert_eq!(interval.totals.ip().packets, 3 * 256);
        assert_eq!(inspector.drain().unwrap().traffic_classes, [0; 256], "they are read once");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn tunnels_are_recognised_on_the_ports_that_are_set() {
    let vxlan = |port| ethernet(IPV4, &ipv4(17, &udp(port, &[8, 0, 0, 0, 0, 0, 1, 0])));
    let geneve = |port| ethernet(IPV4, &ipv4(17, &udp(port, &[0, 0, 0x65, 0x58, 0, 0, 1, 0])));
    let own = TunnelPorts { vxlan: UpToFour::of(&[5000, 1]), geneve: UpToFour::of(&[]) };
    let options = Options { tunnels: own, ..Options::default() };
    let datapath = Datapath::new(options.clone()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let seen = |inspector: &mut Inspector<'_>| {
        let frames = [vxlan(5000), vxlan(1), vxlan(0), vxlan(4789), vxlan(8472), geneve(6081)];
        frames.map(|frame| Outcome::of(&inspector.run(&frame).unwrap().parsed).encapsulation)
    };

    let vxlan = Some(Encapsulation::Vxlan);
    assert_eq!(seen(&mut inspector), [vxlan, vxlan, None, None, None, None]);

    inspector.change(&Options { tunnels: TunnelPorts::USUAL, ..options }).unwrap();
    let geneve = Some(Encapsulation::Geneve);
    assert_eq!(seen(&mut inspector), [None, None, None, vxlan, vxlan, geneve]);
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn without_signals_sources_are_counted_and_not_marked() {
    let datapath = Datapath::new(Options { signals: false, ..all_counted() }).unwrap();
    let mut pair = Pair::new(&datapath);

    for case in corpus::table() {
        pair.run(&case.name, &case.frame, case.expected);
    }

    let interval = pair.inspector.drain().unwrap();
    let expected = pair.expected().without(&["touched"]);
    assert_eq!(Rows::of(&interval).differences(&expected), [""; 0]);
    assert_eq!(interval.imbalance(), None);
    assert_eq!(touched_registers(&interval), 0, "no sketch is kept");
    assert!(interval.sources.keys.iter().all(|seen| seen.marks == 0), "no source is marked");
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn they_agree_on_any_bytes() {
    agree_on(&vec(any::<u8>(), LENGTHS));
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn they_agree_on_changed_frames() {
    agree_on(&changed());
}

#[test]
#[ignore = "needs root: `cargo xtask test kernel`"]
fn one_frame_too_many_is_noticed() {
    let datapath = Datapath::new(all_counted()).unwrap();
    let mut pair = Pair::new(&datapath);
    let case = corpus::table().into_iter().find(corpus::Case::is_sendable).unwrap();
    pair.run(&case.name, &case.frame, case.expected);
    let expected = pair.expected();
    pair.run(&case.name, &case.frame, case.expected);

    let interval = pair.inspector.drain().unwrap();

    assert_ne!(Rows::of(&interval).differences(&expected), [""; 0]);
}

/// Tries the property on each frame, and then on what all of them together counted.
fn agree_on(frames: &impl Strategy<Value = Vec<u8>>) {
    let datapath = Datapath::new(all_counted()).unwrap();
    let pair = RefCell::new(Pair::new(&datapath));
    let config = Config { failure_persistence: None, ..Config::with_cases(CASES) };

    let outcome = TestRunner::new(config).run(frames, |frame| {
        let mut pair = pair.borrow_mut();
        let Inspected { verdict, parsed } = pair.inspector.run(&frame).unwrap();
        pair.outcomes.push(read_by_oracle(&frame));

        prop_assert_eq!(verdict, XDP_PASS);
        prop_assert_eq!(parsed, parse_bytes(&frame, Direction::Receive));
        Ok(())
    });

    if let Err(TestError::Fail(reason, frame)) = outcome {
        panic!("{reason}\nframe: {frame:02x?}");
    }
    pair.into_inner().assert_counted("frames made at random");
}

/// A known frame with some bytes of its headers set anew, perhaps cut off or padded.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let known = corpus::table().into_iter().map(|case| case.frame);
    let known: Vec<_> = known.filter(|frame| LENGTHS.contains(&frame.len())).collect();
    let set = vec((0..120_usize, any::<u8>()), 0..5);
    let cut = prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)];

    (select(known), set, cut).prop_map(|(mut frame, set, cut)| {
        for (place, byte) in set {
            let headers = frame.len().min(120);
            frame[place % headers] = byte;
        }
        if let Some(cut) = cut {
            frame.resize(LENGTHS.start() + cut.index(200), 0);
        }

        frame
    })
}

/// The kernel's build and the host's, which get the same frames.
struct Pair<'a> {
    inspector: Inspector<'a>,
    /// Of the frames since the last drain.
    outcomes: Vec<Outcome>,
    accepted: usize,
    refused: Refused,
}

/// Frames that the kernel's test run does not take.
#[derive(Debug, Default)]
struct Refused {
    too_short: usize,
    too_long: usize,
}

impl<'a> Pair<'a> {
    fn new(datapath: &'a Datapath) -> Self {
        let inspector = Inspector::new(datapath).unwrap();

        Self { inspector, outcomes: Vec::new(), accepted: 0, refused: Refused::default() }
    }

    /// Compares the builds on one frame that has to be counted as `expected`.
    fn run(&mut self, name: &str, frame: &[u8], expected: Outcome) {
        match self.inspector.run(frame) {
            Ok(Inspected { verdict, parsed }) => {
                assert_eq!(verdict, XDP_PASS, "{name}: an observer lets every packet pass");
                assert_eq!(parsed, parse_bytes(frame, Direction::Receive), "{name}");
                self.outcomes.push(expected);
                self.accepted += 1;
            }
            // Source: `bpf_test_init` and `bpf_prog_test_run_xdp` in net/bpf/test_run.c.
            Err(_) if frame.len() < 14 => self.refused.too_short += 1,
            Err(_) if frame.len() > 1 << 16 => self.refused.too_long += 1,
            Err(error) => panic!("{name}, {} bytes: {error}", frame.len()),
        }
    }

    fn expected(&self) -> Rows {
        Rows::expected(&self.outcomes, &PortRules::default())
    }

    /// Drains, and compares everything that was counted since the drain before.
    fn assert_counted(&mut self, name: &str) {
        let interval = self.inspector.drain().unwrap();
        let expected = self.expected();
        self.outcomes.clear();

        assert_eq!(Rows::of(&interval).differences(&expected), [""; 0], "{name}");
        assert_eq!(interval.imbalance(), None, "{name}");
        let sources = interval.sources.keys.len();
        let registers = touched_registers(&interval);
        assert!(registers <= sources, "{name}: {registers} registers of {sources} sources");
        assert_eq!(registers == 0, sources == 0, "{name}: sources are sketched");
    }
}

fn all_counted() -> Options {
    Options { vlans: true, ..Options::default() }
}

fn read_by_oracle(frame: &[u8]) -> Outcome {
    oracle::read(frame, &Rules::project()).outcome(Direction::Receive)
}
