//! Programs and tables that replace each other while devices come and go: nothing is counted twice or
//! begins anew, and the memory stays within its budget.

use std::slice;
use std::time::{Duration, Instant};

use aya::programs::{SchedClassifier, TcAttachType};
use exporter::datapath::{Datapath, Device, LoadError, Options, Presence, Tap};
use exporter::interval::{Drained, Interval};
use shared::Direction;
use tests::filter::{EINVAL, MAP_LOOKUP_AND_DELETE_BATCH, filtered};
use tests::links;
use tests::patience::{Reason, let_pass};
use tests::skb::{RECEIVED, SENT};
use tests::veths::Sender;

use super::bed::{Bed, Counted, INTERVAL};

/// A pool stays larger than it need be for less than this.
const LONG: Duration = Duration::from_mins(6);

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn counts_continue_where_a_device_comes_back_in_the_other_class() {
    let bed = Bed::of("pools-class", 1);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = bed.share_all(&mut datapath);
        let mut sender = Sender::start(&bed.namespace);
        let mut drained = Vec::new();

        sender.send("v0", 5, 100, 0);
        take_off(&mut datapath, &taps[0]);
        drained.extend(datapath.drain().unwrap());
        let prepared = datapath.prepare(SENT).unwrap();
        datapath.attach(&taps[0], prepared).unwrap();
        sender.send("v0", 3, 100, 0);
        drained.extend(datapath.drain().unwrap());
        take_off(&mut datapath, &taps[0]);
        datapath.share(&taps[0], SENT).unwrap();
        sender.send("v0", 4, 100, 0);
        drained.extend(datapath.drain().unwrap());
        drained.extend(datapath.detach(&taps));

        let since = drained[0].since;
        assert!(drained.iter().all(|it| it.since == since), "{drained:?}");
        assert_eq!(drained.iter().map(packets).sum::<u64>(), 12);
        assert_eq!(datapath.drain().unwrap().len(), 0, "nothing is left of it");
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn what_a_program_of_the_other_class_has_left_follows_a_renamed_device() {
    let bed = Bed::of("pools-name", 1);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let tap = bed.taps().remove(0);
        let mut sender = Sender::start(&bed.namespace);

        let prepared = datapath.prepare(SENT).unwrap();
        datapath.attach(&tap, prepared).unwrap();
        sender.send("v0", 5, 100, 0);
        take_off(&mut datapath, &tap);
        datapath.share(&tap, SENT).unwrap();
        let of_own = under_another_name(&mut datapath, &tap, &mut sender);
        datapath.share(&tap, SENT).unwrap();
        sender.send("v0", 4, 100, 0);
        take_off(&mut datapath, &tap);
        let prepared = datapath.prepare(SENT).unwrap();
        datapath.attach(&tap, prepared).unwrap();
        let of_shared = under_another_name(&mut datapath, &tap, &mut sender);

        let of_v9 = |packets: u64| ("v9".to_owned(), packets);
        assert_eq!(of_own, [of_v9(5), of_v9(3)]);
        assert_eq!(of_shared, [of_v9(4), of_v9(3)]);
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn what_could_not_be_read_of_a_device_that_is_gone_comes_under_no_name() {
    let bed = Bed::of("pools-gone", 2);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = bed.share_all(&mut datapath);
        let mut sender = Sender::start(&bed.namespace);
        sender.send("v0", 5, 100, 0);
        sender.send("v1", 7, 100, 1);
        let gone = slice::from_ref(&taps[0]);

        let last = filtered(Some(MAP_LOOKUP_AND_DELETE_BATCH), EINVAL, || datapath.detach(gone));

        assert!(matches!(&last[..], [Drained { counted: Err(_), .. }]), "{last:?}");
        let after = datapath.drain().unwrap();
        assert_eq!(after.iter().map(|it| &*it.device).collect::<Vec<_>>(), ["v1"]);
        assert_eq!(packets(&after[0]), 7);
        datapath.share(&taps[0], SENT).unwrap();
        sender.send("v0", 3, 100, 0);
        let after = datapath.drain().unwrap();
        assert_eq!(after.iter().map(packets).sum::<u64>(), 3, "its slot is empty again");
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn programs_that_are_loaded_to_replace_others_are_within_the_budget() {
    let bed = Bed::of("pools-budget", 1);
    bed.namespace.within(|| {
        let sent = bed.taps().remove(0);
        let received = Tap { direction: Direction::Receive, ..sent.clone() };
        let both = [(&sent, SENT), (&received, RECEIVED)];
        let attached = |options: &Options| {
            let mut datapath = Datapath::new(options.clone()).unwrap();
            for (tap, placement) in both {
                let prepared = datapath.prepare(placement).unwrap();
                datapath.attach(tap, prepared).unwrap();
            }
            datapath
        };
        let taken = |options: &Options| attached(options).memory().bytes;
        let without = Options { ports: false, ..Options::default() };
        let [most, least] = [&Options::default(), &without].map(taken);
        let of_one = (most - least) / 2;

        // Room for one of the two tables that are switched on, and a half.
        let tight = Options { memory: least + of_one + of_one / 2, ..without };
        let mut datapath = attached(&tight);
        datapath.change(&Options { ports: true, ..tight.clone() });
        for (tap, _) in both {
            datapath.prepare_next(tap).unwrap();
        }
        assert!(datapath.memory().bytes <= tight.memory, "{:?}", datapath.memory());
        datapath.drain().unwrap();
        assert_eq!(datapath.outdated(), []);
        assert!(datapath.memory().bytes <= tight.memory, "{:?}", datapath.memory());
        drop(datapath);

        // Counters by VLAN take 64 KiB for each CPU.
        let full = Options { memory: most + (32 << 10), ..Options::default() };
        let mut datapath = attached(&full);
        datapath.change(&Options { vlans: true, ..full });
        let refused = datapath.prepare_next(&sent).unwrap_err();
        assert!(matches!(refused, LoadError::OverBudget { .. }), "{refused}");
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn a_device_that_cannot_be_attached_leaves_a_full_pool_as_large_as_it_is() {
    let bed = Bed::of("pools-refused", 64);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = bed.share_all(&mut datapath);
        let before = datapath.memory();
        let device = Device { name: "gone".into(), index: 1 << 20 };

        let refused = datapath.share(&Tap { device, direction: Direction::Transmit }, SENT);

        assert!(refused.is_err());
        assert_eq!(datapath.memory(), before);
        let mut sender = Sender::start(&bed.namespace);
        sender.send("v63", 9, 100, 0);
        let drained = datapath.drain().unwrap();
        assert_eq!((drained.len(), drained.iter().map(packets).sum()), (taps.len(), 9));
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test sharing`"]
fn a_pool_shrinks_once_most_of_its_devices_are_gone_and_loses_nothing() {
    let bed = Bed::of("pools-shrink", 70);
    bed.namespace.within(|| {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = bed.share_all(&mut datapath);
        let (staying, leaving) = taps.split_at(8);
        let names: Vec<String> = staying.iter().map(|tap| tap.device.name.to_string()).collect();
        let mut sender = Sender::start(&bed.namespace);
        sender.forever(&names);
        let mut counted = Counted::default();
        let mut look = |datapath: &mut Datapath, after: Duration| {
            datapath.fit_pools(Instant::now() + after);
            let_pass(INTERVAL, Reason::Traffic);
            counted.add(datapath.drain().unwrap());
            datapath.memory().bytes
        };

        let large = look(&mut datapath, Duration::ZERO);
        datapath.detach(leaving);
        assert_eq!(look(&mut datapath, Duration::ZERO), large, "others may come in their place");
        look(&mut datapath, LONG);
        let small = look(&mut datapath, LONG);

        assert!(small < large, "{small} of {large}");
        let sent = names.into_iter().zip(sender.stop()).collect();
        look(&mut datapath, LONG);
        assert_eq!(datapath.memory().bytes, small, "there is no smaller one");
        datapath.detach(staying);
        datapath.fit_pools(Instant::now());
        datapath.fit_pools(Instant::now() + LONG);
        datapath.drain().unwrap();
        assert_eq!(datapath.memory().bytes, 0, "no device needs a pool");
        counted.frames.retain(|_, count| count.packets > 0);
        assert_eq!(counted.frames, sent);
    });
}

/// Takes the program off, as another process does.
fn take_off(datapath: &mut Datapath, tap: &Tap) {
    let (_, programs) = SchedClassifier::query_tcx(&tap.device.name, TcAttachType::Egress).unwrap();
    links::detach(programs[0].id());

    assert_eq!(datapath.presence(tap), Some(Presence::TakenOff));
    datapath.pause(slice::from_ref(tap));
}

/// Renames a tap, sends three packets and detaches it; returns the names and packets of the drain.
fn under_another_name(
    datapath: &mut Datapath,
    tap: &Tap,
    sender: &mut Sender,
) -> Vec<(String, u64)> {
    let device = Device { name: "v9".into(), index: tap.device.index };
    datapath.rename(tap, &device.name).unwrap();
    sender.send("v0", 3, 100, 0);
    let drained = datapath.drain().unwrap();
    datapath.detach(&[Tap { device, direction: tap.direction }]);

    drained.iter().map(|it| (it.device.to_string(), packets(it))).collect()
}

fn packets(drained: &Drained) -> u64 {
    let interval: &Interval = drained.counted.as_ref().unwrap();

    interval.totals.frames().packets
}
