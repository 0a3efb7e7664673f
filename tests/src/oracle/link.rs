//! What lies below IP: Ethernet, VLAN tags, MPLS, PPPoE, LLC, ARP.

use shared::{Encapsulation, Malformed};

use super::ip::Version;
use super::{Ethernet, Layers, Rules, number};

/// Labels of MPLS that are followed.
const MPLS_LABELS: usize = 8;

/// Returns the IP packet of the frame, to the frame's end; `None` where there is none.
pub(super) fn read<'a>(
    frame: &'a [u8],
    rules: &Rules,
    layers: &mut Layers,
) -> Option<(Version, &'a [u8])> {
    let Some((ethernet, rest)) = frame.split_at_checked(14) else {
        layers.problems.push(Malformed::EthernetTruncated);
        return None;
    };
    let ethertype = number(ethernet, 12);
    let destination = ethernet[..6].try_into().expect("six bytes");
    layers.ethernet = Some(Ethernet { destination, ethertype });

    behind(ethertype, rest, rules, layers)
}

/// Returns the IP packet in what an EtherType names, which lasts to the frame's end.
pub(super) fn behind<'a>(
    mut ethertype: u16,
    mut rest: &'a [u8],
    rules: &Rules,
    layers: &mut Layers,
) -> Option<(Version, &'a [u8])> {
    while rules.vlan_ethertypes.contains(&ethertype) && layers.vlans.len() < rules.vlan_tags {
        let Some((tag, behind)) = rest.split_at_checked(4) else {
            layers.problems.push(Malformed::VlanTruncated);
            return None;
        };
        layers.vlans.push(number(tag, 0) & 0x0fff);
        ethertype = number(tag, 2);
        rest = behind;
    }
    layers.ethertype = Some(ethertype);

    let whole = rest.len() + layers.missing;
    let is_ethernet = layers.ethernet.is_some();
    let (version, packet, length) = match ethertype {
        0x0800 => (Some(Version::V4), rest, whole),
        0x86dd => (Some(Version::V6), rest, whole),
        0x0806 if rules.behind_ethertype => (None, rest, whole),
        0x8847 | 0x8848 if rules.behind_ethertype => {
            let (version, packet) = mpls(rest, layers)?;
            (Some(version), packet, whole)
        }
        0x8864 if rules.behind_ethertype => {
            let (version, packet, length) = pppoe(rest, layers)?;
            (Some(version), packet, length)
        }
        8..=1500 if rules.behind_ethertype && is_ethernet => snap(rest, ethertype)?,
        _ => return None,
    };
    layers.network = Some(layers.captured - packet.len());
    // What is behind the length is padding.
    let on_the_wire = (packet.len() + layers.missing).min(length);
    let packet = &packet[..packet.len().min(length)];
    layers.missing = on_the_wire - packet.len();

    match version {
        Some(version) => Some((version, packet)),
        None => arp(packet, layers),
    }
}

/// Source: RFC 826, "Packet format".
fn arp<T>(rest: &[u8], layers: &mut Layers) -> Option<T> {
    layers.arp = rest.len() >= 8;

    let is_whole = layers.arp && {
        let [hardware, protocol] = [rest[4], rest[5]].map(usize::from);
        rest.len() + layers.missing >= 8 + 2 * (hardware + protocol)
    };
    if !is_whole {
        layers.problems.push(Malformed::ArpTruncated);
    }

    None
}

/// Returns what LLC with SNAP carries in a frame of that length, and how long that is; without a
/// version for ARP. Source: RFC 1042.
fn snap(rest: &[u8], length: u16) -> Option<(Option<Version>, &[u8], usize)> {
    let (header, payload) = rest.split_at_checked(8)?;
    let version = match header {
        [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00] => Some(Version::V4),
        [0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd] => Some(Version::V6),
        [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x06] => None,
        _ => return None,
    };

    Some((version, payload, usize::from(length) - 8))
}

/// Source: RFC 3032, section 2.1; RFC 4928, section 2.
fn mpls<'a>(rest: &'a [u8], layers: &mut Layers) -> Option<(Version, &'a [u8])> {
    layers.tunnel = Some(Encapsulation::Mpls);

    let mut labels = rest.chunks(4).take(MPLS_LABELS);
    let bottom = labels.position(|label| label.len() < 4 || label[2] & 1 == 1);
    let Some(bottom) = bottom else {
        let is_deep = rest.len() >= MPLS_LABELS * 4;
        let problem = if is_deep { Malformed::MplsTooDeep } else { Malformed::MplsTruncated };
        layers.problems.push(problem);
        return None;
    };
    let Some(payload) = rest.get((bottom + 1) * 4..) else {
        layers.problems.push(Malformed::MplsTruncated);
        return None;
    };

    match payload.first()? >> 4 {
        4 => Some((Version::V4, payload)),
        6 => Some((Version::V6, payload)),
        _ => None,
    }
}

/// Returns the packet and how long it is. Source: RFC 2516, section 4; RFC 1661, sections 2 and 6.5.
fn pppoe<'a>(rest: &'a [u8], layers: &mut Layers) -> Option<(Version, &'a [u8], usize)> {
    if rest.len() < 8 {
        layers.problems.push(Malformed::PppoeTruncated);
        return None;
    }
    let (header, frame) = rest.split_at(6);
    let length = usize::from(number(header, 4));
    let (protocol, payload) = match frame {
        [odd, payload @ ..] if odd & 1 == 1 => (u16::from(*odd), payload),
        [high, low, payload @ ..] => (u16::from_be_bytes([*high, *low]), payload),
        _ => return None,
    };
    let before = frame.len() - payload.len();
    if header[0] != 0x11 || !(before..=frame.len() + layers.missing).contains(&length) {
        layers.problems.push(Malformed::PppoeInvalid);
        return None;
    }
    layers.tunnel = Some(Encapsulation::Pppoe);

    match (header[1], protocol) {
        (0, 0x0021) => Some((Version::V4, payload, length - before)),
        (0, 0x0057) => Some((Version::V6, payload, length - before)),
        _ => None,
    }
}
