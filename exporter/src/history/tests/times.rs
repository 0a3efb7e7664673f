//! Which steps there are, what windows say of themselves, and what is not known.

use super::*;
use crate::history::step::Step;

fn lengths(steps: &[Arc<Step>]) -> Vec<u64> {
    steps.iter().map(|step| step.elapsed.as_secs()).collect()
}

fn unread(sum: &Sum) -> Vec<&str> {
    sum.unread.iter().map(|(device, _)| &**device).collect()
}

#[test]
fn short_steps_go_as_far_as_there_are_and_longer_ones_further() {
    let mut scene = Scene::new(LIMIT);
    for _ in 0..7500 {
        scene.fold(SECOND, &[("eth0", Some(busy(2)))]);
    }

    for (length, step, seconds) in [(1, 1, 1), (60, 1, 60), (300, 1, 300), (3600, 15, 3600)] {
        let window = scene.window(Duration::from_secs(length));
        assert!(window.is_whole, "{length}");
        assert_eq!(window.step().as_secs(), step, "{length}");
        assert_eq!((window.elapsed().as_secs(), window.folds()), (seconds, (seconds, 0)));
        assert_eq!(frames(&all(&window)), 2 * seconds);
    }
    let day = scene.window(Duration::from_hours(25));
    assert!(!day.is_whole);
    assert_eq!((day.elapsed().as_secs(), day.step().as_secs()), (7500, 300));
    assert_eq!(frames(&all(&day)), 15_000);
    assert_eq!(day.last(), 7501);
}

#[test]
fn a_window_ends_with_the_last_fold_whatever_step_it_is_in() {
    let mut scene = Scene::new(LIMIT);
    for _ in 0..320 {
        scene.fold(SECOND, &[("eth0", Some(busy(1)))]);
    }

    let window = scene.window(Duration::from_hours(1));

    // One of five minutes, one of a quarter of a minute, and what is left.
    assert_eq!(window.last(), 321);
    assert_eq!(frames(&all(&window)), 320);
    assert_eq!(lengths(&window.steps)[21..], [1, 1, 1, 1, 1]);
}

#[test]
fn long_folds_are_steps_of_their_own_and_short_ones_are_added_up() {
    let mut scene = Scene::new(LIMIT);
    for _ in 0..4 {
        scene.fold(Duration::from_secs(5), &[("eth0", Some(busy(1)))]);
    }
    assert_eq!(lengths(&scene.window(Duration::from_secs(10)).steps), [5, 5]);

    for _ in 0..35 {
        scene.fold(Duration::from_millis(100), &[("eth0", Some(busy(1)))]);
    }
    let window = scene.window(Duration::from_secs(3));
    assert_eq!(lengths(&window.steps), [1, 1, 1]);
    assert_eq!((frames(&all(&window)), window.folds()), (30, (30, 0)));
}

#[test]
fn what_was_not_read_is_not_zero() {
    let mut scene = Scene::new(LIMIT);
    let both = |one: Option<u64>| vec![("eth0", one.map(busy)), ("eth1", Some(busy(1)))];
    scene.fold(SECOND, &both(Some(1)));
    assert_eq!(unread(&all(&scene.window(SECOND))), [""; 0]);

    scene.fold(SECOND, &both(None));
    let missing = all(&scene.window(SECOND));
    scene.fold(SECOND, &both(Some(20)));
    let late = all(&scene.window(SECOND));
    let with_both = all(&scene.window(SECOND * 2));
    scene.fold(SECOND, &both(Some(300)));

    assert_eq!(unread(&missing), ["eth0"]);
    assert_eq!(unread(&late), ["eth0"], "it has packets of the second before");
    assert_eq!(unread(&with_both), [""; 0], "it was read before and after");
    assert_eq!(frames(&with_both), 22);
    assert_eq!(unread(&all(&scene.window(SECOND))), [""; 0]);
}

#[test]
fn a_device_that_is_gone_and_back_is_counted_twice_from_nothing() {
    let mut scene = Scene::new(LIMIT);
    scene.fold(SECOND, &[("eth0", Some(busy(5)))]);
    scene.fold(SECOND, &[]);
    let gone = all(&scene.window(SECOND));
    scene.fold(SECOND, &[("eth0", Some(busy(3)))]);

    assert!(gone.flows.is_empty() && gone.there.is_empty());
    assert_eq!(frames(&all(&scene.window(SECOND))), 3);
    let window = scene.window(SECOND * 3);
    assert_eq!((frames(&all(&window)), all(&window).flows.len()), (8, 1));
}

#[test]
fn folds_that_nobody_saw_are_part_of_the_next_step() {
    let mut scene = Scene::new(LIMIT);
    scene.fold(SECOND, &[("eth0", Some(busy(1)))]);
    let seen = scene.snapshot.clone();
    let mut blind = std::mem::replace(&mut scene.history, History::new(LIMIT));
    scene.fold(SECOND, &[("eth0", Some(busy(10)))]);
    scene.fold(SECOND, &[("eth0", Some(busy(100)))]);

    blind.fold(&seen, &scene.snapshot);
    blind.fold(&scene.snapshot, &scene.snapshot);

    let window = blind.view().window(SECOND).unwrap();
    assert_eq!((window.folds(), window.elapsed()), ((2, 0), SECOND * 2));
    assert_eq!(frames(&all(&window)), 110);
}

#[test]
fn keys_beyond_the_busiest_are_in_other_and_named_so() {
    let mut scene = Scene::new(LIMIT);
    scene.fold(SECOND, &[("eth0", Some(busy(1)))]);
    let named = (0..30_u32).map(|host| {
        let key = std::net::IpAddr::from(Ipv4Addr::from(host));
        let since = example::at(2);
        crate::snapshot::Named { since, ..example::named(key, u64::from(host) + 1, 0) }
    });
    let mut flow = example::of_sources(named);
    flow.device = "eth0".into();

    scene.publish(SECOND, vec![Arc::new(flow)], BTreeSet::new());

    let sum = all(&scene.window(SECOND));
    let sources = sum.flows[0].breakdowns[Dimension::Sources].as_ref().unwrap();
    let packets: Vec<_> = sources.named.iter().map(|named| named.count.packets).collect();
    assert_eq!(packets, (11..=30).collect::<Vec<_>>());
    assert_eq!((sources.other[0].packets, sources.unattributed.unnamed), (55, 55));
    let beyond = sum.beyond.values().next().unwrap();
    assert_eq!(beyond[Dimension::Sources].packets, 55);
}

#[test]
fn pieces_end_at_the_same_moments_while_the_window_moves_on() {
    let mut scene = Scene::new(LIMIT);
    let ends = |scene: &mut Scene| -> Vec<_> {
        let pieces = scene.window(Duration::from_mins(1)).pieces(Duration::from_secs(10));
        pieces[1..pieces.len() - 1].iter().map(Window::end).collect()
    };
    for _ in 0..103 {
        scene.fold(SECOND, &[("eth0", Some(busy(1)))]);
    }

    let before = ends(&mut scene);
    scene.fold(SECOND, &[("eth0", Some(busy(1)))]);
    let after = ends(&mut scene);

    assert_eq!(before.len(), 5);
    assert!(after.iter().take(4).all(|end| before.contains(end)), "{before:?} {after:?}");
    let window = scene.window(Duration::from_mins(1));
    let pieces = window.pieces(Duration::from_secs(10));
    let sums: u64 = pieces.iter().map(|piece| frames(&all(piece))).sum();
    assert_eq!(sums, frames(&all(&window)));
}

#[test]
fn signals_are_those_at_the_end_of_a_step() {
    let mut scene = Scene::new(LIMIT);
    for packets in [1, 5] {
        scene.fold(SECOND, &[("eth0", Some(busy(packets)))]);
    }

    let sum = all(&scene.window(SECOND * 2));

    let [kept, own] =
        [&sum.flows[0], &scene.snapshot.flows[0]].map(|it| it.signals.clone().unwrap());
    assert!((kept.distinct_sources[0] - own.distinct_sources[0]).abs() < 0.001);
    assert_eq!((kept.source_entropy, kept.syn_sources), (own.source_entropy, own.syn_sources));
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let snapshot = example::readings().snapshot;
    let span = Span { begin: example::at(0), elapsed: SECOND };
    let known = Known { begin: false, end: true };
    let added = Added::between(None, &snapshot.flows[0], span, known);

    let mut bytes = Vec::new();
    pack(&added, &mut bytes);
    let mut rest = &*bytes;

    assert_eq!(unpack(&mut rest), Some(added));
    assert!(rest.is_empty());
    for end in 0..bytes.len() {
        assert_eq!(unpack(&mut &bytes[..end]), None, "cut at {end}");
    }
}
