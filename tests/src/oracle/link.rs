//! What lies below IP: Ethernet, VLAN tags, MPLS, PPPoE, ARP.

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

    let packet = match ethertype {
        0x0800 => Some((Version::V4, rest)),
        0x86dd => Some((Version::V6, rest)),
        0x0806 if rules.behind_ethertype => return arp(rest, layers),
        0x8847 | 0x8848 if rules.behind_ethertype => mpls(rest, layers),
        0x8864 if rules.behind_ethertype => pppoe(rest, layers),
        _ => None,
    };
    layers.network = packet.map(|(_, packet)| layers.captured - packet.len());

    packet
}

/// Source: RFC 826, "Packet format".
fn arp<T>(rest: &[u8], layers: &mut Layers) -> Option<T> {
    layers.network = Some(layers.captured - rest.len());
    layers.arp = rest.len() >= 8;

    let is_whole = layers.arp && {
        let [hardware, protocol] = [rest[4], rest[5]].map(usize::from);
        rest.len() + layers.missing() >= 8 + 2 * (hardware + protocol)
    };
    if !is_whole {
        layers.problems.push(Malformed::ArpTruncated);
    }

    None
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

/// Source: RFC 2516, section 4; RFC 1661, section 2.
fn pppoe<'a>(rest: &'a [u8], layers: &mut Layers) -> Option<(Version, &'a [u8])> {
    let Some((header, payload)) = rest.split_at_checked(8) else {
        layers.problems.push(Malformed::PppoeTruncated);
        return None;
    };
    let length = usize::from(number(header, 4));
    if header[0] != 0x11 || !(2..=rest.len() - 6 + layers.missing()).contains(&length) {
        layers.problems.push(Malformed::PppoeInvalid);
        return None;
    }
    layers.tunnel = Some(Encapsulation::Pppoe);

    match (header[1], number(header, 6)) {
        (0, 0x0021) => Some((Version::V4, payload)),
        (0, 0x0057) => Some((Version::V6, payload)),
        _ => None,
    }
}
