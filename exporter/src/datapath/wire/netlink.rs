//! A netlink socket that the kernel sends messages to unasked. Source: netlink(7).

use std::io;

use socket2::{Domain, Protocol, SockAddr, SockAddrStorage, Socket, Type};

/// Opens a socket of rtnetlink that gets the messages of the multicast groups with these bits; it
/// never blocks.
pub(in super::super) fn listen(groups: u32) -> io::Result<Socket> {
    let (domain, protocol) = (Domain::from(libc::AF_NETLINK), Protocol::from(libc::NETLINK_ROUTE));
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    socket.set_nonblocking(true)?;

    socket.bind(&address(groups))?;
    Ok(socket)
}

fn address(groups: u32) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: any bytes are a `sockaddr_nl`, and the storage has room for every kind of address.
    let address = unsafe { storage.view_as::<libc::sockaddr_nl>() };
    #[expect(clippy::cast_possible_truncation, reason = "the number of the family is 16")]
    let family = libc::AF_NETLINK as libc::sa_family_t;
    address.nl_family = family;
    address.nl_groups = groups;
    #[expect(clippy::cast_possible_truncation, reason = "12 bytes")]
    let length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;

    // SAFETY: the storage holds an address of this family and length.
    unsafe { SockAddr::new(storage, length) }
}
