//! Encapsulations: only the outermost one of a frame is noted.

use shared::{Encapsulation, GTPU_PORT, Rare, TunnelPorts};

use super::{Frame, Surroundings};

/// Marks the network id as valid. Source: RFC 7348, section 5.
const VXLAN_FLAG: u8 = 0x08;
/// The version is the first two bits. Source: RFC 8926, section 3.4.
const GENEVE_VERSION: u8 = 0xc0;
/// The first byte: version 1, protocol type GTP. Source: 3GPP TS 29.281, section 5.1.
const GTPU: [u8; 2] = [0x30, 0xf0];
/// The message that carries a packet; the others belong to the tunnel. Source: 3GPP TS 29.281,
/// section 7.
const GTPU_PACKET: u8 = 255;
/// All three headers begin with eight bytes that are always there.
const LEAST: usize = 8;

impl<S: Surroundings> Frame<'_, S> {
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
        let [first, last] = self.around.tunnel_bounds();
        if port < first || port > last {
            return Some(());
        }
        let TunnelPorts { vxlan, geneve } = self.around.tunnel_ports();
        let [is_vxlan, is_geneve] = [vxlan.contains(port), geneve.contains(port)];
        if !(is_vxlan || is_geneve || port == GTPU_PORT) || payload + LEAST > end {
            return Some(());
        }

        let [first, message, ..] = self.packet.read::<[u8; LEAST]>(payload)?;
        let [gtpu, mask] = GTPU;
        if is_vxlan {
            if first & VXLAN_FLAG != 0 {
                self.encapsulated(Encapsulation::Vxlan);
            }
        } else if is_geneve {
            if first & GENEVE_VERSION == 0 {
                self.encapsulated(Encapsulation::Geneve);
            }
        } else if first & mask == gtpu && message == GTPU_PACKET {
            self.encapsulated(Encapsulation::Gtpu);
        }

        Some(())
    }
}
