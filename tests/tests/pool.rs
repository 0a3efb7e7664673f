//! The program that devices share counts as the one that a device has alone, each device apart.

use exporter::datapath::{Datapath, Inspector, Options, PoolInspector, SizeChoice};
use exporter::interval::Interval;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use shared::number;
use tests::cable::Namespace;
use tests::corpus;
use tests::corpus::bytes::{Change, IPV4, IPV6, ethernet, ipv4, ipv6, tcp, udp};
use tests::rows::{Rows, touched_registers};
use tests::skb::{self, LOOPBACK, SENT};

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn a_shared_program_counts_the_corpus_as_one_of_its_own_does() {
    let datapath = Datapath::new(all_counted()).unwrap();
    let mut pair = Pair::new(&datapath);

    let frames = corpus::table().into_iter().chain(corpus::sweeps()).map(|case| case.frame);
    for frame in frames.filter(|frame| skb::fits(frame)) {
        pair.run(&frame, &[]);
    }

    let interval = pair.assert_alike();
    assert!(interval.totals.frames().packets > 1000);
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn kinds_that_find_no_room_are_counted_all_the_same() {
    const KINDS: u64 = 4096;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut pair = Pair::new(&datapath);

    for flags in 0..=u8::MAX {
        for payload in [0, 70, 200, 400, 900, 1400, 2400] {
            for family in [IPV4, IPV6] {
                let datagram = tcp(flags, &vec![0; payload]);
                let packet = match family {
                    IPV4 => ipv4(number::TCP, &datagram),
                    _ => ipv6(number::TCP, &datagram),
                };
                pair.run(&ethernet(family, &packet), &[]);
            }
        }
    }

    let counted = pair.assert_alike().totals.frames().packets;
    assert!(counted < KINDS, "{counted} fit, so only chance leaves some without room");
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn a_super_frame_is_counted_as_its_segments() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut pair = Pair::new(&datapath);

    for (flags, payload, segments) in [(0x99, 2300, 3), (0x10, 2000, 2), (0x18, 2001, 3)] {
        let frame = ethernet(IPV4, &ipv4(number::TCP, &tcp(flags, &vec![0; payload])));
        pair.run(&frame, &skb::context(54 + 2300 + 2 * 54, segments, 1000));
    }

    let interval = pair.assert_alike();
    assert_eq!(interval.totals.frames().packets, 8);
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn a_super_frame_of_sctp_is_counted_as_its_segments() {
    /// Source: `GSO_BY_FRAGS` in include/linux/skbuff.h.
    const BY_FRAGS: u32 = 0xffff;
    const CHUNKS: usize = 1900;
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut pair = Pair::new(&datapath);
    let length = 14 + 20 + 12 + u32::try_from(CHUNKS).unwrap();

    let frame = ethernet(IPV4, &ipv4(number::SCTP, &vec![1; 12 + CHUNKS]));
    pair.run(&frame, &skb::context(length + 2 * 34, 3, BY_FRAGS));

    let counted = pair.assert_alike().totals.frames();
    assert_eq!((counted.packets, counted.bytes), (3, u64::from(length) + 2 * (14 + 20 + 12)));
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn any_bytes_are_counted_alike() {
    let datapath = Datapath::new(all_counted()).unwrap();
    let pair = std::cell::RefCell::new(Pair::new(&datapath));
    let config = Config { failure_persistence: None, ..Config::with_cases(10_000) };

    TestRunner::new(config)
        .run(&vec(any::<u8>(), 15..200), |frame| {
            pair.borrow_mut().run(&frame, &[]);
            Ok(())
        })
        .unwrap();

    pair.into_inner().assert_alike();
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn what_a_guard_turns_away_is_counted_for_its_device() {
    let small = Options {
        sizes: SizeChoice {
            source_sets: Some(1),
            port_sets: Some(1),
            source_overflow: Some(64),
            port_overflow: Some(64),
        },
        budget: 100,
        ..Options::default()
    };
    let datapath = Datapath::new(small).unwrap();
    let mut pool = PoolInspector::of(&datapath, SENT, 4).unwrap();
    let slot = pool.add(LOOPBACK).unwrap();

    for host in 0..2000_u16 {
        let [high, low] = host.to_be_bytes();
        let datagram = udp(host, b"");
        let packet = ipv4(number::UDP, &datagram).with(16, &[10, 1, high, low]);
        pool.run(&ethernet(IPV4, &packet), &[]).unwrap();
    }
    pool.drain().unwrap();
    let interval = pool.take(slot);

    assert_eq!(interval.imbalance(), None);
    assert_eq!(interval.totals.frames().packets, 2000);
    assert!(interval.sources.guarded && interval.sources.refused.packets > 500);
    assert!(interval.ports.guarded && interval.ports.refused.packets > 500);
    assert!(interval.sources.evicted.packets > 0, "64 entries are too few for what is admitted");
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn each_device_has_its_own_counts_also_after_others_had_its_slot() {
    let namespace = Namespace::make("pool-slots");
    for index in 10..13 {
        let [name, peer, index] = [format!("d{index}"), format!("p{index}"), index.to_string()];
        let of_peer = format!("1{index}");
        let veth = ["type", "veth", "peer", "name", &peer, "index", &of_peer];
        namespace.ip(&[&["link", "add", &name, "index", &index][..], &veth].concat());
    }
    namespace.within(|| {
        let datapath = Datapath::new(Options::default()).unwrap();
        let mut pool = PoolInspector::of(&datapath, SENT, 2).unwrap();
        let [first, second] = [10, 11].map(|ifindex| pool.add(ifindex).unwrap());
        assert_eq!(pool.add(12), None, "there are two slots");
        send(&mut pool, &[10, 11, 11]);
        pool.drain().unwrap();
        assert_eq!([first, second].map(|slot| frames(&pool.take(slot))), [1, 2]);

        send(&mut pool, &[10, 10, 10, 11]);
        pool.remove(first);
        // As a run that began before the device left.
        send(&mut pool, &[10]);

        assert_eq!(pool.add(12), None, "what the device before counted is not read yet");
        assert!(pool.take_last(first).is_none());
        pool.drain().unwrap();
        assert_eq!(pool.add(12), None, "it is not taken either");
        assert_eq!(frames(&pool.take_last(first).unwrap()), 4);
        assert_eq!(pool.add(12), Some(first));
        send(&mut pool, &[12, 12]);
        pool.drain().unwrap();
        assert_eq!([first, second].map(|slot| frames(&pool.take(slot))), [2, 1]);
        pool.drain().unwrap();
        assert_eq!([first, second].map(|slot| frames(&pool.take(slot))), [0, 0]);
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn a_device_that_is_back_counts_in_its_new_slot_before_the_old_one_is_read() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut pool = PoolInspector::of(&datapath, SENT, 4).unwrap();
    let before = pool.add(LOOPBACK).unwrap();
    send(&mut pool, &[LOOPBACK; 3]);
    pool.remove(before);

    let back = pool.add(LOOPBACK).unwrap();
    send(&mut pool, &[LOOPBACK; 2]);
    pool.drain().unwrap();

    assert_ne!(before, back);
    assert_eq!(frames(&pool.take_last(before).unwrap()), 3);
    assert_eq!(frames(&pool.take(back)), 2);
    send(&mut pool, &[LOOPBACK; 5]);
    pool.drain().unwrap();
    assert_eq!(frames(&pool.take(back)), 5, "the release of the old one left it alone");
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn ip_packets_are_counted_by_traffic_class_where_that_is_switched_on() {
    for is_on in [true, false] {
        let options = Options { traffic_classes: is_on, ..Options::default() };
        let datapath = Datapath::new(options).unwrap();
        let mut pool = PoolInspector::of(&datapath, SENT, 4).unwrap();
        let other = pool.add(1000).unwrap();
        let slot = pool.add(LOOPBACK).unwrap();
        for class in 0..=u8::MAX {
            let v4 = ipv4(number::UDP, &udp(53, b"")).with(1, &[class]);
            let v6 = ipv6(number::UDP, &udp(53, b"")).with(0, &[0x60 | class >> 4, class << 4]);
            for frame in [ethernet(IPV4, &v4), ethernet(IPV6, &v6)] {
                pool.run(&frame, &[]).unwrap();
            }
        }
        // Both generations, so that what is left in one would show.
        let drained = [(); 3].map(|()| {
            pool.drain().unwrap();
            [slot, other].map(|slot| pool.take(slot).traffic_classes)
        });

        let all = [if is_on { 2 } else { 0 }; 256];
        assert_eq!(drained, [[all, [0; 256]], [[0; 256]; 2], [[0; 256]; 2]]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pool`"]
fn every_slot_can_be_taken() {
    let datapath = Datapath::new(Options { signals: false, ..Options::default() }).unwrap();
    let mut pool = PoolInspector::of(&datapath, SENT, 256).unwrap();

    let slots: Vec<_> = (1..=256).map(|index| pool.add(index * 7).unwrap()).collect();

    assert_eq!(slots, (0..256).collect::<Vec<_>>());
    assert_eq!(pool.add(5000), None);
}

/// A program of its own and a shared one, which get the same frames.
struct Pair<'a> {
    own: Inspector<'a>,
    shared: PoolInspector<'a>,
    slot: u32,
}

impl<'a> Pair<'a> {
    fn new(datapath: &'a Datapath) -> Self {
        let own = Inspector::of(datapath, SENT).unwrap();
        let mut shared = PoolInspector::of(datapath, SENT, 4).unwrap();
        // The slot 0 is as good as none in a key.
        shared.add(1000).unwrap();
        let slot = shared.add(LOOPBACK).unwrap();

        Self { own, shared, slot }
    }

    /// Frames that the kernel does not run a program on are left out.
    fn run(&mut self, frame: &[u8], context: &[u8]) {
        let Ok(own) = self.own.run_with(frame, context) else { return };

        assert_eq!(self.shared.run(frame, context).unwrap(), own);
    }

    /// Compares everything that was counted, and returns it.
    fn assert_alike(&mut self) -> Interval {
        let own = self.own.drain().unwrap();
        self.shared.drain().unwrap();
        let shared = self.shared.take(self.slot);

        assert_eq!(Rows::of(&shared).differences(&Rows::of(&own)), [""; 0]);
        assert_eq!(shared.imbalance(), None);
        assert_eq!(shared.totals, own.totals);
        assert_eq!(shared.traffic_classes, own.traffic_classes);
        assert_eq!(shared.sources.keys.len(), own.sources.keys.len());
        let [of_shared, of_own] = [&shared, &own].map(touched_registers);
        assert!(of_shared.abs_diff(of_own) * 20 <= of_own, "{of_shared} and {of_own} registers");

        shared
    }
}

fn all_counted() -> Options {
    Options { vlans: true, traffic_classes: true, ..Options::default() }
}

/// Runs the program once for each frame of a device.
fn send(pool: &mut PoolInspector, devices: &[u32]) {
    let frame = ethernet(IPV4, &ipv4(number::TCP, &tcp(0x10, b"")));
    for ifindex in devices {
        pool.run(&frame, &skb::context_on(*ifindex)).unwrap();
    }
}

fn frames(interval: &Interval) -> u64 {
    assert_eq!(interval.imbalance(), None);

    interval.totals.frames().packets
}
