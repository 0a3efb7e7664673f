//! Transports of few packets: UDP-Lite, SCTP and DCCP.

use shared::Malformed;

use super::super::{Frame, Surroundings};
use super::{Datagram, PORTS_LENGTH, UDP_LENGTH};

/// Source: RFC 9260, section 3.1.
const SCTP_LENGTH: usize = 12;
/// With short and with extended sequence numbers. Source: RFC 4340, section 5.1.
const DCCP_LENGTHS: [usize; 2] = [12, 16];

impl<S: Surroundings> Frame<'_, S> {
    /// Source: RFC 3828, section 3.1.
    #[inline(always)]
    pub(super) fn udplite(&mut self, datagram: &Datagram) -> Option<()> {
        self.ports(datagram, Malformed::UdpLiteTruncated)?;
        if self.ends_before(datagram, UDP_LENGTH) {
            return self.stop(Malformed::UdpLiteTruncated);
        }
        let coverage = u16::from_be(self.packet.read(datagram.offset + PORTS_LENGTH)?);
        let is_long = usize::from(coverage) > datagram.end - datagram.offset && !datagram.has_more;
        if (1..UDP_LENGTH).contains(&usize::from(coverage)) || is_long {
            return self.stop(Malformed::UdpLiteCoverage);
        }

        Some(())
    }

    #[inline(always)]
    pub(super) fn sctp(&mut self, datagram: &Datagram) -> Option<()> {
        self.ports(datagram, Malformed::SctpTruncated)?;
        if self.ends_before(datagram, SCTP_LENGTH) {
            return self.cut(datagram, SCTP_LENGTH, Malformed::SctpTruncated);
        }

        Some(())
    }

    #[inline(always)]
    pub(super) fn dccp(&mut self, datagram: &Datagram) -> Option<()> {
        let [short, extended] = DCCP_LENGTHS;
        self.ports(datagram, Malformed::DccpTruncated)?;
        if self.ends_before(datagram, short) {
            return self.cut(datagram, short, Malformed::DccpTruncated);
        }
        let [data_offset, _, _, _, type_x] =
            self.packet.read::<[u8; 5]>(datagram.offset + PORTS_LENGTH)?;
        let least = if type_x & 1 == 0 { short } else { extended };
        if self.ends_before(datagram, least) {
            return self.cut(datagram, least, Malformed::DccpTruncated);
        }
        let length = usize::from(data_offset) * 4;
        if length < least {
            return self.stop(Malformed::DccpDataOffset);
        }
        if datagram.offset + length > datagram.end {
            return self.cut(datagram, length, Malformed::DccpDataOffset);
        }

        Some(())
    }
}
