//! Asks the kernel for the filters of a device, and where they are. Source: include/uapi/linux/netlink.h, rtnetlink.h
//! and pkt_cls.h.

use std::io::{self, Read, Write};

use socket2::{Domain, Protocol, Socket, Type};
use zerocopy::{FromBytes, Immutable, IntoBytes};

const REQUEST: u16 = 1;
/// More messages follow.
const MULTI: u16 = 2;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const NEW_QDISC: u16 = 36;
const GET_QDISC: u16 = 38;
const NEW_FILTER: u16 = 44;
const GET_FILTER: u16 = 46;
/// Where clsact is, or another queue discipline that has filters and no queue.
const CLSACT: u32 = 0xffff_fff1;
/// What is sent, in the queue discipline clsact.
const CLSACT_EGRESS: u32 = 0xffff_fff3;
/// Source: include/uapi/linux/if_ether.h.
pub(super) const ETH_P_ALL: u16 = 3;
/// Messages of a list come in parts up to this. Source: `netlink_recvmsg` in
/// net/netlink/af_netlink.c.
const LONGEST: usize = 1 << 15;

/// A filter on what a device sends, or a queue discipline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) ifindex: u32,
    pub(super) parent: u32,
    /// The filters of other chains see only what one of chain 0 sends there.
    pub(super) chain: u32,
    pub(super) kind: String,
    pub(super) priority: u16,
    /// Which protocol it sees, 3 for all, of include/uapi/linux/if_ether.h.
    pub(super) protocol: u16,
    /// 0 for what all filters of one preference have in common.
    pub(super) handle: u32,
    /// Of filters that are programs.
    pub(super) name: String,
    /// The kernel's number of the program.
    pub(super) program: Option<u32>,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable)]
struct Header {
    length: u32,
    kind: u16,
    flags: u16,
    sequence: u32,
    port: u32,
}

/// `struct tcmsg`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct Place {
    family: u8,
    reserved: [u8; 3],
    ifindex: u32,
    handle: u32,
    parent: u32,
    /// Priority, and the protocol in network byte order.
    info: u32,
}

impl Place {
    fn of(ifindex: u32, parent: u32) -> Self {
        Self { family: 0, reserved: [0; 3], ifindex, handle: 0, parent, info: 0 }
    }
}

/// Gives the filter with this priority and handle.
///
/// # Errors
///
/// ENODEV without the device, EINVAL without the queue discipline, ENOENT without the filter.
/// Source: `tc_get_tfilter` in net/sched/cls_api.c.
pub(super) fn one(ifindex: u32, priority: u16, handle: u32) -> io::Result<Option<Listed>> {
    let info = u32::from(priority) << 16 | u32::from(ETH_P_ALL.to_be());
    let place = Place { handle, info, ..Place::of(ifindex, CLSACT_EGRESS) };

    ask(GET_FILTER, 0, place).map(|listed| listed.into_iter().next())
}

/// Gives all filters, none where there is no queue discipline for them.
pub(super) fn all(ifindex: u32) -> io::Result<Vec<Listed>> {
    ask(GET_FILTER, DUMP, Place::of(ifindex, CLSACT_EGRESS))
}

/// Gives the queue discipline that has the place of clsact.
pub(super) fn queue(ifindex: u32) -> io::Result<Option<Listed>> {
    // Whoever asks for one alone gets the answer with everybody who listens, or not at all.
    let all = ask(GET_QDISC, DUMP, Place::of(ifindex, CLSACT))?;

    Ok(all.into_iter().find(|it| it.ifindex == ifindex && it.parent == CLSACT))
}

fn ask(kind: u16, flags: u16, place: Place) -> io::Result<Vec<Listed>> {
    let length = size_of::<Header>() + size_of::<Place>();
    let header = Header {
        length: u32::try_from(length).unwrap_or(u32::MAX),
        kind,
        flags: REQUEST | flags,
        sequence: 0,
        port: 0,
    };
    let (domain, protocol) = (Domain::from(libc::AF_NETLINK), Protocol::from(libc::NETLINK_ROUTE));
    let mut socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    // The kernel answers before the question's call returns, so there is nothing to wait for.
    socket.set_nonblocking(true)?;
    socket.write_all(&[header.as_bytes(), place.as_bytes()].concat())?;

    let mut room = vec![0; LONGEST];
    let mut listed = Vec::new();
    loop {
        let read = socket.read(&mut room)?;
        if !parse(&room[..read], &mut listed)? {
            return Ok(listed);
        }
    }
}

/// Reads the messages that came together; says whether more follow.
fn parse(messages: &[u8], listed: &mut Vec<Listed>) -> io::Result<bool> {
    let mut rest = messages;
    while let Ok((header, _)) = Header::read_from_prefix(rest) {
        let length = header.length as usize;
        let Some(message) = rest.get(size_of::<Header>()..length) else { break };
        match header.kind {
            ERROR => return refusal(message).map_or(Ok(false), Err),
            DONE => return Ok(false),
            NEW_QDISC | NEW_FILTER => listed.extend(read(message)),
            _ => {}
        }
        if header.flags & MULTI == 0 {
            return Ok(false);
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }

    Ok(true)
}

fn refusal(message: &[u8]) -> Option<io::Error> {
    let (code, _) = i32::read_from_prefix(message).ok()?;

    (code != 0).then(|| io::Error::from_raw_os_error(code.wrapping_neg()))
}

fn read(message: &[u8]) -> Option<Listed> {
    const KIND: u16 = 1;
    const OPTIONS: u16 = 2;
    const CHAIN: u16 = 11;
    const NAME: u16 = 7;
    const PROGRAM: u16 = 11;

    let (place, attributes) = Place::read_from_prefix(message).ok()?;
    let options = find(attributes, OPTIONS).unwrap_or_default();
    let kind = find(attributes, KIND).unwrap_or_default();
    let name = find(options, NAME).unwrap_or_default();
    let number = |value: &[u8]| value.try_into().ok().map(u32::from_ne_bytes);

    Some(Listed {
        ifindex: place.ifindex,
        parent: place.parent,
        chain: find(attributes, CHAIN).and_then(number).unwrap_or_default(),
        kind: text(kind),
        priority: (place.info >> 16) as u16,
        protocol: u16::from_be((place.info & 0xffff) as u16),
        handle: place.handle,
        name: text(name),
        program: find(options, PROGRAM).and_then(number),
    })
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value.strip_suffix(&[0]).unwrap_or(value)).into_owned()
}

/// Gives the value of an attribute of this kind that is whole.
fn find(attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    /// Two bits of the type are flags.
    const KIND: u16 = 0x3fff;
    let mut rest = attributes;
    loop {
        let ([length, kind], _) = <[u16; 2]>::read_from_prefix(rest).ok()?;
        let value = rest.get(4..length.into())?;
        if kind & KIND == wanted {
            return Some(value);
        }
        rest = rest.get(usize::from(length).next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_is_read_to_its_end() {
        let options = [attribute(7, b"count_sent\0"), attribute(11, &9_u32.to_ne_bytes())].concat();
        let attributes = [attribute(1, b"bpf\0"), attribute(2, &options)].concat();
        let of_another = [attribute(1, b"u32\0"), attribute(11, &4_u32.to_ne_bytes())].concat();
        let list = [
            message(NEW_FILTER, &[place(5, 1), of_another].concat()),
            message(NEW_FILTER, &[place(49_152, 9), attributes].concat()),
        ];
        let mut listed = Vec::new();

        let more = parse(&list.concat(), &mut listed).unwrap();
        let after_the_end = parse(&message(DONE, &[0; 4]), &mut listed).unwrap();

        assert_eq!((more, after_the_end), (true, false));
        let any =
            Listed { ifindex: 2, parent: CLSACT_EGRESS, protocol: ETH_P_ALL, ..Listed::default() };
        let other = Listed { chain: 4, kind: "u32".into(), priority: 5, handle: 1, ..any.clone() };
        let ours = Listed {
            kind: "bpf".into(),
            priority: 49_152,
            handle: 9,
            name: "count_sent".into(),
            program: Some(9),
            ..any
        };
        assert_eq!(listed, [other, ours]);
    }

    #[test]
    fn a_refusal_is_an_error() {
        let refusal = message(ERROR, &(-libc::ENOENT).to_ne_bytes());

        let error = parse(&refusal, &mut Vec::new()).unwrap_err();

        assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    }

    proptest! {
        #[test]
        fn any_answer_is_read(kind in 0_u16..50, bytes in vec(any::<u8>(), 0..100)) {
            let mut listed = Vec::new();

            let _any = parse(&bytes, &mut listed);
            let _any = parse(&message(kind, &bytes), &mut listed);

            prop_assert!(listed.len() <= bytes.len() + 1);
        }
    }

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).unwrap();
        let header = Header { length, kind, flags: MULTI, sequence: 0, port: 0 };

        [header.as_bytes(), payload].concat()
    }

    fn place(priority: u16, handle: u32) -> Vec<u8> {
        let info = u32::from(priority) << 16 | u32::from(ETH_P_ALL.to_be());
        let place = Place { handle, info, ..Place::of(2, CLSACT_EGRESS) };

        place.as_bytes().to_vec()
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);

        bytes
    }
}
