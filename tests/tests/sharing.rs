//! Devices that one program counts together: exactly, each apart, while others come and go.

mod sharing {
    pub(super) mod bed;
    mod pools;
}

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use exporter::datapath::{Datapath, Options, Tap};
use exporter::interval::{Drained, Interval, sum};
use shared::{Count, Direction};
use tests::cable::Namespace;
use tests::patience::{Reason, let_pass, wait_for};
use tests::skb::{RECEIVED, SENT};
use tests::veths::{self, Sender};

use sharing::bed::{Bed, Counted, INTERVAL, Run};

/// How long devices come and go in the default run.
const SHORT: Duration = Duration::from_secs(20);

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn fifty_devices_are_counted_to_the_packet_and_to_the_byte() {
    let bed = Bed::of("shared-fifty", 50);
    bed.namespace.within(|| {
        let (mut datapath, taps, mut sender) = bed.counting();
        let mut counted = Counted::default();

        let mut expected = BTreeMap::new();
        for round in 1..4 {
            for (number, tap) in (0_u64..).zip(&taps) {
                let length = 60 + number * 29;
                let name = &*tap.device.name;
                let sent = sender.send(name, round + number * 3, length, number as usize);
                expected.entry(name.to_owned()).or_insert_with(Count::default).add(sent);
            }
            counted.add(datapath.drain().unwrap());
        }

        assert_eq!(counted.frames, expected);
        for (number, tap) in (0..).zip(&taps) {
            let sources = &counted.sources[&*tap.device.name];
            let source = std::net::Ipv4Addr::from(0x0a64_0000 + number);
            let of_device = BTreeMap::from([(source.into(), expected[&*tap.device.name])]);
            assert_eq!(*sources, of_device, "{}", tap.device.name);
        }
        let last = datapath.detach(&taps);
        assert_eq!(last.len(), 50);
        assert!(last.iter().all(|it| frames(it) == Count::default()), "all was drained");
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn what_each_device_receives_is_what_its_other_end_sent() {
    let bed = Bed::of("shared-received", 20);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps: Vec<Tap> = bed
            .taps()
            .into_iter()
            .map(|tap| Tap { direction: Direction::Receive, ..tap })
            .collect();
        for tap in &taps {
            datapath.share(tap, RECEIVED).unwrap();
        }
        let mut sender = Sender::start(&bed.namespace);
        let mut counted = Counted::default();

        let mut expected = BTreeMap::new();
        for (number, tap) in (1_u64..).zip(&taps) {
            let name = &*tap.device.name;
            let sent = sender.send(&format!("p{name}"), number, 60 + number * 31, 1);
            expected.insert(name.to_owned(), sent);
        }
        // A frame may wait a moment for the other end to take it.
        wait_for("all frames", || {
            counted.add(datapath.drain().unwrap());
            if counted.frames == expected { Ok(()) } else { Err(format!("{:?}", counted.frames)) }
        });

        assert!(counted.sources.values().all(|sources| sources.len() == 1));
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn devices_come_and_go_under_traffic() {
    churn(SHORT);
}

#[test]
#[ignore = "takes ten minutes: `cargo xtask test --suite churn`"]
fn devices_come_and_go_for_ten_minutes() {
    churn(Duration::from_mins(10));
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn a_full_load_on_many_devices_is_conserved() {
    let run = Run::of("shared-load", 30);
    let all = sum(run.sent.values());
    println!("{} frames in {} intervals", all.packets, run.intervals);

    assert_eq!(run.verdict(), Ok(()));
}

/// The control: the same check sees what is lost on purpose.
#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn what_is_lost_of_one_device_is_noticed() {
    let mut run = Run::of("shared-control", 3);
    assert_eq!(run.verdict(), Ok(()));

    let one = run.counted.frames.get_mut("v3").unwrap();
    one.packets -= 1;

    assert!(run.verdict().unwrap_err().contains("v3"));
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn two_hundred_devices_are_attached_soon_and_take_little_memory() {
    const MOST: u64 = 128 << 20;
    let bed = Bed::of("shared-many", 200);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps: Vec<Tap> = bed.taps();
        let begun = Instant::now();

        for tap in &taps {
            datapath.share(tap, SENT).unwrap();
            let received = Tap { direction: Direction::Receive, ..tap.clone() };
            datapath.share(&received, RECEIVED).unwrap();
        }

        let took = begun.elapsed();
        datapath.drain().unwrap();
        let memory = map_memory();
        println!("200 devices in {took:?}, {} KiB of maps", memory >> 10);
        assert!(took < Duration::from_secs(100), "{took:?}");
        assert!(memory <= MOST, "{memory} bytes in maps");
        let begun = Instant::now();
        let drained = datapath.drain().unwrap();
        println!("a drain of 200 idle devices in {:?}", begun.elapsed());
        assert_eq!(drained.len(), 400);
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn other_constants_and_a_larger_pool_lose_nothing() {
    let bed = Bed::of("shared-change", 70);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = bed.taps();
        let (first, rest) = taps.split_at(8);
        for tap in first {
            datapath.share(tap, SENT).unwrap();
        }
        let names: Vec<String> = first.iter().map(|tap| tap.device.name.to_string()).collect();
        let mut sender = Sender::start(&bed.namespace);
        sender.forever(&names);
        let mut counted = Counted::default();
        let_pass(INTERVAL, Reason::Traffic);
        counted.add(datapath.drain().unwrap());

        for vlans in [true, false] {
            datapath.change(&Options { vlans, ..Options::default() });
            assert_eq!(datapath.outdated().len(), 8);
            for tap in datapath.outdated() {
                datapath.prepare_next(&tap).unwrap();
            }
            let_pass(INTERVAL, Reason::Traffic);
            counted.add(datapath.drain().unwrap());
            let replaced = datapath.take_replaced();
            assert_eq!(replaced.len(), 8);
            assert!(replaced.iter().all(|it| it.outcome.is_ok()));
            assert_eq!(datapath.outdated(), []);
        }
        // The pool has 64 slots.
        for tap in rest {
            datapath.share(tap, SENT).unwrap();
        }
        let_pass(INTERVAL, Reason::Traffic);
        counted.add(datapath.drain().unwrap());

        let sent = names.into_iter().zip(sender.stop()).collect();
        counted.add(datapath.drain().unwrap());
        counted.frames.retain(|_, count| count.packets > 0);
        assert_eq!(counted.frames, sent);
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn a_renamed_device_begins_anew_and_the_old_name_keeps_its_counts() {
    let bed = Bed::of("shared-names", 2);
    bed.namespace.within(|| {
        let (mut datapath, taps, mut sender) = bed.counting();
        sender.send("v0", 5, 100, 0);
        sender.send("v1", 7, 100, 1);

        let last = datapath.rename(&taps[0], &"v9".into()).unwrap();

        assert_eq!((&*last.device, frames(&last).packets), ("v0", 5));
        sender.send("v0", 3, 100, 0);
        let mut counted = Counted::default();
        counted.add(datapath.drain().unwrap());
        let packets = |name: &str| counted.frames.get(name).map(|count| count.packets);
        assert_eq!((packets("v0"), packets("v9"), packets("v1")), (None, Some(3), Some(7)));
    });
}

/// Devices come, send and go for so long, while others send all the time.
fn churn(time: Duration) {
    const STAY: usize = 6;
    const BATCH: usize = 5;
    let bed = Bed::of("shared-churn", STAY);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let staying = bed.share_all(&mut datapath);
        let names: Vec<String> = staying.iter().map(|tap| tap.device.name.to_string()).collect();
        let mut busy = Sender::start(&bed.namespace);
        busy.forever(&names);
        let mut sender = Sender::start(&bed.namespace);
        let mut counted = Counted::default();
        let mut before = None;
        let begun = Instant::now();
        let mut rounds = 0;

        while begun.elapsed() < time || rounds < 4 {
            veths::make(&bed.namespace, "c", 0..BATCH);
            let taps: Vec<Tap> =
                (0..BATCH).map(|at| veths::sent(&bed.namespace, &format!("c{at}"))).collect();
            let mut sent = BTreeMap::new();
            for (number, tap) in (0..).zip(&taps) {
                datapath.share(tap, SENT).unwrap();
                let name = tap.device.name.to_string();
                let frames = 1 + (rounds * 7 + number) % 50;
                sent.insert(name.clone(), sender.send(&name, frames, 200, 99));
            }
            if rounds % 2 == 0 {
                counted.add(datapath.drain().unwrap());
            }
            // Some devices go with their program, from others it is taken.
            let is_deleted = rounds % 3 != 0;
            if is_deleted {
                delete(&bed.namespace, BATCH);
            }
            counted.add(datapath.detach(&taps));
            if !is_deleted {
                delete(&bed.namespace, BATCH);
            }
            for (name, sent) in sent {
                assert_eq!(counted.frames.remove(&name), Some(sent), "{name}, round {rounds}");
            }
            rounds += 1;
            counted.add(datapath.drain().unwrap());
            // The first rounds may have made what stays.
            if rounds == 2 {
                before = Some((descriptors(), map_memory()));
            }
        }

        let sent: BTreeMap<_, _> = names.into_iter().zip(busy.stop()).collect();
        drop(sender);
        counted.add(datapath.drain().unwrap());
        println!("{rounds} rounds, {} frames of those that stay", sum(sent.values()).packets);
        assert_eq!(counted.frames, sent);
        let (fds, maps) = before.unwrap();
        assert!(descriptors() <= fds, "{} descriptors, {fds} before", descriptors());
        assert!(map_memory() <= maps, "{} bytes of maps, {maps} before", map_memory());
    });
}

fn delete(namespace: &Namespace, devices: usize) {
    let script = format!("for i in $(seq 0 {}); do ip link del c$i; done", devices - 1);
    namespace.run("sh", &["-c", &script]);
}

fn frames(drained: &Drained) -> Count {
    let interval: &Interval = drained.counted.as_ref().unwrap();

    interval.totals.frames()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Returns the bytes of all maps that this process has open. Source: `bpf_map_show_fdinfo` in
/// kernel/bpf/syscall.c.
fn map_memory() -> u64 {
    let mut maps = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/fdinfo").unwrap() {
        let info = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        let field = |name: &str| -> Option<u64> {
            info.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        };
        if let (Some(id), Some(bytes)) = (field("map_id:"), field("memlock:")) {
            maps.insert(id, bytes);
        }
    }

    maps.values().sum()
}
