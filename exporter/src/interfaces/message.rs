//! Messages of rtnetlink, read so that no text in them hides a device.

use std::fmt::Write;

use rtnetlink::packet_core::{
    DecodeError, Emitable, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlaBuffer,
    NlasIterator, ParseableParametrized,
};
use rtnetlink::packet_route::link::{
    InfoKind, LinkAttribute, LinkHeader, LinkInfo, LinkMessage, Prop,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};

/// Source: include/uapi/linux/rtnetlink.h and if_link.h.
const NEW_LINK: u16 = 16;
const DELETED_LINK: u16 = 17;
const IFNAME: u16 = 3;
const ALIAS: u16 = 20;
const INFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const TUN_TYPE: u16 = 3;
const PROP_LIST: u16 = 52;
const ALT_IFNAME: u16 = 53;
/// What else is read of a link, of some sixty attributes: MTU, link, master, network namespace of the
/// link, XDP, and the device behind it with its bus.
const READ: [u16; 7] = [4, 5, 10, 37, 43, 56, 57];
/// Source: include/uapi/linux/if_tun.h.
const IFF_TAP: u8 = 2;

/// A message of rtnetlink.
///
/// Names are bytes to the kernel, while `RouteNetlinkMessage` refuses a message as a whole when one
/// text in it is not UTF-8: a name, another name, or a remark (`ip link set DEVICE alias`).
#[derive(Clone, Debug)]
pub(super) struct Message(pub(super) RouteNetlinkMessage);

impl NetlinkSerializable for Message {
    fn message_type(&self) -> u16 {
        NetlinkSerializable::message_type(&self.0)
    }

    fn buffer_len(&self) -> usize {
        NetlinkSerializable::buffer_len(&self.0)
    }

    fn serialize(&self, buffer: &mut [u8]) {
        self.0.serialize(buffer);
    }
}

impl NetlinkDeserializable for Message {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(match header.message_type {
            NEW_LINK => RouteNetlinkMessage::NewLink(link(payload)?),
            DELETED_LINK => RouteNetlinkMessage::DelLink(link(payload)?),
            _ => RouteNetlinkMessage::deserialize(header, payload)?,
        }))
    }
}

/// Reads a link; attributes that cannot be read, or are not needed, are left out.
fn link(payload: &[u8]) -> Result<LinkMessage, DecodeError> {
    let mut link = LinkMessage::default();
    link.header = LinkHeader::parse(payload)?;
    let family = link.header.interface_family;
    let attributes = payload.get(link.header.buffer_len()..).unwrap_or_default();
    link.attributes = whole(attributes).filter_map(|it| attribute(&it, family)).collect();

    Ok(link)
}

fn attribute(attribute: &NlaBuffer<&[u8]>, family: AddressFamily) -> Option<LinkAttribute> {
    match attribute.kind() {
        IFNAME => Some(LinkAttribute::IfName(name(attribute.value()))),
        PROP_LIST => {
            let names = whole(attribute.value()).filter(|property| property.kind() == ALT_IFNAME);
            let names = names.map(|property| Prop::AltIfName(name(property.value())));
            Some(LinkAttribute::PropList(names.collect()))
        }
        ALIAS => Some(LinkAttribute::IfAlias(text(attribute.value()))),
        INFO => Some(LinkAttribute::LinkInfo(kind(attribute.value()).into_iter().collect())),
        kind if READ.contains(&kind) => LinkAttribute::parse_with_param(attribute, family).ok(),
        _ => None,
    }
}

/// Returns the kind of a link by its name; of a tunnel into a program it depends on what that gets.
fn kind(info: &[u8]) -> Option<LinkInfo> {
    let kind = text(whole(info).find(|it| it.kind() == INFO_KIND)?.value());
    let data = whole(info).find(|it| it.kind() == INFO_DATA);
    let is_tap = data.is_some_and(|data| {
        whole(data.value()).any(|it| it.kind() == TUN_TYPE && it.value() == [IFF_TAP])
    });
    let kind = if kind == "tun" && is_tap { "tap".into() } else { kind };

    Some(LinkInfo::Kind(InfoKind::Other(kind)))
}

/// Returns a text up to the zero that ends it.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();

    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the attributes up to the first that is cut off.
fn whole(attributes: &[u8]) -> impl Iterator<Item = NlaBuffer<&[u8]>> {
    NlasIterator::new(attributes).map_while(Result::ok)
}

/// Returns the name of a device, with `/x` and two digits for each byte that is not UTF-8.
///
/// No name of the kernel's has a `/`, so that no two devices get the same one.
/// Source: `dev_valid_name` in net/core/dev.c.
fn name(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut name = String::with_capacity(bytes.len());

    for chunk in bytes.utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(name, "/x{byte:02x}");
        }
    }

    name
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};

    use super::*;

    /// An attribute as it lies in a message.
    fn encoded(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [&length.to_ne_bytes(), &kind.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);

        bytes
    }

    /// A message about a link with these attributes.
    fn message(attributes: &[u8]) -> Vec<u8> {
        const HEADERS: usize = 32;
        let length = u32::try_from(HEADERS + attributes.len()).unwrap();
        let header = [&length.to_ne_bytes()[..], &NEW_LINK.to_ne_bytes(), &[0; 10]].concat();

        [&header[..], &[0; 16], attributes].concat()
    }

    fn attributes(message: &[u8]) -> Vec<LinkAttribute> {
        let message = NetlinkMessage::<Message>::deserialize(message).unwrap();
        let NetlinkPayload::InnerMessage(Message(RouteNetlinkMessage::NewLink(link))) =
            message.payload
        else {
            panic!("not a link: {message:?}")
        };

        link.attributes
    }

    #[test]
    fn a_text_that_is_not_utf_8_hides_nothing() {
        const MTU: u16 = 4;
        const NESTED: u16 = 1 << 15;
        let others = [encoded(ALT_IFNAME, b"good\0"), encoded(ALT_IFNAME, b"\xff\xfe\0")].concat();
        let bytes = [
            encoded(ALIAS, b"caf\xe9\0"),
            encoded(IFNAME, b"\xe9th0\0"),
            encoded(PROP_LIST | NESTED, &others),
            encoded(MTU, &1500_u32.to_ne_bytes()),
        ];

        let others = ["good", "/xff/xfe"].map(|name| Prop::AltIfName(name.into()));
        assert_eq!(
            attributes(&message(&bytes.concat())),
            [
                LinkAttribute::IfAlias("caf\u{fffd}".into()),
                LinkAttribute::IfName("/xe9th0".into()),
                LinkAttribute::PropList(others.into()),
                LinkAttribute::Mtu(1500),
            ]
        );
    }

    #[test]
    fn a_tap_is_told_from_a_tun() {
        let info = |name: &[u8], kind: u8| {
            let data = encoded(INFO_DATA, &encoded(TUN_TYPE, &[kind]));
            encoded(INFO, &[encoded(INFO_KIND, name), data].concat())
        };
        let cases: [(&[u8], _, _); 3] =
            [(b"tun\0", IFF_TAP, "tap"), (b"tun\0", 1, "tun"), (b"bridge\0", IFF_TAP, "bridge")];

        for (name, kind, read) in cases {
            let read = LinkInfo::Kind(InfoKind::Other(read.into()));
            assert_eq!(
                attributes(&message(&info(name, kind))),
                [LinkAttribute::LinkInfo(vec![read])]
            );
        }
    }

    #[test]
    fn a_name_of_utf_8_stays_as_it_is() {
        for kept in ["eth0", "\u{1b}[31m", "\\xe9th0", "%e9th0", "häß", "\u{fffd}th0"] {
            assert_eq!(name(kept.as_bytes()), kept);
        }
    }

    proptest! {
        #[test]
        fn no_two_devices_get_the_same_name(one in device_name(), other in device_name()) {
            prop_assert_eq!(name(&one) == name(&other), one == other);
        }

        #[test]
        fn any_message_is_read_to_its_end(bytes in vec(any::<u8>(), 0..100)) {
            let _any = NetlinkMessage::<Message>::deserialize(&message(&bytes));
        }
    }

    /// What the kernel takes for a name, often alike.
    fn device_name() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(b'x'), Just(b'e'), Just(b'9'), Just(0xe9_u8), Just(b'\\')];

        vec(byte, 1..4)
    }
}
