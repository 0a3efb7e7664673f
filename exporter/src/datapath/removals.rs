//! Which devices the kernel removed: another one may have the name and the index of one at once.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};

use socket2::{SockFilter, Socket};

use super::wire::listen;
use crate::netlink::Message;

/// Source: include/uapi/linux/rtnetlink.h.
const RTMGRP_LINK: u32 = 1;
const RTM_DELLINK: u16 = 17;
/// A longer message is cut off behind what is read of it.
const ROOM: usize = 256;

/// The removals that the kernel told of, also when a device moved to another namespace.
#[derive(Debug)]
pub(super) struct Removals(Socket);

impl Removals {
    pub(super) fn listen() -> io::Result<Self> {
        let socket = listen(RTMGRP_LINK)?;
        socket.attach_filter(&only_removals())?;

        Ok(Self(socket))
    }

    /// Returns the indices of the devices that were removed since the call before.
    ///
    /// The kernel has told of a removal before it lets any process see that the programs of the
    /// device have none any more, because both need the lock of all devices. Source:
    /// `unregister_netdevice_many_notify` in net/core/dev.c. Messages are lost where hundreds of
    /// devices are removed between two calls.
    pub(super) fn take(&mut self) -> BTreeSet<u32> {
        let Self(socket) = self;
        let mut room = [0; ROOM];
        let mut removed = BTreeSet::new();
        loop {
            match socket.read(&mut room) {
                Ok(read) => removed.extend(removal(&room[..read])),
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    tracing::debug!("The kernel dropped messages about removed devices");
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return removed,
            }
        }
    }
}

/// Returns the index of the device that a message says is removed. Bridges tell of their ports in
/// messages of the same type, and another family.
fn removal(message: &[u8]) -> Option<u32> {
    /// Where `struct ifinfomsg` has the index of the device.
    const INDEX: std::ops::Range<usize> = 4..8;
    let Message { kind, body, .. } = Message::cut_off(message)?;
    let index = body.get(INDEX)?.try_into().ok().map(u32::from_ne_bytes)?;

    (kind == RTM_DELLINK && i32::from(body[0]) == libc::AF_UNSPEC).then_some(index)
}

/// Lets through what [`removal`] looks for, so that changes of devices take no memory. Source:
/// include/uapi/linux/filter.h.
fn only_removals() -> [SockFilter; 4] {
    const LOAD_HALF_WORD: u16 = 0x28;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const KIND: u32 = 4;
    // The filter reads in network byte order.
    let removal = u32::from(u16::from_be_bytes(RTM_DELLINK.to_ne_bytes()));

    [
        SockFilter::new(LOAD_HALF_WORD, 0, 0, KIND),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, removal),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::netlink::request;

    #[test]
    fn only_the_removal_of_a_device_is_one() {
        const NEW_LINK: u16 = 16;
        const AF_BRIDGE: u8 = 7;

        assert_eq!(removal(&message(RTM_DELLINK, 0, 9)), Some(9));
        assert_eq!(removal(&message(NEW_LINK, 0, 9)), None);
        assert_eq!(removal(&message(RTM_DELLINK, AF_BRIDGE, 9)), None);
    }

    proptest! {
        #[test]
        fn any_message_is_read(bytes in vec(any::<u8>(), 0..100)) {
            let _any = removal(&bytes);
        }
    }

    fn message(kind: u16, family: u8, index: u32) -> Vec<u8> {
        request(kind, 0, &[&[family, 0, 0, 0][..], &index.to_ne_bytes(), &[0; 8]].concat())
    }
}
