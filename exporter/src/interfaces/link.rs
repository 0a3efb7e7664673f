//! An interface, read from a message of the kernel's.

use std::sync::Arc;

use rtnetlink::packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkXdp, Prop,
};

use super::frames::FrameStart;
use super::{Interface, hardware};
use crate::printable::printable;

/// Most characters of a remark; the kernel allows 255 bytes for an alias and for the name of a file.
const LONGEST_REMARK: usize = 128;

/// Reads an interface; `None` if the message has no name for it.
pub(super) fn interface(link: &LinkMessage) -> Option<Interface> {
    let attributes = &link.attributes;
    let name = attributes.iter().find_map(|attribute| {
        if let LinkAttribute::IfName(name) = attribute { Some(name.as_str()) } else { None }
    })?;
    let kind = attributes.iter().find_map(kind).unwrap_or_default();
    // Not /sys/class/net: it may be that of another network namespace.
    let hardware = attributes.iter().find_map(hardware);
    let bus = attributes.iter().find_map(bus);
    let find = |wanted: fn(&LinkAttribute) -> Option<u32>| attributes.iter().find_map(wanted);
    let elsewhere = attributes.iter().find_map(elsewhere);
    let is_cable = matches!(kind, "veth" | "netkit" | "vxcan");

    Some(Interface {
        name: name.into(),
        index: link.header.index,
        other_names: attributes.iter().flat_map(other_names).collect(),
        kind: kind.into(),
        frames: FrameStart::of(kind, link.header.link_layer_type),
        has_hardware: hardware.is_some(),
        driver: hardware.and_then(|device| hardware::driver(bus?, device)),
        alias: attributes.iter().find_map(alias),
        is_up: link.header.flags.contains(LinkFlags::Up),
        mtu: find(mtu).unwrap_or_default(),
        xdp_program: find(xdp_program),
        // The other end of a cable carries nothing for this one; an index of another namespace
        // says nothing here.
        lower: find(lower).filter(|_| !is_cable && elsewhere.is_none()),
        upper: find(upper),
        master: None,
        elsewhere: elsewhere.filter(|_| is_cable),
        peer_namespace: None,
    })
}

fn other_names(attribute: &LinkAttribute) -> Vec<Arc<str>> {
    let LinkAttribute::PropList(properties) = attribute else { return Vec::new() };
    let name = |property: &Prop| {
        if let Prop::AltIfName(name) = property { Some(name.as_str().into()) } else { None }
    };

    properties.iter().filter_map(name).collect()
}

fn kind(attribute: &LinkAttribute) -> Option<&str> {
    let LinkAttribute::LinkInfo(info) = attribute else { return None };

    info.iter().find_map(|one| {
        if let LinkInfo::Kind(InfoKind::Other(kind)) = one { Some(kind.as_str()) } else { None }
    })
}

fn hardware(attribute: &LinkAttribute) -> Option<&str> {
    if let LinkAttribute::ParentDevName(name) = attribute { Some(name) } else { None }
}

fn bus(attribute: &LinkAttribute) -> Option<&str> {
    if let LinkAttribute::ParentDevBusName(name) = attribute { Some(name) } else { None }
}

fn alias(attribute: &LinkAttribute) -> Option<Arc<str>> {
    if let LinkAttribute::IfAlias(alias) = attribute { remark(alias) } else { None }
}

/// Returns a text that people made up as one line without control characters, cut off where it is long;
/// `None` if it is empty.
pub(super) fn remark(text: &str) -> Option<Arc<str>> {
    let line = text.replace('\n', " ");
    let short: String = printable(&line).chars().take(LONGEST_REMARK).collect();

    (!short.is_empty()).then(|| short.into())
}

fn mtu(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Mtu(mtu) = attribute { Some(*mtu) } else { None }
}

fn lower(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Link(index) = attribute { Some(*index) } else { None }
}

fn upper(attribute: &LinkAttribute) -> Option<u32> {
    if let LinkAttribute::Controller(index) = attribute { Some(*index) } else { None }
}

fn elsewhere(attribute: &LinkAttribute) -> Option<i32> {
    if let LinkAttribute::LinkNetNsId(id) = attribute { Some(*id) } else { None }
}

fn xdp_program(attribute: &LinkAttribute) -> Option<u32> {
    let LinkAttribute::Xdp(states) = attribute else { return None };

    states.iter().find_map(|state| {
        if let LinkXdp::ProgId(id)
        | LinkXdp::DrvProgId(id)
        | LinkXdp::SkbProgId(id)
        | LinkXdp::HwProgId(id) = state
        {
            return Some(*id);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_remark_is_one_line() {
        assert_eq!(
            remark("to \"spine 1\"\nport\t7").as_deref(),
            Some("to \"spine 1\" port\\u{9}7")
        );
        assert_eq!(remark(""), None);
        assert_eq!(remark(&"ä".repeat(200)).unwrap().chars().count(), LONGEST_REMARK);
    }

    proptest! {
        #[test]
        fn any_remark_has_no_control_character(text in "\\PC*|(?s:.*)") {
            let remark = remark(&text).unwrap_or_default();

            prop_assert!(!remark.contains(char::is_control), "{remark:?}");
            prop_assert!(remark.chars().count() <= LONGEST_REMARK);
        }
    }
}
