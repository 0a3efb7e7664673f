use proptest::collection::btree_set;
use proptest::prelude::*;

use super::*;

const ASSIGNED: RangeInclusive<u16> = 32_768..=60_999;
/// Between two readings.
const PAUSE: Duration = Duration::from_secs(5);

fn bound(port: u16, cookie: u64) -> Bound {
    Bound { port, cookie }
}

/// Reads lists that come one after the other, each after a pause; returns the ports of each.
fn read_in_turn(lists: &[&[Bound]]) -> Vec<Vec<u16>> {
    let mut sockets = Sockets::default();
    let begun = Instant::now();

    (0..)
        .zip(lists)
        .map(|(turn, list)| sockets.servers(list, &ASSIGNED, begun + PAUSE * turn))
        .collect()
}

#[test]
fn a_socket_outside_the_assigned_ports_is_a_server_at_once_and_until_it_is_closed() {
    let dns = [bound(53, 1), bound(61_000, 2)];

    assert_eq!(read_in_turn(&[&dns, &dns[..1], &[]]), [vec![53, 61_000], vec![53], vec![]]);
}

#[test]
fn a_socket_among_the_assigned_ports_is_a_server_after_a_minute() {
    let quic = [bound(40_000, 1)];
    let turns = vec![&quic[..]; 14];

    let servers = read_in_turn(&turns);

    assert!(servers[..12].iter().all(Vec::is_empty), "{servers:?}");
    assert_eq!(servers[12..], [[40_000], [40_000]]);
}

#[test]
fn clients_that_come_one_after_the_other_on_a_port_are_no_server() {
    let clients: Vec<_> = (0..40).map(|cookie| [bound(40_000, cookie)]).collect();
    let turns: Vec<_> = clients.iter().map(|client| &client[..]).collect();

    assert!(read_in_turn(&turns).iter().all(Vec::is_empty));
}

#[test]
fn a_server_with_several_sockets_stays_one_while_they_are_replaced() {
    let workers: Vec<_> = (0..40)
        .map(|turn| [u64::from(turn >= 15), 100 + u64::from(turn >= 30)])
        .map(|cookies| cookies.map(|cookie| bound(40_000, cookie)))
        .collect();
    let turns: Vec<_> = workers.iter().map(|workers| &workers[..]).collect();

    let servers = read_in_turn(&turns);

    assert!(servers[12..].iter().all(|ports| ports.contains(&40_000)), "{servers:?}");
}

#[test]
fn clients_without_end_take_bounded_memory_and_hide_no_server() {
    let mut sockets = Sockets::default();
    let begun = Instant::now();
    let quic = bound(50_000, u64::MAX);
    let mut servers = Vec::new();

    for turn in 0..14_u32 {
        let clients = (0..70_000_u64).map(|it| bound(40_000, u64::from(turn) * 100_000 + it));
        let list: Vec<_> = [quic].into_iter().chain(clients).collect();
        servers = sockets.servers(&list, &ASSIGNED, begun + PAUSE * turn);
        assert_eq!(sockets.since.len(), MOST);
    }

    assert_eq!(servers, [50_000]);
}

#[test]
fn what_this_host_listens_on_is_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();

    let heard = Sockets::default().read();

    let is_listed = !heard.missing.contains(&PortProtocol::Tcp);
    assert_eq!(heard.listening.contains(PortProtocol::Tcp, port), is_listed);
}

#[test]
fn a_list_that_fails_leaves_the_other_lists_and_what_was_known() {
    let mut sockets = Sockets::default();
    sockets.take(|_| Ok(Some(vec![bound(53, 1)])));

    let heard = sockets.take(|protocol| match protocol {
        PortProtocol::Tcp => Ok(Some(vec![bound(8443, 2)])),
        PortProtocol::Udp => Err(io::ErrorKind::TimedOut.into()),
        PortProtocol::Sctp => Ok(None),
    });

    let has = |protocol, port| heard.listening.contains(protocol, port);
    assert!(has(PortProtocol::Tcp, 8443) && !has(PortProtocol::Tcp, 53), "TCP was read");
    assert!(has(PortProtocol::Udp, 53), "UDP stays as it was");
    assert_eq!(heard.missing, [PortProtocol::Sctp]);
    let failed: Vec<_> = heard.failed.iter().map(|(it, error)| (*it, error.kind())).collect();
    assert_eq!(failed, [(PortProtocol::Udp, io::ErrorKind::TimedOut)]);
}

#[test]
fn a_protocol_that_cannot_be_listed_any_more_has_no_ports() {
    let mut sockets = Sockets::default();
    sockets.take(|_| Ok(Some(vec![bound(53, 1)])));

    let heard = sockets.take(|protocol| match protocol {
        PortProtocol::Udp => Ok(None),
        PortProtocol::Tcp | PortProtocol::Sctp => Err(io::ErrorKind::TimedOut.into()),
    });

    assert!(!heard.listening.contains(PortProtocol::Udp, 53), "its module is gone");
    assert!(heard.listening.contains(PortProtocol::Tcp, 53));
    assert_eq!(heard.missing, [PortProtocol::Udp]);
}

proptest! {
    #[test]
    fn only_what_is_there_is_a_server(lists in proptest::collection::vec(
        btree_set((32_760..32_776_u16, 0..4_u64), 0..12), 1..30,
    )) {
        let mut sockets = Sockets::default();
        let begun = Instant::now();
        let mut unbroken: BTreeMap<(u16, u64), u32> = BTreeMap::new();

        for (turn, list) in (0..).zip(lists) {
            unbroken.retain(|socket, _| list.contains(socket));
            for socket in &list {
                unbroken.entry(*socket).or_insert(turn);
            }
            let bound: Vec<_> = list.iter().map(|(port, cookie)| bound(*port, *cookie)).collect();
            let mut servers = sockets.servers(&bound, &ASSIGNED, begun + PAUSE * turn);
            servers.sort_unstable();

            let mut expected: Vec<_> = unbroken
                .iter()
                .filter(|((port, _), since)| !ASSIGNED.contains(port) || turn - **since >= 12)
                .map(|((port, _), _)| *port)
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(servers, expected);
        }
    }
}
