//! Who counts as half open, for how long, and how far the number can be trusted.

use std::net::{Ipv4Addr, Ipv6Addr};

use shared::Count;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const PORT: u32 = 1;

fn seen(source: impl Into<IpAddr>, marks: u32) -> Seen<IpAddr> {
    Seen { key: source.into(), count: Count { packets: 1, bytes: 60 }, marks }
}

fn host(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + number)
}

fn syns(numbers: std::ops::Range<u32>) -> Vec<Seen<IpAddr>> {
    numbers.map(|number| seen(host(number), SYN | PORT)).collect()
}

/// Folds intervals of a second, all into the first pane.
fn after(intervals: &[&[Seen<IpAddr>]]) -> HalfOpen {
    let mut half_open = HalfOpen::default();
    for interval in intervals {
        half_open.add(interval, SECOND, 0);
    }

    half_open
}

#[test]
fn a_source_counts_that_sent_a_syn_and_no_ack() {
    let marks = [SYN, SYN | PORT, SYN | ACK, ACK, PORT, 0];
    let sources: Vec<_> = (0..).map(host).zip(marks).map(|(host, it)| seen(host, it)).collect();
    let ipv6 = seen(Ipv6Addr::LOCALHOST, SYN);

    let half_open = after(&[&[&sources[..], &[ipv6]].concat(), &[]]);

    assert_eq!(half_open.count(false), 3);
}

#[test]
fn an_ack_ends_it_whenever_it_comes_and_the_next_syn_begins_it_anew() {
    let [syn, ack] = [SYN, ACK].map(|marks| [seen(host(1), marks)]);
    let others = syns(2..5);

    let counts = [
        after(&[&syn, &[], &[]]),
        after(&[&syn, &[], &ack]),
        after(&[&ack, &syn, &others]),
        after(&[&syn, &ack, &[], &syn, &others]),
        after(&[&others, &syn, &[&ack, &others[..]].concat()]),
    ]
    .map(|half_open| half_open.count(false));

    assert_eq!(counts, [1, 0, 1, 1, 3]);
}

#[test]
fn a_client_that_was_caught_between_syn_and_ack_never_counts() {
    let mut half_open = HalfOpen::default();
    let mut add = |marks, millis| {
        half_open.add(&[seen(host(1), marks)], Duration::from_millis(millis), 0);
        [false, true].map(|of_all| half_open.count(of_all))
    };

    assert_eq!(add(SYN, 1000), [0, 1]);
    assert_eq!(add(ACK, 1000), [0, 0]);
    // Short intervals: there is as much time, not as many intervals.
    assert_eq!(add(SYN, 100), [0, 1]);
    assert_eq!(add(0, 400), [0, 1]);
    assert_eq!(add(0, 100), [1, 1]);
    // Who sends more SYNs has waited since the first.
    assert_eq!(add(SYN, 100), [1, 1]);
    assert_eq!(add(SYN, 100_000), [1, 1]);
}

#[test]
fn a_source_is_forgotten_with_the_pane_of_its_last_syn() {
    let mut half_open = HalfOpen::default();
    half_open.add(&syns(0..2), SECOND, 3);
    half_open.add(&syns(1..3), SECOND, 4);
    half_open.add(&[], SECOND, 5);

    assert_eq!(half_open.count(false), 3);
    half_open.forget(3);
    assert_eq!(half_open.count(false), 2);
    half_open.forget(4);
    assert_eq!(half_open, HalfOpen { levels: half_open.levels, ..HalfOpen::default() });
}

#[test]
fn sources_count_exactly_as_long_as_they_fit() {
    let most = u32::try_from(MOST).unwrap();

    for sources in [1, 1000, most] {
        assert_eq!(after(&[&syns(0..sources), &[]]).count(false), u64::from(sources));
    }
}

#[test]
fn a_flood_is_estimated_in_bounded_memory() {
    let flood = syns(0..100_000);
    let half_open = flood.chunks(20_000).chain([&[][..]]).fold(after(&[]), |mut it, more| {
        it.add(more, SECOND, 0);
        assert!((MOST / 4..=MOST).contains(&it.sources.len()) && it.sources.capacity() <= 2 * MOST);
        it
    });

    // Of 6,250 sources that are expected to stay, five hundred more or fewer are six deviations.
    let estimate = half_open.count(false);
    assert!((92_000..108_000).contains(&estimate), "{estimate}");
    assert!(half_open.sources.is_sorted_by_key(|source| source.address));
}

#[test]
fn a_sender_cannot_know_which_sources_stay() {
    let flood = syns(0..20_000);

    let [one, other] = [0, 1].map(|_| after(&[&flood]));

    assert_ne!(one.sources, other.sources);
}

#[test]
fn acks_of_a_flood_that_was_thinned_out_end_it() {
    let flood = syns(0..50_000);
    let acks: Vec<_> = flood.iter().map(|it| Seen { marks: ACK, ..*it }).collect();

    let mut half_open = after(&[&flood, &acks[10_000..], &[]]);

    let estimate = half_open.count(false);
    assert!((8500..11_500).contains(&estimate), "{estimate}");
    half_open.add(&acks, SECOND, 0);
    assert_eq!(half_open.count(false), 0);
}

#[test]
fn the_number_is_exact_again_when_a_flood_has_left_the_window() {
    let mut half_open = after(&[&syns(0..50_000)]);
    half_open.add(&syns(100_000..100_100), SECOND, 1);
    half_open.add(&syns(200_000..200_010), SECOND, 2);
    half_open.add(&[], SECOND, 2);

    half_open.forget(0);

    assert_eq!(half_open.count(false), 110);
}
