//! Sources that open connections and never acknowledge, beside those that do.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use exporter::datapath::{Datapath, Inspector, Options, PoolInspector, SizeChoice};
use exporter::interval::Keyed;
use shared::SourceSlot;
use tests::cable::Cable;
use tests::corpus::bytes::{Change, IPV4, IPV6, ethernet, ipv4, ipv6, tcp};
use tests::exporter::{Exporter, NATIVE};
use tests::patience::wait_for;
use tests::probes::scan;
use tests::programs::{self, Server};
use tests::skb::{LOOPBACK, RECEIVED, context_on};

use super::super::{ACK, FIN, PSH, RST, SYN, URG};

const OF_SYN: u32 = SourceSlot::marks_of(SourceSlot::SYN);
const OF_ACK: u32 = SourceSlot::marks_of(SourceSlot::ACK);
const SYN_SOURCES: &str = "packet_receive_syn_sources";
const SYN_DESTINATIONS: &str = "packet_transmit_syn_destinations";

/// Marks of handshakes by source.
type Handshakes = BTreeMap<IpAddr, u32>;

fn source(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + number)
}

/// A segment from a source of its own.
fn segment(number: u32, flags: u8) -> Vec<u8> {
    ethernet(IPV4, &ipv4(6, &tcp(flags, b""))).with(26, &source(number).octets())
}

fn segment_v6(number: u16, flags: u8) -> Vec<u8> {
    let source = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, number);

    ethernet(IPV6, &ipv6(6, &tcp(flags, b""))).with(22, &source.octets())
}

fn handshakes(sources: &Keyed<IpAddr>) -> Handshakes {
    sources.keys.iter().map(|seen| (seen.key, seen.marks & (OF_SYN | OF_ACK))).collect()
}

/// Has the frames counted by a program of one device and by a shared one, which have to agree.
fn counted(options: Options, frames: &[Vec<u8>]) -> Handshakes {
    let datapath = Datapath::new(options).unwrap();
    let mut own = Inspector::new(&datapath).unwrap();
    let mut pool = PoolInspector::of(&datapath, RECEIVED, 4).unwrap();
    let slot = pool.add(LOOPBACK).unwrap();

    for frame in frames {
        own.run(frame).unwrap();
        pool.run(frame, &context_on(LOOPBACK)).unwrap();
    }
    pool.drain().unwrap();

    let of_own = handshakes(&own.drain().unwrap().sources);
    assert!(handshakes(&pool.take(slot).sources) == of_own, "they differ");

    of_own
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn a_segment_leaves_its_part_of_a_handshake_with_its_source() {
    let syn = [&[SYN][..], &[SYN | PSH], &[SYN | 0xc0], &[RST, SYN], &[FIN, SYN | FIN, SYN]];
    let ack = [&[ACK][..], &[SYN | ACK], &[RST | ACK], &[FIN | ACK, 0], &[PSH | ACK | URG]];
    let both = [&[SYN, ACK][..], &[ACK, SYN], &[SYN, RST, SYN | ACK]];
    let none = [&[0][..], &[FIN], &[RST], &[SYN | FIN], &[SYN | RST], &[FIN | PSH | URG]];
    let rows = [(&syn[..], OF_SYN), (&ack, OF_ACK), (&both, OF_SYN | OF_ACK), (&none, 0)];
    let rows: Vec<_> =
        rows.iter().flat_map(|(all, left)| all.iter().map(|it| (*it, *left))).collect();
    let frames = (0..).zip(&rows).flat_map(|(number, (segments, _))| {
        segments.iter().map(move |flags| segment(number, *flags))
    });

    let seen = counted(Options::default(), &frames.collect::<Vec<_>>());

    for (number, (flags, left)) in (0..).zip(rows) {
        assert_eq!(seen[&source(number).into()], left, "{flags:x?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn sources_beyond_the_first_table_leave_theirs_too() {
    const SOURCES: u32 = 2000;
    let sizes = SizeChoice { source_sets: Some(64), ..SizeChoice::default() };
    let syns = (0..SOURCES).map(|number| segment(number, SYN));
    let acks = (0..SOURCES).filter(|number| number % 3 == 0).map(|number| segment(number, ACK));

    let frames: Vec<_> = syns.chain(acks).collect();
    let seen = counted(Options { sizes, ..Options::default() }, &frames);

    let expected = |number| if number % 3 == 0 { OF_SYN | OF_ACK } else { OF_SYN };
    assert_eq!(
        seen,
        (0..SOURCES).map(|number| (source(number).into(), expected(number))).collect()
    );
}

fn wait_for_signals(exporter: &Exporter<'_>, what: &str, expected: [u64; 2]) {
    wait_for(what, || {
        let scrape = exporter.scrape();
        let signal = |name| scrape.find(name, &[("device", Cable::DEVICE)]);
        match [SYN_SOURCES, SYN_DESTINATIONS].map(signal) {
            seen if seen == expected.map(Some) => Ok(()),
            seen => Err(format!("{seen:?} instead of {expected:?}")),
        }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn spoofed_sources_count_and_clients_do_not() {
    // With tables of its own, and with shared ones.
    for (class, arguments) in [("own", &NATIVE[..]), ("shared", &[])] {
        let cable = Cable::lay("handshakes");
        let exporter = Exporter::start(&cable.here, arguments);
        let _server = Server::http(&cable);
        cable.plug_in();
        let clients = &Cable::THERE[..3];

        for client in clients {
            programs::download(&cable, client, 4);
        }
        let syns = (0..300).map(|number| segment(number, SYN));
        let syns: Vec<_> = syns.chain((0..50).map(|number| segment_v6(number, SYN))).collect();
        programs::send(&cable, &syns);
        programs::download(&cable, clients[0], 4);

        wait_for_signals(&exporter, class, [350, 0]);
        // What answers later is real.
        let acks: Vec<_> = (0..120).map(|number| segment(number, ACK)).collect();
        programs::send(&cable, &acks);
        wait_for_signals(&exporter, class, [230, 0]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test ports`"]
fn destinations_that_this_host_only_sends_syns_count() {
    let cable = Cable::lay("syns-sent");
    let exporter = Exporter::start(&cable.here, &[]);
    cable.plug_in();
    let pairs = Cable::THERE[..3].iter().map(|it| (Cable::HERE[0].to_owned(), (*it).to_owned()));

    scan(&cable.here, "syn", &pairs.collect::<Vec<_>>());

    // The closed ports answer with ACK.
    wait_for_signals(&exporter, "three destinations", [0, 3]);
}
