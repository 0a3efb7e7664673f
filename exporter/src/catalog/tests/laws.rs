//! The values of a label exclude each other, so their sum is the whole.

use proptest::prelude::*;
use shared::{PortKey, PortProtocol};

use crate::interval::{Totals, sum};
use crate::snapshot::Named;

use super::*;

proptest! {
    #[test]
    fn what_needs_no_key_adds_up(totals in totals()) {
        let flow = Flow { totals: totals.into(), ..example::empty("eth0", Direction::Receive) };
        let readings = only(flow.clone());
        let Totals {
            cells: _, sizes, tcp_flags, icmp, cast, fragments, malformed, encapsulations,
        } = &*flow.totals;
        let frames = flow.totals.frames();
        let cases = [
            ("packets_total", frames.packets),
            ("bytes_total", frames.bytes),
            ("verdicts_total", frames.packets),
            ("frame_size_bytes", sum(sizes.iter()).packets),
            ("tcp_packets_total", tcp_flags.iter().sum()),
            ("icmp_packets_total", icmp.as_flattened().iter().sum()),
            ("cast_packets_total", cast.iter().sum()),
            ("fragments_total", fragments.as_flattened().iter().sum()),
            ("malformed_packets_total", malformed.iter().sum()),
            ("encapsulated_packets_total", encapsulations.iter().sum()),
        ];

        for (name, whole) in cases {
            let parts = read(&format!("packet_receive_{name}"), &readings);
            prop_assert_eq!(parts.sum(), whole, "{}", name);
        }
    }

    #[test]
    fn named_ports_and_the_others_add_up(
        counts: [(u32, u32); 12],
        numbers in prop::collection::btree_set(0..=u16::MAX, 3),
    ) {
        let counts = counts.map(|(packets, bytes)| shared::Count {
            packets: packets.into(),
            bytes: bytes.into(),
        });
        let keys = numbers.into_iter().map(|port| PortKey::number(PortProtocol::Tcp, port));
        let protocols = || PortProtocol::ALL.iter().copied();
        let keys = keys
            .chain(protocols().map(PortKey::ephemeral))
            .chain(protocols().map(PortKey::absent));
        let ports = example::breakdown(
            keys.zip(counts).map(|(key, count)| Named { key: key.into(), count, since: example::at(0) }).collect(),
            counts[9..].to_vec(),
        );
        let flow = example::only(Dimension::Ports, ports);

        let packets = read("packet_receive_port_packets_total", &only(flow.clone()));
        let bytes = read("packet_receive_port_bytes_total", &only(flow));

        let whole = sum(counts.iter());
        prop_assert_eq!(packets.sum(), whole.packets);
        prop_assert_eq!(bytes.sum(), whole.bytes);
        prop_assert_eq!(packets.0.len(), 3 + 2 * PortProtocol::ALL.len());
    }
}

#[test]
fn the_example_keeps_the_laws_of_conservation() {
    let readings = example::readings();
    let totals = &readings.snapshot.flows[0].totals;
    let cases = [
        ("packet_receive_source_packets_total", totals.ip().packets),
        ("packet_receive_source_bytes_total", totals.ip().bytes),
        ("packet_receive_port_packets_total", totals.with_ports().packets),
        ("packet_receive_port_bytes_total", totals.with_ports().bytes),
        ("packet_receive_frame_size_bytes", totals.frames().packets),
    ];

    for (name, whole) in cases {
        assert_eq!(read(name, &readings).sum(), whole, "{name}");
    }
}

#[test]
fn the_unattributed_packets_are_those_called_other() {
    let readings = example::readings();
    let Kept(unattributed) = read("packet_exporter_unattributed_packets_total", &readings);

    for dimension in ["source", "port", "vlan"] {
        let of_dimension = |labels: &[String]| labels[1..3] == ["receive", dimension];
        let unattributed: u64 = unattributed
            .iter()
            .filter(|(labels, _)| of_dimension(labels))
            .map(|(_, packets)| packets)
            .sum();

        let Kept(named) = read(&format!("packet_receive_{dimension}_packets_total"), &readings);

        let is_other = |labels: &[String]| labels.last().is_some_and(|value| value == "other");
        let other: u64 =
            named.iter().filter(|(labels, _)| is_other(labels)).map(|(_, packets)| packets).sum();
        assert_eq!(other, unattributed, "{dimension}");
    }
}

fn totals() -> impl Strategy<Value = Totals> {
    prop::collection::vec(0..u64::from(u32::MAX), 97..200).prop_map(|values| {
        let mut values = values.into_iter().cycle();
        let mut next = || values.next().unwrap_or(0);
        let mut totals = Totals::default();

        for count in totals.cells.as_flattened_mut().iter_mut().chain(&mut totals.sizes) {
            *count = shared::Count { packets: next(), bytes: next() };
            // A byte without a packet cannot be.
            count.bytes *= u64::from(count.packets > 0);
        }
        let plain = totals.tcp_flags.iter_mut().chain(totals.icmp.as_flattened_mut());
        let plain = plain.chain(&mut totals.cast).chain(totals.fragments.as_flattened_mut());
        for value in plain.chain(&mut totals.malformed).chain(&mut totals.encapsulations) {
            *value = next();
        }

        totals
    })
}
