//! What an operator would ask about signals.

mod aimed;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use shared::{PortKey, PortProtocol, SKETCH_REGISTERS, SourceSlot};

use super::{SLOTS, Window};
use crate::config;
use crate::interval::balanced::{Burst, Fate, hard_times, interval};
use crate::snapshot::Signals;

const RULES: config::Signals =
    config::Signals { enabled: true, window: Duration::from_mins(1), scan_ports: 50 };
/// What a window without packets shows.
const NOTHING: Signals = Signals {
    distinct_sources: [0.0, 0.0],
    distinct_ports: [0, 0, 0],
    source_entropy: None,
    port_entropy: None,
    scanning_sources: Some(0),
    syn_sources: Some(0),
};

#[test]
fn a_window_without_packets_has_no_entropy_and_no_keys() {
    let window = fold(Window::new(RULES), 1, &[]);

    assert_eq!(window.signals(), Some(NOTHING));
}

#[test]
fn signals_that_are_switched_off_are_absent() {
    let window =
        fold(Window::new(config::Signals { enabled: false, ..RULES }), 1, &[touch(1, 80, 1)]);

    assert_eq!(window.signals(), None);
}

#[test]
fn sources_and_ports_are_counted_by_family_and_protocol() {
    let bursts: Vec<_> = (0..1000).zip([80, 81, 82].into_iter().cycle()).collect();
    let bursts: Vec<_> = bursts.into_iter().map(|(n, port)| touch(n, port, 1)).collect();

    let signals = signals(&fold(Window::new(RULES), 1, &bursts));

    let [ipv4, ipv6] = signals.distinct_sources;
    assert!((970.0..1030.0).contains(&ipv4), "{ipv4}");
    assert_eq!((ipv6, signals.distinct_ports), (0.0, [3, 0, 0]));
    assert!((signals.source_entropy.unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn what_was_seen_leaves_the_window_a_minute_later() {
    let window = fold(Window::new(RULES), 1, &[touch(1, 80, 0x00ff_ffff)]);

    let window = (0..59).fold(window, |window, _| fold(window, 1, &[]));
    assert_eq!(signals(&window).distinct_ports[0], 1);
    assert_eq!(signals(&window).scanning_sources, Some(1));

    let window = (0..5).fold(window, |window, _| fold(window, 1, &[]));
    assert_eq!(signals(&window), NOTHING);
}

#[test]
fn an_interval_longer_than_the_window_is_the_window() {
    let window = fold(Window::new(RULES), 100, &[touch(1, 80, 1)]);
    let window = fold(window, 100, &[touch(1, 81, 1), touch(1, 82, 1)]);

    assert_eq!(signals(&window).distinct_ports[0], 2);
}

#[test]
fn short_intervals_share_a_pane() {
    let mut window = Window::new(RULES);

    for _ in 0..300 {
        window = fold(window, 1, &[]);
        assert!(window.panes.len() <= SLOTS, "{} panes", window.panes.len());
    }
}

#[test]
fn a_slow_scan_is_seen_by_what_it_adds_up_to() {
    let window = (0..24).fold(Window::new(RULES), |window, second| {
        fold(window, 2, &[touch(1, 1000 + second, 1 << second), touch(2, 443, 1)])
    });

    assert_eq!(signals(&window).scanning_sources, Some(1));
}

#[test]
fn a_source_that_never_acknowledges_counts_until_its_syn_has_left_the_window() {
    const SYN: u32 = SourceSlot::marks_of(SourceSlot::SYN);
    let window = fold(Window::new(RULES), 1, &[touch(1, 80, SYN | 1)]);
    assert_eq!(signals(&window).syn_sources, Some(0), "an ACK may be on its way");

    let window = (0..59).fold(window, |window, _| fold(window, 1, &[]));
    assert_eq!(signals(&window).syn_sources, Some(1));
    let window = (0..5).fold(window, |window, _| fold(window, 1, &[]));
    assert_eq!(signals(&window).syn_sources, Some(0));

    let window = fold(window, 100, &[touch(2, 80, SYN | 1)]);
    assert_eq!(signals(&window).syn_sources, Some(1), "the interval is the window");
    let window = fold(window, 100, &[]);
    assert_eq!(signals(&window).syn_sources, Some(0));
}

#[test]
fn packets_without_a_port_are_not_in_the_entropy() {
    let port = |port, packets| Burst { port: Some(port), ..Burst::from(host(1), packets) };
    let bursts = [
        port(PortKey::number(PortProtocol::Tcp, 80), 10),
        port(PortKey::ephemeral(PortProtocol::Tcp), 10),
        port(PortKey::absent(PortProtocol::Tcp), 1000),
    ];

    let signals = signals(&fold(Window::new(RULES), 1, &bursts));

    assert!((signals.port_entropy.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(signals.source_entropy, Some(0.0));
}

#[test]
fn a_flood_raises_the_entropy_also_where_it_is_turned_away() {
    let port = |number| Some(PortKey::number(PortProtocol::Tcp, number));
    let quiet = [Burst::from(host(1), 900), Burst { port: port(80), ..Burst::from(host(2), 100) }];
    let turned_away =
        Burst { source_fate: Fate::Refused, port_fate: Fate::Evicted, ..touch(3, 1, 0) };
    let flood = [&quiet[..], &[Burst { packets: 100_000, ..turned_away }]].concat();

    let [before, during] = [&quiet[..], &flood].map(|bursts| {
        let signals = signals(&fold(Window::new(RULES), 1, bursts));
        [signals.source_entropy, signals.port_entropy].map(Option::unwrap)
    });

    assert!(before.into_iter().all(|entropy| entropy < 0.5), "{before:?}");
    assert!(during.into_iter().all(|entropy| entropy > 0.95), "{during:?}");
}

#[test]
fn another_length_begins_a_new_window_and_another_threshold_does_not() {
    let window = fold(Window::new(RULES), 1, &[touch(1, 80, 0xff)]);

    let stricter = window.clone().with_rules(config::Signals { scan_ports: 5, ..RULES });
    assert_eq!(signals(&stricter).scanning_sources, Some(1));

    let longer = window.with_rules(config::Signals { window: Duration::from_mins(2), ..RULES });
    assert_eq!(signals(&longer), NOTHING);
}

proptest! {
    #[test]
    fn a_window_holds_what_it_says_and_not_much_more(
        seconds in vec((0..40_u64, 1..500_u16), 1..100),
    ) {
        let mut window = Window::new(RULES);
        let longest = seconds.iter().map(|(seconds, _)| *seconds).max().unwrap().max(5);
        let mut ended = Vec::new();
        let mut now = 0;

        for (seconds, port) in seconds {
            window = fold(window, seconds, &[touch(1, port, 1)]);
            now += seconds;
            ended.push((now, port));
        }

        let ports = |oldest: u64| {
            let recent = ended.iter().filter(|(end, _)| end + oldest >= now);
            recent.map(|(_, port)| port).collect::<BTreeSet<_>>().len() as u64
        };
        let distinct = signals(&window).distinct_ports[0];
        // Intervals that ended within the window, and no more than one pane or interval more.
        prop_assert!(ports(59) <= distinct, "{} {distinct}", ports(59));
        prop_assert!(distinct <= ports(60 + longest + 5), "{} {distinct}", ports(60 + longest + 5));
    }

    #[test]
    fn a_window_never_has_more_panes_than_slots(
        intervals in hard_times(),
        millis in 0..30_000_u64,
    ) {
        let rules = config::Signals { window: Duration::from_millis(millis), ..RULES };
        let mut window = Window::new(rules);

        for interval in intervals {
            window = window.fold(&interval);
            let slots: BTreeSet<_> = window.panes.iter().map(|pane| pane.slot).collect();
            prop_assert!(window.panes.len() <= SLOTS);
            prop_assert_eq!(slots.len(), window.panes.len());
        }
        let signals = signals(&window);
        for entropy in [signals.source_entropy, signals.port_entropy].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&entropy));
        }
    }
}

fn touch(number: u32, port: u16, marks: u32) -> Burst {
    let port = Some(PortKey::number(PortProtocol::Tcp, port));

    Burst { port, marks, ..Burst::from(host(number), 1) }
}

fn host(number: u32) -> IpAddr {
    Ipv4Addr::from(0x0a00_0000 + number).into()
}

fn fold(window: Window, seconds: u64, bursts: &[Burst]) -> Window {
    window.fold(&interval(bursts, Duration::from_secs(seconds)))
}

fn signals(window: &Window) -> Signals {
    window.signals().unwrap()
}

/// Fills the registers of a sketch with keys that have these hashes, as the kernel does it.
pub(super) fn registers_of(hashes: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut registers = vec![0; SKETCH_REGISTERS];
    for hash in hashes {
        let register = &mut registers[(hash % 4096) as usize];
        let rank = ((hash >> 12) | 1 << 51).trailing_zeros() + 1;
        *register = u8::try_from(rank).unwrap().max(*register);
    }

    registers
}
