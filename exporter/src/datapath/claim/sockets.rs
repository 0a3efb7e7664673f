//! The unix sockets of this network namespace with an abstract name, and whose they are. Source:
//! include/uapi/linux/sock_diag.h and unix_diag.h.

use std::io;
use std::time::Duration;

use crate::netlink::{Attribute, find, sockets};

const AF_UNIX: u8 = 1;
/// Bytes of `struct unix_diag_msg`, behind which the attributes are.
const ANSWER: usize = 16;

/// A socket with an abstract name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Without the zero that it begins with.
    pub(super) name: Vec<u8>,
    /// Who made the socket.
    pub(super) user: u32,
}

/// Returns the datagram sockets that are bound to an abstract name.
///
/// # Errors
///
/// ENOENT on kernels without `CONFIG_UNIX_DIAG`, or where its module cannot be loaded. Source:
/// `__sock_diag_cmd` in net/core/sock_diag.c.
pub(super) fn named() -> io::Result<Vec<Named>> {
    let mut all = Vec::new();
    sockets::list(Duration::MAX, &question(), |socket| all.extend(read(socket)))?;

    Ok(all)
}

/// Returns the body of a request for the names and owners of unconnected sockets: `struct unix_diag_req`.
fn question() -> Vec<u8> {
    /// Of a datagram socket that nobody connected, `TCP_CLOSE` of include/net/tcp_states.h.
    const STATES: u32 = 1 << 7;
    const SHOW_NAME: u32 = 0x1;
    const SHOW_UID: u32 = 0x40;

    // Family, protocol and padding; states; inode; what to show; cookie.
    let words = [u32::from_ne_bytes([AF_UNIX, 0, 0, 0]), STATES, 0, SHOW_NAME | SHOW_UID, 0, 0];

    words.map(u32::to_ne_bytes).concat()
}

fn read(body: &[u8]) -> Option<Named> {
    const NAME: u16 = 0;
    /// Told since Linux 5.3.
    const UID: u16 = 7;
    let attributes = body.get(ANSWER..)?;
    let name = find(attributes, NAME)?.value.strip_prefix(&[0])?.to_vec();
    let user = find(attributes, UID).and_then(Attribute::word)?;

    Some(Named { name, user })
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::netlink::encoded;

    #[test]
    fn a_socket_is_found_by_its_abstract_name_with_its_owner() {
        let name = format!("packet-exporter/test/{}", std::process::id());
        let _socket =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();

        let Ok(all) = named() else { return };

        let found: Vec<_> = all.iter().filter(|it| it.name == name.as_bytes()).collect();
        assert_eq!(found.len(), 1, "{all:?}");
        assert_eq!(found[0].user, crate::datapath::wire::own_user());
    }

    #[test]
    fn a_socket_without_an_abstract_name_or_an_owner_is_left_out() {
        let answer =
            |attributes: &[Vec<u8>]| read(&[vec![0; ANSWER], attributes.concat()].concat());
        let user = encoded(7, &5_u32.to_ne_bytes());

        let name = b"a".to_vec();
        assert_eq!(answer(&[encoded(0, b"\0a"), user.clone()]), Some(Named { name, user: 5 }));
        assert_eq!(answer(&[encoded(0, b"/run/a\0"), user.clone()]), None);
        assert_eq!(answer(&[encoded(0, b"\0a")]), None);
        assert_eq!(answer(&[user]), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_read(bytes in vec(any::<u8>(), 0..100)) {
            let _any = read(&bytes);
        }
    }
}
