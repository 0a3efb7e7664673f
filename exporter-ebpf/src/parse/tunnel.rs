//! Encapsulations: only the outermost one of a frame is noted.

use shared::{Encapsulation, Rare};

use super::Frame;

/// Source: RFC 7348, section 5; the flag marks the network id as valid.
const VXLAN_PORT: u16 = 4789;
const VXLAN_FLAG: u8 = 0x08;
/// Source: RFC 8926, section 3; the version is the first two bits.
const GENEVE_PORT: u16 = 6081;
const GENEVE_VERSION: u8 = 0xc0;
/// Source: 3GPP TS 29.281, section 5.1; version 1, protocol type GTP.
const GTPU_PORT: u16 = 2152;
const GTPU_VERSION_TYPE: u8 = 0x30;
/// All three headers begin with eight bytes that are always there.
const LEAST: usize = 8;

impl<L: Fn() -> u32> Frame<'_, L> {
    /// Notes the encapsulation, unless an outer one is noted already.
    #[inline(always)]
    pub(super) fn encapsulated(&mut self, encapsulation: Encapsulation) {
        if self.out.rare & Rare::ENCAPSULATION == 0 {
            self.out.rare |= Rare::ENCAPSULATION;
            self.out.encapsulation = encapsulation as u8;
        }
    }

    #[inline(always)]
    pub(super) fn gre(&mut self) {
        self.encapsulated(Encapsulation::Gre);
    }

    #[inline(always)]
    pub(super) fn ipip(&mut self) {
        self.encapsulated(Encapsulation::Ipip);
    }

    /// Looks behind a UDP header for the tunnels that live there.
    #[inline(always)]
    pub(super) fn udp_tunnel(&mut self, payload: usize, end: usize) -> Option<()> {
        let port = self.out.destination_port;
        if !matches!(port, VXLAN_PORT | GENEVE_PORT | GTPU_PORT) || payload + LEAST > end {
            return Some(());
        }

        let [first, ..] = self.packet.read::<[u8; LEAST]>(payload)?;
        match port {
            VXLAN_PORT if first & VXLAN_FLAG != 0 => self.encapsulated(Encapsulation::Vxlan),
            GENEVE_PORT if first & GENEVE_VERSION == 0 => self.encapsulated(Encapsulation::Geneve),
            GTPU_PORT if first & 0xf0 == GTPU_VERSION_TYPE => {
                self.encapsulated(Encapsulation::Gtpu);
            }
            _ => {}
        }

        Some(())
    }
}
