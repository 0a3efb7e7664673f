//! Sockets of IP, as the kernel lists them. Source: include/uapi/linux/inet_diag.h.

use std::io;
use std::time::Duration;

use shared::PortProtocol;
use shared::number::{SCTP, TCP, UDP};

use crate::netlink::sockets;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// Bytes of `struct inet_diag_req_v2`: eight in front of the address, which is left open.
const QUESTION: usize = 56;
/// Bytes of `struct inet_diag_msg`.
const ANSWER: usize = 72;

/// A socket that is bound to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    pub(super) port: u16,
    /// The kernel's number of the socket, which no other one ever has.
    pub(super) cookie: u64,
}

/// Returns the sockets of a protocol that take what comes from anywhere: of TCP and SCTP those that listen, of
/// UDP those that are not connected. `None` where the kernel cannot list them.
pub(super) fn waiting(
    protocol: PortProtocol,
    patience: Duration,
) -> io::Result<Option<Vec<Bound>>> {
    let mut all = Vec::new();
    for (family, is_needed) in [(AF_INET, true), (AF_INET6, false)] {
        let list = sockets::list(patience, &question(family, protocol), |socket| {
            all.extend(read(socket));
        });
        match list.map_err(io::Error::from) {
            Err(error) if is_missing(&error) && is_needed => return Ok(None),
            // A host without IPv6.
            Err(error) if is_missing(&error) => {}
            list => list?,
        }
    }

    Ok(Some(all))
}

/// Returns whether an error means that the kernel lists no such sockets: ENOENT for a family or a
/// protocol that no module lists, EINVAL from a kernel without `CONFIG_INET_DIAG`.
fn is_missing(error: &io::Error) -> bool {
    const ENOENT: i32 = 2;
    const EINVAL: i32 = 22;
    const EOPNOTSUPP: i32 = 95;
    const EPROTONOSUPPORT: i32 = 93;

    matches!(error.raw_os_error(), Some(ENOENT | EINVAL | EOPNOTSUPP | EPROTONOSUPPORT))
}

/// Returns the body of a request: `struct inet_diag_req_v2`.
fn question(family: u8, protocol: PortProtocol) -> Vec<u8> {
    /// Source: include/net/tcp_states.h, whose numbers the other protocols take too.
    const CLOSE: u32 = 7;
    const LISTEN: u32 = 10;
    let (number, state) = match protocol {
        PortProtocol::Tcp => (TCP, LISTEN),
        PortProtocol::Udp => (UDP, CLOSE),
        PortProtocol::Sctp => (SCTP, LISTEN),
    };

    let mut body = vec![family, number, 0, 0];
    body.extend((1_u32 << state).to_ne_bytes());
    body.resize(QUESTION, 0);

    body
}

/// Reads an answer; `None` where it is cut off, or the socket has no port.
fn read(body: &[u8]) -> Option<Bound> {
    const PORT: usize = 4;
    const COOKIE: usize = 44;
    let body = body.get(..ANSWER)?;
    let port = u16::from_be_bytes([body[PORT], body[PORT + 1]]);
    let cookie = u64::from_ne_bytes(body[COOKIE..COOKIE + 8].try_into().ok()?);

    (port != 0).then_some(Bound { port, cookie })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// What Linux 6.18 answered about a socket of UDP on 127.0.0.53, port 5353, and one of TCP on ::1, port
    /// 8443, with the attributes behind.
    const RECORDED: [&str; 2] = [
        "0207000014e900007f000035000000000000000000000000000000000000000000000000\
         0000000000000000fb2a000000000000000000000000000000000000000000002cb90100\
         050008000000000008000f00000000000c00150001000000000000000600160050000000",
        "0a0a000020fb000000000000000000000000000000000001000000000000000000000000\
         0000000000000000fc2a000000000000000000000000000080000000000000002db90100\
         050008000000000005000b000100000008000f00000000000c00150001000000000000000600160012000000",
    ];

    fn recorded(hex: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();

        (0..hex.len()).step_by(2).map(byte).collect()
    }

    fn ports(protocol: PortProtocol) -> Option<Vec<u16>> {
        let waiting = waiting(protocol, PATIENCE).unwrap()?;

        Some(waiting.into_iter().map(|bound| bound.port).collect())
    }

    #[test]
    fn a_listener_of_tcp_is_found_and_a_connection_is_not() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();

        let Some(found) = ports(PortProtocol::Tcp) else { return };

        assert!(found.contains(&port), "{found:?}");
        assert!(!found.contains(&client.local_addr().unwrap().port()), "{found:?}");
    }

    #[test]
    fn a_socket_of_udp_is_found_until_it_is_connected() {
        let waits = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0));
        let waits = waits.or_else(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let connected = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        connected.connect((Ipv4Addr::LOCALHOST, 9)).unwrap();

        let Some(found) = ports(PortProtocol::Udp) else { return };

        assert!(found.contains(&waits.local_addr().unwrap().port()), "{found:?}");
        assert!(!found.contains(&connected.local_addr().unwrap().port()), "{found:?}");
    }

    #[test]
    fn an_answer_is_read_as_it_was_recorded() {
        let [udp, tcp] = RECORDED.map(recorded);

        assert_eq!(read(&udp), Some(Bound { port: 5353, cookie: 0x2afb }));
        assert_eq!(read(&tcp), Some(Bound { port: 8443, cookie: 0x2afc }));
        assert_eq!(read(&tcp[..ANSWER - 1]), None, "it is cut off");
        assert_eq!(read(&[0; ANSWER]), None, "it has no port");
    }

    proptest! {
        #[test]
        fn any_answer_is_read(bytes in vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(read(&bytes).is_some(), bytes.len() >= ANSWER && bytes[4..6] != [0, 0]);
        }
    }
}
