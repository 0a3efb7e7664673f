//! Memory has a bound, and nothing takes much.

use super::*;
use crate::dimension::SeriesKey;
use crate::interval::Totals;
use crate::snapshot::{Breakdown, Named};

/// A flow of a device that is flooded: every key is a new one.
fn flooded(device: u32, direction: Direction, fold: u32, keys: u32) -> Flow {
    let breakdown = |dimension| {
        let named = (0..keys).map(|key| {
            let number = fold * keys + key;
            let key: SeriesKey = match dimension {
                Dimension::Sources => std::net::IpAddr::from(Ipv4Addr::from(number)).into(),
                Dimension::Ports => shared::PortKey(number & 0xffff).into(),
                Dimension::Vlans => u16::try_from(number & 0xfff).unwrap().into(),
            };
            Named {
                key,
                count: Count { packets: u64::from(number) + 1, bytes: 1 << 40 },
                since: example::at(fold.into()),
            }
        });
        let mut named: Vec<_> = named.collect();
        named.sort_unstable_by_key(|named| named.key);
        named.dedup_by_key(|named| named.key);
        named
    };
    let mut totals = Totals::default();
    for (place, count) in totals.cells.as_flattened_mut().iter_mut().enumerate() {
        count.packets = u64::from(fold) * 1000 + place as u64;
    }
    for packets in &mut totals.tcp_flags {
        *packets = u64::from(fold) * 100_000;
    }
    let mut flow = example::empty(&format!("veth{device}"), direction);
    flow.totals = totals.into();
    flow.breakdowns = ByDimension::from_fn(|dimension| {
        let empty = flow.breakdowns[dimension].take()?;
        Some(Breakdown { named: breakdown(dimension), ..empty })
    });

    flow
}

fn flows(devices: std::ops::Range<u32>, fold: u32, keys: u32) -> Vec<Arc<Flow>> {
    let both = [Direction::Receive, Direction::Transmit];
    let mut flows: Vec<_> = devices
        .flat_map(|device| both.map(|direction| Arc::new(flooded(device, direction, fold, keys))))
        .collect();
    flows.sort_unstable_by(|one, other| {
        (&one.device, one.direction).cmp(&(&other.device, other.direction))
    });

    flows
}

#[test]
fn a_thousand_flooded_devices_never_take_more_than_the_limit() {
    let mut scene = Scene::new(LIMIT);

    for fold in 1..40 {
        scene.publish(SECOND, flows(0..1000, fold, 60), BTreeSet::new());

        assert!(scene.history.bytes() <= LIMIT, "{} at fold {fold}", scene.history.bytes());
        assert_eq!(scene.history.bytes(), scene.history.recount());
    }
    // Something is left: the last seconds, with packets if not with keys.
    let window = scene.window(Duration::from_secs(3));
    assert!(window.is_whole);
    assert!(frames(&all(&window)) > 0);
}

#[test]
fn devices_that_come_and_go_never_take_more_than_the_limit() {
    const SMALL: usize = 256 << 10;
    let mut scene = Scene::new(SMALL);

    for fold in 1..600 {
        scene.publish(SECOND, flows(fold * 3..fold * 3 + 20, fold, 30), BTreeSet::new());

        assert!(scene.history.bytes() <= SMALL, "{} at fold {fold}", scene.history.bytes());
    }
    assert_eq!(scene.history.bytes(), scene.history.recount());
    scene.history.limit(1000);
    assert!(scene.history.bytes() <= 1000, "{}", scene.history.bytes());
}

#[test]
fn resolution_gives_way_before_keys_and_keys_before_length() {
    let mut scene = Scene::new(1 << 20);
    let hour = Duration::from_hours(1);
    let kept = |scene: &mut Scene| {
        let short = scene.history.view().tiers[0].len();
        (short, scene.window(hour).keys(), scene.window(hour).elapsed())
    };

    let mut before = (0, KEYS, Duration::ZERO);
    for fold in 1..1500 {
        scene.publish(SECOND, flows(0..4, fold, 60), BTreeSet::new());
        let now = kept(&mut scene);
        let (short, keys, length) = now;

        if keys < before.1 {
            assert!(short <= 16, "keys went before steps: {before:?} {now:?}");
        }
        if length < before.2 {
            assert_eq!((keys, short <= 16), (0, true), "length went first: {before:?} {now:?}");
        }
        before = now;
    }
    assert!(before.0 < 300, "nothing gave way: {before:?}");
}

#[test]
fn a_day_without_packets_takes_less_than_128_kibibytes() {
    let mut scene = Scene::new(LIMIT);
    scene.fold(SECOND, &[("eth0", Some(busy(5)))]);

    for _ in 0..25 * 3600 + 500 {
        let flows = scene.snapshot.flows.clone();
        scene.publish(SECOND, flows, BTreeSet::new());
    }

    let view = scene.history.view();
    let steps: Vec<_> = view.tiers.iter().map(|tier| tier.len()).collect();
    assert_eq!(steps, [300, 240, 300]);
    assert!(scene.history.bytes() < 128 << 10, "{}", scene.history.bytes());
}

#[test]
fn a_key_of_a_step_takes_ten_bytes_and_a_busy_flow_less_than_a_kibibyte() {
    let mut scene = Scene::new(LIMIT);
    let mut before = scene.history.bytes();

    let bursts: Vec<_> = (0..100_u32)
        .map(|host| Burst::from(Ipv4Addr::from(0x0a00_0000 + host).into(), 1000 + u64::from(host)))
        .collect();
    for _ in 0..3 {
        before = scene.history.tiers[0].bytes;
        scene.fold(SECOND, &[("eth0", Some(interval(&bursts, SECOND)))]);
    }

    let step = scene.history.tiers[0].bytes - before;
    assert!(step < 1024, "{step}");
}
