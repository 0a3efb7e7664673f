//! Ethernet, VLAN tags and LLC. Source: IEEE 802.3-2022, section 3.2; IEEE 802.1Q-2022, section 9;
//! RFC 1042.

use shared::{Cast, Family, Malformed, Protocol, Rare, cell};

use super::{Frame, Surroundings, settle, short, usually};

const ETHERNET_LENGTH: usize = 14;
const VLAN_LENGTH: usize = 4;
/// The id is the low twelve bits of the tag. Source: IEEE 802.1Q-2022, section 9.6.
const VLAN_ID: u16 = 0x0fff;

/// EtherTypes as they lie in memory. Source: IANA "IEEE 802 Numbers".
mod ethertype {
    pub(super) const IPV4: u16 = 0x0800_u16.to_be();
    pub(super) const ARP: u16 = 0x0806_u16.to_be();
    pub(super) const VLAN: u16 = 0x8100_u16.to_be();
    pub(super) const IPV6: u16 = 0x86dd_u16.to_be();
    pub(super) const MPLS: u16 = 0x8847_u16.to_be();
    pub(super) const MPLS_UPSTREAM: u16 = 0x8848_u16.to_be();
    pub(super) const PPPOE_SESSION: u16 = 0x8864_u16.to_be();
    pub(super) const PROVIDER_VLAN: u16 = 0x88a8_u16.to_be();
    /// That of provider tags before 802.1ad; not registered.
    pub(super) const OLD_PROVIDER_VLAN: u16 = 0x9100_u16.to_be();
}

/// Up to this an EtherType is a length. Source: IEEE 802.3-2022, section 3.2.6.
const LONGEST_LLC: usize = 1500;
/// LLC with SNAP, of the organisation whose protocols are EtherTypes. Source: RFC 1042.
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00];
const SNAP_LENGTH: usize = SNAP.len() + 2;

impl<S: Surroundings> Frame<'_, S> {
    /// Follows a frame from the first byte of its Ethernet header.
    #[inline(always)]
    pub(super) fn ethernet(&mut self) -> Option<()> {
        // The addresses in three words each, then the EtherType.
        let [to_0, to_1, to_2, _, _, _, ethertype] =
            self.header::<[u16; 7]>(0, Malformed::EthernetTruncated)?;
        self.cast([to_0, to_1, to_2]);

        self.behind(ethertype, ETHERNET_LENGTH)
    }

    /// Follows what an EtherType, as it lies in memory, names at `offset`: behind one provider tag
    /// and one customer tag at most, one of which may be aside; frames with more count as not IP.
    #[inline(always)]
    pub(super) fn behind(&mut self, mut ethertype: u16, mut offset: usize) -> Option<()> {
        if self.is_ip(ethertype, offset) {
            return Some(());
        }

        if is_tag(ethertype) {
            let [tag, inner] = self.header::<[u16; 2]>(offset, Malformed::VlanTruncated)?;
            self.out.rare |= Rare::VLAN;
            self.out.vlan = u16::from_be(tag) & VLAN_ID;
            ethertype = inner;
            offset += VLAN_LENGTH;
            if is_tag(ethertype) && !self.origin.tag_aside {
                [_, ethertype] = self.header::<[u16; 2]>(offset, Malformed::VlanTruncated)?;
                offset += VLAN_LENGTH;
            }
            if self.is_ip(ethertype, offset) {
                return Some(());
            }
        }
        self.out.ethertype = ethertype;
        self.out.network_offset = short(offset);
        settle();

        self.behind_tags()
    }

    /// Leaves the offset of an IP header for the next stage, where an EtherType names one.
    #[inline(always)]
    fn is_ip(&mut self, ethertype: u16, offset: usize) -> bool {
        if usually(ethertype == ethertype::IPV4) {
            self.leads_to(4, offset);
            return true;
        }
        let is_ipv6 = usually(ethertype == ethertype::IPV6);
        if is_ipv6 {
            self.leads_to(6, offset);
        }

        is_ipv6
    }

    /// Follows what is not IP, at the offset that was left behind the tags.
    #[inline(always)]
    fn behind_tags(&mut self) -> Option<()> {
        let offset = self.taken_offset();
        match self.out.ethertype {
            ethertype::ARP => self.arp(offset)?,
            ethertype::MPLS | ethertype::MPLS_UPSTREAM => self.mpls(offset)?,
            ethertype::PPPOE_SESSION => self.pppoe(offset)?,
            // In the place of Ethernet a number below is a protocol of another kind.
            length if self.origin.start.is_ethernet() => {
                self.llc(usize::from(u16::from_be(length)), offset)?;
            }
            _ => {}
        }

        Some(())
    }

    /// Follows LLC with SNAP to IP or ARP. Its length bounds them; behind it lies padding.
    #[inline(always)]
    fn llc(&mut self, length: usize, offset: usize) -> Option<()> {
        if !(SNAP_LENGTH..=LONGEST_LLC).contains(&length) {
            return Some(());
        }
        let [snap @ .., high, low] = self.packet.read::<[u8; SNAP_LENGTH]>(offset)?;
        if snap != SNAP {
            return Some(());
        }

        let [payload, end] = [SNAP_LENGTH, length].map(|bytes| offset + bytes);
        match u16::from_ne_bytes([high, low]) {
            ethertype::IPV4 => self.leads_within(4, payload, end),
            ethertype::IPV6 => self.leads_within(6, payload, end),
            ethertype::ARP => {
                self.ends_at(end);
                self.arp(payload)
            }
            _ => Some(()),
        }
    }

    /// Notes the destination type of the frame, where that is not a single station.
    #[inline(always)]
    fn cast(&mut self, to: [u16; 3]) {
        // The group bit is the lowest of the first byte. Source: IEEE 802-2014, section 8.2.2.
        if u16::from_be(to[0]) & 0x0100 == 0 {
            return;
        }
        let is_broadcast = to[0] & to[1] & to[2] == 0xffff;

        self.out.rare |= Rare::CAST;
        self.out.cast = if is_broadcast { Cast::Broadcast } else { Cast::Multicast } as u8;
    }

    /// Notes the cell of a frame without an IP header.
    #[inline(always)]
    pub(super) fn without_ip(&mut self, family: Family) {
        self.out.cell = cell(family, Protocol::None);
    }
}

#[inline(always)]
const fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, ethertype::VLAN | ethertype::PROVIDER_VLAN | ethertype::OLD_PROVIDER_VLAN)
}
