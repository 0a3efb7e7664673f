//! Copies that programs take of packets: those that were asked for, whole, and no others.

use exporter::datapath::{
    Copied, Datapath, For, Inspector, Options, Placement, PoolInspector, Samples,
};
use exporter::health::Mode;
use exporter::record::Link;
use exporter::samples::{Losses, Matching, Prefix, Sample, Wanted};
use shared::Direction;
use std::time::SystemTime;
use tests::corpus;
use tests::corpus::bytes::{IPV4, IPV6, VLAN, arp, ethernet, ipv4, ipv6, tcp, udp, vlan};
use tests::skb::{LOOPBACK, RECEIVED, SENT, context_on, fits};

const SNAP_LENGTH: u16 = 96;
const XDP: Placement = Placement::xdp(Mode::Native);
/// More than any test takes.
const MANY: u64 = 1 << 40;
const SYN: u8 = 2;

fn datapath() -> Datapath {
    Datapath::new(Options {
        samples: Some(SNAP_LENGTH),
        vlans: true,
        traffic_classes: true,
        ..Options::default()
    })
    .unwrap()
}

fn one_in(one_in: u32) -> Wanted {
    Wanted { one_in, per_second: 1, matching: Matching::default() }
}

fn only(matching: Matching) -> Wanted {
    Wanted { matching, ..one_in(1) }
}

/// Has packets taken from now on, as many as there are.
fn want(samples: &Samples, whom: For, wanted: &Wanted) {
    samples.want(whom, Some((wanted.clone(), Some(LOOPBACK)))).unwrap();
    samples.allow(whom, MANY);
}

fn read(samples: &Samples) -> Vec<Sample> {
    read_for(samples, For::Usual)
}

fn read_for(samples: &Samples, whom: For) -> Vec<Sample> {
    let mut taken = Vec::new();
    samples.read(|copied: Copied| {
        if copied.is_for(whom) {
            taken.push(copied.sample("lo".into(), SystemTime::now()));
        }
    });

    taken
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn a_copy_is_the_packet_and_what_the_program_found_in_it() {
    for (placement, direction) in
        [(XDP, Direction::Receive), (RECEIVED, Direction::Receive), (SENT, Direction::Transmit)]
    {
        let datapath = datapath();
        let samples = datapath.samples();
        let mut inspector = Inspector::of(&datapath, placement).unwrap();
        want(&samples, For::Usual, &one_in(1));

        let mut frames = 0;
        for case in corpus::table().into_iter().filter(|case| fits(&case.frame)) {
            let before = SystemTime::now();
            // The kernel does not take each of them for a test run.
            let Ok(inspected) = inspector.run(&case.frame) else { continue };
            let taken = read(&samples);

            let [sample] = &taken[..] else { panic!("{}: {taken:?}", case.name) };
            assert_eq!(
                *sample.bytes,
                case.frame[..case.frame.len().min(SNAP_LENGTH.into())],
                "{}",
                case.name
            );
            assert_eq!(sample.parsed, inspected.parsed, "{}", case.name);
            assert_eq!(sample.length as usize, case.frame.len(), "{}", case.name);
            assert_eq!((sample.direction, sample.link), (direction, Link::Ethernet));
            assert!(sample.at >= before && sample.at <= SystemTime::now(), "{}", case.name);
            frames += 1;
        }
        assert!(frames > 100, "{frames}");
        assert_eq!(samples.losses(For::Usual), Losses::default());
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn devices_that_share_a_program_have_their_packets_taken_too() {
    let datapath = datapath();
    let samples = datapath.samples();
    let mut pool = PoolInspector::of(&datapath, RECEIVED, 4).unwrap();
    pool.add(LOOPBACK).unwrap();
    want(&samples, For::Usual, &one_in(1));
    let frame = ethernet(IPV4, &ipv4(17, &udp(53, &[7; 20])));

    let inspected = pool.run(&frame, &[]).unwrap();

    let taken = read(&samples);
    assert_eq!(taken.len(), 1);
    assert_eq!((*taken[0].bytes).to_vec(), frame);
    assert_eq!(taken[0].parsed, inspected.parsed);
}

/// Two kinds of frames that take turns, as periodic traffic does: with gaps of one length, one of them
/// would never be taken.
#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn one_in_so_many_is_taken_in_the_mean_and_no_period_hides_from_it() {
    const FRAMES: usize = 40_000;
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, XDP).unwrap();
    want(&samples, For::Usual, &one_in(10));
    let frames = [53, 54].map(|port| ethernet(IPV4, &ipv4(17, &udp(port, &[]))));

    let mut taken = Vec::new();
    for turn in 0..FRAMES {
        inspector.run(&frames[turn % 2]).unwrap();
        if turn % 1000 == 999 {
            taken.extend(read(&samples));
        }
    }

    // The gap has the variance (19^2 - 1) / 12, so the number has about 4000 * 30 / 100, whose root is 35.
    assert!(taken.len().abs_diff(FRAMES / 10) < 250, "{}", taken.len());
    let first = taken.iter().filter(|it| it.parsed.destination_port == 53).count();
    assert!(first.abs_diff(taken.len() / 2) < 250, "{first} of {}", taken.len());
    assert_eq!(samples.losses(For::Usual), Losses::default());
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn never_more_are_taken_than_are_allowed_and_what_is_refused_is_counted() {
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, XDP).unwrap();
    let frame = ethernet(IPV4, &ipv4(17, &udp(53, &[])));
    samples.want(For::Usual, Some((one_in(1), None))).unwrap();

    inspector.repeat(&frame, 7).unwrap();
    assert_eq!(read(&samples).len(), 0, "none are allowed yet");
    samples.allow(For::Usual, 10);
    inspector.repeat(&frame, 25).unwrap();

    assert_eq!(read(&samples).len(), 10);
    assert_eq!(samples.losses(For::Usual), Losses { rate: 7 + 15, ..Losses::default() });
    samples.want(For::Usual, None).unwrap();
    samples.allow(For::Usual, 10);
    inspector.repeat(&frame, 25).unwrap();
    assert_eq!(read(&samples).len(), 0, "nobody wants any");
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn what_a_full_ring_buffer_has_no_room_for_is_counted() {
    const FRAMES: u32 = 20_000;
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();
    want(&samples, For::Usual, &one_in(1));
    let frame = ethernet(IPV4, &ipv4(17, &udp(53, &[0; 100])));

    inspector.repeat(&frame, FRAMES).unwrap();

    let taken = read(&samples).len() as u64;
    let Losses { full, rate, copy } = samples.losses(For::Usual);
    println!("{taken} copies fit");
    assert!(taken > 3000, "{taken}");
    assert_eq!((taken + full, rate, copy), (FRAMES.into(), 0, 0));
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn only_packets_that_match_are_taken() {
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();
    let dns = ethernet(IPV4, &ipv4(17, &udp(53, &[])));
    let web = ethernet(IPV6, &ipv6(6, &tcp(SYN, &[])));
    let tagged = vlan(7, IPV4, &ipv4(17, &udp(53, &[])));
    let cut = ethernet(IPV4, &ipv4(17, &[0; 3]));
    let request = ethernet(0x0806, &arp());
    let all = [&dns, &web, &ethernet(VLAN, &tagged), &cut, &request].map(Clone::clone);
    let source = |frame: &[u8]| {
        let found = exporter_ebpf::parse_bytes(frame, Direction::Receive);
        found.address.to_ip()
    };
    let [v4, v6] = [&dns, &web].map(|frame| source(frame));
    let any = Matching::default;
    let prefix = |address, length| Some(Prefix { address, length });
    let cases: [(Matching, [bool; 5]); 12] = [
        (any(), [true; 5]),
        (Matching { port: Some(53), ..any() }, [true, false, true, false, false]),
        (Matching { port: Some(54), ..any() }, [false; 5]),
        (Matching { protocol: Some(6), ..any() }, [false, true, false, false, false]),
        (Matching { protocol: Some(17), ..any() }, [true, false, true, true, false]),
        (Matching { malformed: true, ..any() }, [false, false, false, true, false]),
        (Matching { direction: Some(Direction::Receive), ..any() }, [true; 5]),
        (Matching { direction: Some(Direction::Transmit), ..any() }, [false; 5]),
        (Matching { prefix: prefix(v4, 32), ..any() }, [true, false, true, true, false]),
        (Matching { prefix: prefix(v6, 64), ..any() }, [false, true, false, false, false]),
        (Matching { prefix: prefix([0; 4].into(), 0), ..any() }, [true, false, true, true, false]),
        (Matching { prefix: prefix(v4, 32), port: Some(53), malformed: true, ..any() }, [false; 5]),
    ];

    for (matching, expected) in cases {
        want(&samples, For::Usual, &only(matching.clone()));
        let is_taken = all.each_ref().map(|frame| {
            inspector.run(frame).unwrap();
            !read(&samples).is_empty()
        });
        assert_eq!(is_taken, expected, "{matching:?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn a_device_is_matched_by_its_index_and_one_that_is_not_there_by_none() {
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();
    let frame = ethernet(IPV4, &ipv4(17, &udp(53, &[])));
    let wanted = only(Matching { device: Some("lo".into()), ..Matching::default() });

    for (ifindex, expected) in [(Some(LOOPBACK), 1), (Some(LOOPBACK + 1), 0), (None, 0)] {
        samples.want(For::Usual, Some((wanted.clone(), ifindex))).unwrap();
        samples.allow(For::Usual, MANY);
        inspector.run_with(&frame, &context_on(LOOPBACK)).unwrap();
        assert_eq!(read(&samples).len(), expected, "{ifindex:?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test samples`"]
fn a_client_that_captures_and_what_is_kept_have_packets_of_their_own() {
    let datapath = datapath();
    let samples = datapath.samples();
    let mut inspector = Inspector::of(&datapath, RECEIVED).unwrap();
    let [dns, other] = [53, 54].map(|port| ethernet(IPV4, &ipv4(17, &udp(port, &[]))));
    want(&samples, For::Usual, &one_in(1));
    want(&samples, For::Capture, &only(Matching { port: Some(53), ..Matching::default() }));

    for frame in [&dns, &other, &other, &dns] {
        inspector.run(frame).unwrap();
    }
    let (mut kept, mut captured) = (0, 0);
    samples.read(|copied| {
        kept += usize::from(copied.is_for(For::Usual));
        captured += usize::from(copied.is_for(For::Capture));
    });
    assert_eq!((kept, captured), (4, 2));

    samples.want(For::Capture, None).unwrap();
    inspector.run(&dns).unwrap();
    let taken = read(&samples);
    assert_eq!(taken.len(), 1, "the other goes on");
}
