//! Requests for the filters of a device, and where they are. Source:
//! include/uapi/linux/rtnetlink.h and pkt_cls.h.

use std::io;

use shared::Direction;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::netlink::{self, Attribute, DUMP, Family, find};

const NEW_QDISC: u16 = 36;
const GET_QDISC: u16 = 38;
const NEW_FILTER: u16 = 44;
const GET_FILTER: u16 = 46;
/// Where clsact is, or another queue discipline that has filters and no queue.
const CLSACT: u32 = 0xffff_fff1;
/// What is received, in the queue discipline clsact.
const CLSACT_INGRESS: u32 = 0xffff_fff2;
/// What is sent.
const CLSACT_EGRESS: u32 = 0xffff_fff3;
/// Source: include/uapi/linux/if_ether.h.
pub(super) const ETH_P_ALL: u16 = 3;

/// A filter on what a device receives or sends, or a queue discipline.
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

/// `struct tcmsg`.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
struct TcMessage {
    family: u8,
    reserved: [u8; 3],
    ifindex: u32,
    handle: u32,
    parent: u32,
    /// Priority, and the protocol in network byte order.
    info: u32,
}

impl TcMessage {
    fn of(ifindex: u32, parent: u32) -> Self {
        Self { family: 0, reserved: [0; 3], ifindex, handle: 0, parent, info: 0 }
    }

    fn of_filters(ifindex: u32, direction: Direction) -> Self {
        let parent = match direction {
            Direction::Receive => CLSACT_INGRESS,
            Direction::Transmit => CLSACT_EGRESS,
        };

        Self::of(ifindex, parent)
    }
}

/// Returns the filter with this priority and handle.
///
/// # Errors
///
/// ENODEV without the device, EINVAL without the queue discipline, ENOENT without the filter.
/// Source: `tc_get_tfilter` in net/sched/cls_api.c.
pub(super) fn one(
    ifindex: u32,
    direction: Direction,
    priority: u16,
    handle: u32,
) -> io::Result<Option<Listed>> {
    let info = u32::from(priority) << 16 | u32::from(ETH_P_ALL.to_be());
    let place = TcMessage { handle, info, ..TcMessage::of_filters(ifindex, direction) };

    ask(GET_FILTER, 0, place).map(|listed| listed.into_iter().next())
}

/// Returns all filters of a direction, none where there is no queue discipline for them.
pub(super) fn all(ifindex: u32, direction: Direction) -> io::Result<Vec<Listed>> {
    ask(GET_FILTER, DUMP, TcMessage::of_filters(ifindex, direction))
}

/// Returns the queue discipline that has the place of clsact.
pub(super) fn queue(ifindex: u32) -> io::Result<Option<Listed>> {
    // A request for a single one gets its answer with everything that listens, or not at all.
    let all = ask(GET_QDISC, DUMP, TcMessage::of(ifindex, CLSACT))?;

    Ok(all.into_iter().find(|it| it.ifindex == ifindex && it.parent == CLSACT))
}

fn ask(kind: u16, flags: u16, about: TcMessage) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    netlink::ask(Family::Route, &netlink::request(kind, flags, about.as_bytes()), |message| {
        if matches!(message.kind, NEW_QDISC | NEW_FILTER) {
            listed.extend(read(message.body));
        }
    })?;

    Ok(listed)
}

fn read(message: &[u8]) -> Option<Listed> {
    const KIND: u16 = 1;
    const OPTIONS: u16 = 2;
    const CHAIN: u16 = 11;
    const NAME: u16 = 7;
    const PROGRAM: u16 = 11;

    let (place, attributes) = TcMessage::read_from_prefix(message).ok()?;
    let options = find(attributes, OPTIONS).map(|it| it.value).unwrap_or_default();
    let text = |attribute: Option<Attribute<'_>>| {
        attribute.map(|it| it.text().into_owned()).unwrap_or_default()
    };

    Some(Listed {
        ifindex: place.ifindex,
        parent: place.parent,
        chain: find(attributes, CHAIN).and_then(Attribute::word).unwrap_or_default(),
        kind: text(find(attributes, KIND)),
        priority: (place.info >> 16) as u16,
        protocol: u16::from_be((place.info & 0xffff) as u16),
        handle: place.handle,
        name: text(find(options, NAME)),
        program: find(options, PROGRAM).and_then(Attribute::word),
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::netlink::encoded;

    #[test]
    fn a_filter_is_read_with_its_program() {
        let options = [encoded(7, b"count_sent\0"), encoded(11, &9_u32.to_ne_bytes())].concat();
        let attributes = [encoded(1, b"bpf\0"), encoded(2, &options)].concat();
        let of_another = [encoded(1, b"u32\0"), encoded(11, &4_u32.to_ne_bytes())].concat();

        let listed = [
            read(&[place(5, 1), of_another].concat()).unwrap(),
            read(&[place(49_152, 9), attributes].concat()).unwrap(),
        ];

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

    proptest! {
        #[test]
        fn any_message_is_read(bytes in vec(any::<u8>(), 0..100)) {
            let _any = read(&bytes);
        }
    }

    fn place(priority: u16, handle: u32) -> Vec<u8> {
        let info = u32::from(priority) << 16 | u32::from(ETH_P_ALL.to_be());
        let place = TcMessage { handle, info, ..TcMessage::of(2, CLSACT_EGRESS) };

        place.as_bytes().to_vec()
    }
}
