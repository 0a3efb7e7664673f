//! What an operator would ask about `other`, ports and VLANs.

use shared::PortProtocol;

use super::*;
use crate::interval::balanced::Fate;
use crate::snapshot::Unattributed;

#[test]
fn ephemeral_ports_have_a_name_from_the_first_fold_and_outside_the_limit() {
    let ledger = second(ledger(Naming { limit: 0, ..NAMING }), &[]);
    let named = ports(&ledger).named;

    let keys: Vec<_> = named.iter().map(|named| named.key).collect();
    assert_eq!(
        keys,
        [PortProtocol::Tcp, PortProtocol::Udp, PortProtocol::Sctp]
            .map(|protocol| SeriesKey::Port(PortKey::ephemeral(protocol)))
    );
    assert!(named.iter().all(|named| named.count == Count::default()));

    let ledger = seconds(ledger, 3000, &[(1, 1)]);
    assert_eq!(ports(&ledger).named, named);
}

#[test]
fn each_protocol_has_its_own_other_and_absent_ports_are_in_it() {
    let port = |port, packets| Burst { port: Some(port), ..Burst::from(host(1), packets) };
    let bursts = [
        port(PortKey::number(PortProtocol::Tcp, 443), 5),
        port(PortKey::absent(PortProtocol::Tcp), 2),
        port(PortKey::absent(PortProtocol::Udp), 3),
        port(PortKey::ephemeral(PortProtocol::Udp), 4),
        Burst { port: None, ..Burst::from(host(1), 100) },
    ];

    let ledger = ledger(NAMING).fold(&interval(&bursts, SECOND), SystemTime::UNIX_EPOCH);

    let ports = ports(&ledger);
    let named: Vec<_> = ports.named.iter().map(|named| named.count.packets).collect();
    assert_eq!(named, [5, 0, 4, 0]);
    let other: Vec<_> = ports.other.iter().map(|count| count.packets).collect();
    assert_eq!(other, [2, 3, 0]);
}

#[test]
fn without_sources_nobody_knows_whether_one_scans_or_acknowledges() {
    let signals = |enabled| {
        let ledger = second(ledger(Naming { enabled, ..NAMING }), &[(1, 1)]);
        flow(&ledger).signals.unwrap()
    };

    let [with, without] = [true, false].map(signals);
    assert_eq!([with.scanning_sources, with.syn_sources], [Some(0); 2]);
    assert_eq!([without.scanning_sources, without.syn_sources], [None; 2]);
}

#[test]
fn what_has_no_key_is_in_other_with_its_reason() {
    let fate = |source_fate, packets| Burst { source_fate, ..Burst::from(host(1), packets) };
    let bursts = [
        fate(Fate::Refused, 3),
        fate(Fate::Evicted, 4),
        fate(Fate::Keyed, 5),
        fate(Fate::Keyed, 6),
    ];

    let ledger = ledger(Naming { limit: 0, ..NAMING })
        .fold(&interval(&bursts, SECOND), SystemTime::UNIX_EPOCH);

    let sources = sources(&ledger);
    assert_eq!(sources.named, []);
    assert_eq!(sources.other, [Count { packets: 18, bytes: 1800 }]);
    assert_eq!(sources.unattributed, Unattributed { guard: 3, evicted: 4, unnamed: 11 });
    assert!(sources.guarded);
}

#[test]
fn a_dimension_that_is_switched_off_and_on_begins_anew() {
    let off = Naming { enabled: false, ..NAMING };
    let ledger = second(ledger(NAMING), &[(1, 10)]);
    assert_eq!(sources(&ledger).since, flow(&ledger).since);

    let ledger = second(ledger.with_rules(rules(off)), &[(1, 10)]);
    assert_eq!(flow(&ledger).breakdowns[Dimension::Sources], None);

    let ledger = second(ledger.with_rules(rules(NAMING)), &[(1, 10)]);
    let again = sources(&ledger);
    assert_eq!(named(&ledger), [(1, 10)]);
    assert_eq!((other(&ledger), again.unattributed), (0, Unattributed::default()));
    assert_eq!(again.since, SystemTime::UNIX_EPOCH - SECOND, "when the interval began");
    assert_eq!(again.named[0].since, again.since);
    assert_eq!(flow(&ledger).totals.frames().packets, 30, "the totals go on");
}

#[test]
fn keys_that_hold_more_than_the_total_leave_other_as_it_is() {
    let mut broken = interval(&[Burst::from(host(1), 5)], SECOND);
    broken.totals.cells = Default::default();

    let ledger = ledger(NAMING).fold(&broken, SystemTime::UNIX_EPOCH);

    assert_eq!(named(&ledger), [(1, 5)]);
    assert_eq!(other(&ledger), 0);
}

#[test]
fn an_id_of_a_vlan_counts_packets_only() {
    let bursts = [Burst { vlan: Some(7), ..Burst::from(host(1), 5) }, Burst::from(host(1), 3)];

    let ledger = ledger(NAMING).fold(&interval(&bursts, SECOND), SystemTime::UNIX_EPOCH);

    let vlans = breakdown(&ledger, Dimension::Vlans);
    assert_eq!(vlans.named.len(), 1);
    assert_eq!(vlans.named[0].count, Count { packets: 5, bytes: 0 });
    assert_eq!(vlans.other, [Count::default()]);
}
