use proptest::collection::vec;
use proptest::prelude::*;
use shared::PortKey;

use super::*;

const TCP: PortProtocol = PortProtocol::Tcp;
const UDP: PortProtocol = PortProtocol::Udp;
const SCTP: PortProtocol = PortProtocol::Sctp;

/// What a test sets beside the defaults.
#[derive(Clone, Debug, Default)]
struct Host {
    rules: PortRules,
    listening: Listening,
}

impl Host {
    fn listening_on(protocol: PortProtocol, ports: &[u16]) -> Self {
        let mut host = Self::default();
        for port in ports {
            host.listening.insert(protocol, *port);
        }

        host
    }

    fn with_services(services: &[Service]) -> Self {
        let mut host = Self::default();
        host.rules.services = services.to_vec();

        host
    }

    fn service(&self, protocol: PortProtocol, [one, other]: [u16; 2]) -> PortKey {
        let table = RankTable::of(&self.rules, &self.listening);
        let [one, other] = [one, other].map(|port| table.ranked(protocol, port));
        let key = one.service(other, protocol);
        assert_eq!(key, other.service(one, protocol), "both directions have one key");

        key
    }
}

fn port(protocol: PortProtocol, port: u16) -> PortKey {
    PortKey::number(protocol, port)
}

#[test]
fn the_port_that_is_listened_on_comes_before_every_other() {
    let host = Host::listening_on(TCP, &[40_000, 55_000]);

    assert_eq!(host.service(TCP, [40_000, 443]), port(TCP, 40_000));
    assert_eq!(host.service(TCP, [40_000, 60_000]), port(TCP, 40_000));
    assert_eq!(host.service(UDP, [40_000, 443]), port(UDP, 443), "of another protocol");
    assert_eq!(host.service(TCP, [40_000, 55_000]), port(TCP, 40_000), "both: the lower");
}

#[test]
fn without_a_listener_the_port_below_1024_then_the_registered_one_then_the_lower_one() {
    let host = Host::default();
    let cases = [
        (TCP, [62_000, 443], 443),
        (UDP, [2048, 53], 53),
        (UDP, [1023, 1024], 1023),
        (TCP, [1023, 8080], 1023),
        (TCP, [1025, 8443], 8443),
        (TCP, [1025, 8444], 1025),
        (TCP, [33_000, 8444], 8444),
        (UDP, [51_820, 50_000], 51_820),
        (SCTP, [36_412, 50_000], 36_412),
        (UDP, [500, 4500], 500),
        (TCP, [22, 1000], 22),
        (TCP, [1000, 999], 999),
        (TCP, [32_767, 32_768], 32_767),
    ];

    for (protocol, ports, service) in cases {
        assert_eq!(host.service(protocol, ports), port(protocol, service), "{ports:?}");
    }
    for ports in [[32_768, 65_535], [40_000, 50_000], [40_000, 40_000]] {
        assert!(host.service(TCP, ports).is_ephemeral(), "{ports:?}");
    }
}

#[test]
fn a_port_that_the_configuration_names_is_that_of_a_service() {
    let host = Host::with_services(&[
        Service { protocol: None, ports: 40_000..=40_010 },
        Service { protocol: Some(UDP), ports: 50_000..=50_000 },
    ]);

    assert_eq!(host.service(TCP, [2000, 40_010]), port(TCP, 40_010));
    assert_eq!(host.service(SCTP, [60_000, 40_000]), port(SCTP, 40_000));
    assert_eq!(host.service(UDP, [50_000, 60_000]), port(UDP, 50_000));
    assert!(host.service(TCP, [50_000, 60_000]).is_ephemeral());
}

#[test]
fn registered_ports_are_in_order() {
    for protocol in PortProtocol::ALL {
        let ports = registered(*protocol);
        assert!(ports.is_sorted_by(|one, other| one < other), "{protocol:?}");
    }
}

/// The ports of clients are many: a registered one among them is taken for a service by mistake.
#[test]
fn few_ports_of_clients_are_registered() {
    let taken = |protocol: &PortProtocol| {
        registered(*protocol).iter().filter(|port| **port > LAST_SYSTEM).count()
    };

    assert!(PortProtocol::ALL.iter().map(taken).max() < Some(150));
}

#[test]
fn the_guide_lists_every_registered_port() {
    let guide = include_str!("../../../docs/reading.md");

    for protocol in PortProtocol::ALL {
        let ports: Vec<_> = registered(*protocol).iter().map(ToString::to_string).collect();
        let line = format!("- **{}**: {}\n", protocol.label().to_uppercase(), ports.join(", "));
        assert!(guide.contains(&line), "docs/reading.md should have:\n{line}");
    }
}

/// The order of criteria as it is documented, criterion by criterion.
fn by_criteria(host: &Host, protocol: PortProtocol, [one, other]: [u16; 2]) -> Option<u16> {
    let is_named = |port: u16| {
        let of =
            |it: &Service| it.protocol.is_none_or(|of| of == protocol) && it.ports.contains(&port);
        registered(protocol).contains(&port) || host.rules.services.iter().any(of)
    };
    let listens = |port| host.listening.contains(protocol, port);
    let is_system = |port| port < 1024;
    let is_outside = |port| !host.rules.ephemeral.contains(&port);
    let criteria: [&dyn Fn(u16) -> bool; 4] = [&listens, &is_system, &is_named, &is_outside];

    for holds in criteria {
        match [one, other].map(holds) {
            [true, false] => return Some(one),
            [false, true] => return Some(other),
            [true, true] | [false, false] => {}
        }
    }
    let is_any = criteria.iter().any(|holds| holds(one));

    is_any.then_some(one.min(other))
}

fn protocols() -> impl Strategy<Value = PortProtocol> {
    prop_oneof![Just(TCP), Just(UDP), Just(SCTP)]
}

/// Ports about which something may be known.
fn some_ports() -> impl Strategy<Value = u16> {
    prop_oneof![
        any::<u16>(),
        1000..1050_u16,
        Just(443),
        Just(8443),
        Just(51_820),
        32_700..32_800_u16
    ]
}

fn hosts() -> impl Strategy<Value = Host> {
    let service = (proptest::option::of(protocols()), some_ports(), 0..20_u16).prop_map(
        |(protocol, first, more)| Service { protocol, ports: first..=first.saturating_add(more) },
    );
    let listening = vec((protocols(), some_ports()), 0..6);

    (some_ports(), some_ports(), vec(service, 0..4), listening).prop_map(
        |(first, last, services, listens)| {
            let ephemeral = first.min(last)..=first.max(last);
            let mut listening = Listening::default();
            for (protocol, port) in listens {
                listening.insert(protocol, port);
            }
            Host { rules: PortRules { ephemeral, services }, listening }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_larger_rank_is_what_the_criteria_choose(
        host in hosts(),
        protocol in protocols(),
        pairs in vec([some_ports(), some_ports()], 1..50),
    ) {
        let table = RankTable::of(&host.rules, &host.listening);

        for pair in pairs {
            let [one, other] = pair.map(|port| table.ranked(protocol, port));
            let key = one.service(other, protocol);
            prop_assert_eq!(key.port(), by_criteria(&host, protocol, pair), "{:?}", pair);
            prop_assert_eq!(key, other.service(one, protocol));
            prop_assert_eq!(key.is_ephemeral(), key.port().is_none());
        }
    }
}
