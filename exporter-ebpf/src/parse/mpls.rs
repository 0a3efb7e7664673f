//! MPLS label stacks. Source: RFC 3032, section 2.1.

use shared::{Encapsulation, Family, Malformed};

use super::{Frame, Surroundings, settle, short};

/// Labels that are followed; deeper stacks count as malformed.
const LABELS: usize = 8;
const LABEL_LENGTH: usize = 4;
/// The bit of the last label, in the third byte of four.
const BOTTOM: u32 = 0x0000_0100;

impl<S: Surroundings> Frame<'_, S> {
    /// Follows the labels to their payload. MPLS does not name it: as routers do, its first
    /// four bits are taken for an IP version (RFC 4928, section 3).
    #[inline(always)]
    pub(super) fn mpls(&mut self, offset: usize) -> Option<()> {
        self.without_ip(Family::Mpls);
        self.encapsulated(Encapsulation::Mpls);

        let mut is_bottom = false;
        self.out.network_offset = short(offset);
        for _ in 0..LABELS {
            settle();
            let offset = self.taken_offset();
            let label = u32::from_be(self.header(offset, Malformed::MplsTruncated)?);
            self.out.network_offset = short(offset + LABEL_LENGTH);
            is_bottom = label & BOTTOM != 0;
            if is_bottom {
                break;
            }
        }
        settle();
        let payload = self.taken_offset();
        if !is_bottom {
            return self.stop(Malformed::MplsTooDeep);
        }

        match self.packet.read::<u8>(payload)? >> 4 {
            4 => self.leads_to(4, payload),
            6 => self.leads_to(6, payload),
            _ => {}
        }

        Some(())
    }
}
