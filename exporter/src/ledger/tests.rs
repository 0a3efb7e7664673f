//! What an operator would ask about names.

mod dimensions;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use shared::{Count, Direction, PortKey};

use super::{Ledger, Rules};
use crate::config::{Naming, Signals};
use crate::dimension::{ByDimension, Dimension, SeriesKey};
use crate::interval::balanced::{Burst, interval};
use crate::snapshot::{Breakdown, Flow, Named};

const SECOND: Duration = Duration::from_secs(1);
const NAMING: Naming =
    Naming { enabled: true, limit: 2, idle: Duration::from_mins(5), churn: 60, remembered: 1000 };

#[test]
fn every_source_has_a_name_at_once_while_there_is_room() {
    let ledger = second(ledger(NAMING), &[(1, 1), (2, 5)]);

    assert_eq!(named(&ledger), [(1, 1), (2, 5)]);
    assert_eq!(other(&ledger), 0);
}

#[test]
fn the_busiest_get_the_names_where_there_are_not_enough() {
    let ledger = second(ledger(NAMING), &[(1, 3), (2, 1), (3, 9), (4, 4)]);

    assert_eq!(named(&ledger), [(3, 9), (4, 4)]);
    assert_eq!(other(&ledger), 4);
}

#[test]
fn a_flood_of_single_packets_leaves_the_names_free() {
    let flood: Vec<_> = (10..1000).map(|host| (host, 1)).collect();

    let ledger = second(ledger(NAMING), &flood);
    assert_eq!(named(&ledger), []);

    let ledger = second(ledger, &[&[(1, 2)], &flood[..]].concat());
    assert_eq!(named(&ledger), [(1, 2)]);
}

#[test]
fn a_source_that_is_twice_as_busy_takes_a_name_when_its_rate_shows_it() {
    let ledger = seconds(ledger(NAMING), 60, &[(1, 100), (2, 50)]);

    let ledger = seconds(ledger, 10, &[(1, 100), (2, 50), (3, 100)]);
    assert_eq!(hosts(&ledger), [1, 2]);

    let ledger = seconds(ledger, 15, &[(1, 100), (2, 50), (3, 100)]);
    assert_eq!(hosts(&ledger), [1, 3]);
    assert_eq!(sources(&ledger).evicted, 1);
}

#[test]
fn a_flood_does_not_hide_a_busy_source() {
    let naming = Naming { limit: 1, remembered: 10, ..NAMING };
    let mut ledger = seconds(ledger(naming), 60, &[(1, 10)]);

    for second_of_flood in 1..20 {
        let flood = (0..100).map(|n| (second_of_flood * 1000 + n, 1));
        let hosts: Vec<_> = flood.chain([(1, 10), (900_000, 100)]).collect();
        ledger = second(ledger, &hosts);
    }

    assert_eq!(hosts(&ledger), [900_000]);
}

#[test]
fn a_source_that_is_a_little_busier_takes_no_name() {
    let ledger = seconds(ledger(NAMING), 60, &[(1, 100), (2, 100)]);

    let ledger = seconds(ledger, 600, &[(1, 100), (2, 100), (3, 140)]);

    assert_eq!(hosts(&ledger), [1, 2]);
}

#[test]
fn a_new_name_is_safe_for_ten_seconds() {
    let ledger = second(ledger(NAMING), &[(1, 2), (2, 2)]);
    let busy = [(1, 2), (2, 2), (3, 1000), (4, 1000)];

    let ledger = seconds(ledger, 9, &busy);
    assert_eq!(hosts(&ledger), [1, 2]);

    let ledger = second(ledger, &busy);
    assert_eq!(hosts(&ledger), [3, 4]);
}

#[test]
fn names_change_hands_no_faster_than_the_churn_allows() {
    let ledger = seconds(ledger(Naming { churn: 1, ..NAMING }), 20, &[(1, 2), (2, 2)]);
    let busy = [(3, 1000), (4, 1000)];

    let ledger = seconds(ledger, 40, &busy);
    assert_eq!(sources(&ledger).evicted, 1);

    let ledger = seconds(ledger, 40, &busy);
    assert_eq!(sources(&ledger).evicted, 2);
}

#[test]
fn what_an_evicted_source_sends_in_that_interval_is_in_other() {
    let ledger = seconds(ledger(NAMING), 20, &[(1, 100), (2, 10)]);
    let ledger = second(ledger, &[(1, 100), (2, 10), (3, 1)]);

    let ledger = second(ledger, &[(1, 100), (2, 7), (3, 5000)]);

    assert_eq!(named(&ledger), [(1, 2200), (3, 5000)]);
    assert_eq!(other(&ledger), 1 + 7);
}

#[test]
fn an_idle_source_loses_its_name_and_goes_on_where_it_was_when_it_returns() {
    let ledger = second(ledger(NAMING), &[(1, 10), (2, 10)]);
    let since = sources(&ledger).named[0].since;

    let ledger = seconds(ledger, 299, &[(2, 10)]);
    assert_eq!(hosts(&ledger), [1, 2]);
    let ledger = second(ledger, &[(2, 10)]);
    assert_eq!(hosts(&ledger), [2]);
    assert_eq!(sources(&ledger).evicted, 0);

    let later = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
    let ledger = ledger.fold(&interval(&[Burst::from(host(1), 5)], SECOND), later);
    let count = Count { packets: 15, bytes: 1500 };
    assert_eq!(sources(&ledger).named[0], Named { key: host(1).into(), count, since });
}

#[test]
fn a_flood_makes_no_source_begin_anew_when_it_returns() {
    let naming = Naming { remembered: 100, ..NAMING };
    let ledger = second(ledger(naming), &[(1, 10), (2, 10)]);
    let mut ledger = seconds(ledger, 300, &[(2, 10)]);

    for second_of_flood in 1..50 {
        let flood: Vec<_> = (0..1000).map(|n| (second_of_flood * 10_000 + n, 2)).collect();
        ledger = second(ledger.with_rules(rules(Naming { limit: 1, ..naming })), &flood);
    }
    let ledger = second(ledger.with_rules(rules(naming)), &[(1, 5)]);

    assert_eq!(named(&ledger), [(1, 15), (2, 3010)]);
}

#[test]
fn a_source_that_was_forgotten_begins_anew() {
    let naming = Naming { limit: 1, remembered: 1, ..NAMING };
    let ledger = second(ledger(naming), &[(1, 10)]);
    let ledger = second(seconds(ledger, 300, &[]), &[(2, 10)]);

    let ledger = second(seconds(ledger, 300, &[]), &[(1, 10)]);

    assert_eq!(named(&ledger), [(1, 10)]);
}

#[test]
fn a_series_starts_when_its_first_interval_did() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
    let bursts = [Burst::from(host(1), 1)];

    let ledger = ledger(NAMING).fold(&interval(&bursts, SECOND), now);

    assert_eq!(sources(&ledger).named[0].since, now - SECOND);
}

#[test]
fn a_lower_limit_ends_the_slowest_names_at_once() {
    let ledger = seconds(ledger(NAMING), 5, &[(1, 10), (2, 20)]);

    let ledger = ledger.with_rules(rules(Naming { limit: 1, ..NAMING }));

    assert_eq!(named(&ledger), [(2, 100)]);
    assert_eq!(sources(&ledger).evicted, 1);
}

fn ledger(naming: Naming) -> Ledger {
    Ledger::new(rules(naming))
}

fn rules(naming: Naming) -> Rules {
    let signals = Signals { enabled: true, window: Duration::from_mins(1), scan_ports: 50 };

    Rules { naming: ByDimension::from_fn(|_| naming), signals, traffic_classes: false, casts: true }
}

/// Folds a second in which each host sends so many packets.
fn second(ledger: Ledger, hosts: &[(u32, u64)]) -> Ledger {
    seconds(ledger, 1, hosts)
}

fn seconds(ledger: Ledger, seconds: u64, hosts: &[(u32, u64)]) -> Ledger {
    let bursts: Vec<_> = hosts.iter().map(|(n, packets)| Burst::from(host(*n), *packets)).collect();
    let next = interval(&bursts, SECOND);

    (0..seconds).fold(ledger, |ledger, _| ledger.fold(&next, SystemTime::UNIX_EPOCH))
}

fn host(number: u32) -> IpAddr {
    Ipv4Addr::from(number).into()
}

fn flow(ledger: &Ledger) -> Flow {
    ledger.flow("eth0".into(), Direction::Receive, SystemTime::UNIX_EPOCH)
}

fn sources(ledger: &Ledger) -> Breakdown {
    breakdown(ledger, Dimension::Sources)
}

fn ports(ledger: &Ledger) -> Breakdown {
    breakdown(ledger, Dimension::Ports)
}

fn breakdown(ledger: &Ledger, dimension: Dimension) -> Breakdown {
    flow(ledger).breakdowns[dimension].clone().unwrap()
}

fn named(ledger: &Ledger) -> Vec<(u32, u64)> {
    let pair = |named: &Named| {
        let SeriesKey::Address(IpAddr::V4(address)) = named.key else {
            panic!("{:?} was not sent", named.key);
        };
        (u32::from(address), named.count.packets)
    };

    sources(ledger).named.iter().map(pair).collect()
}

fn hosts(ledger: &Ledger) -> Vec<u32> {
    named(ledger).into_iter().map(|(host, _)| host).collect()
}

fn other(ledger: &Ledger) -> u64 {
    sources(ledger).other.iter().map(|count| count.packets).sum()
}
