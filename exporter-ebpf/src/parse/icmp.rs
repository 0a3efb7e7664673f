//! ICMP and ICMPv6. Source: RFC 792; RFC 4443, section 2.1.

use shared::{Malformed, Rare};

use super::transport::Datagram;
use super::{Frame, Surroundings};

const ICMP_LENGTH: usize = 8;
const ICMPV6_LENGTH: usize = 4;

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn icmp(&mut self, datagram: &Datagram) -> Option<()> {
        self.icmp_message(datagram, ICMP_LENGTH, Malformed::IcmpTruncated)
    }

    #[inline(always)]
    pub(super) fn icmpv6(&mut self, datagram: &Datagram) -> Option<()> {
        self.icmp_message(datagram, ICMPV6_LENGTH, Malformed::Icmpv6Truncated)
    }

    #[inline(always)]
    fn icmp_message(&mut self, datagram: &Datagram, least: usize, cut: Malformed) -> Option<()> {
        if self.ends_before(datagram, 1) {
            return self.stop(cut);
        }
        self.out.icmp_type = self.packet.read(datagram.offset)?;
        self.out.rare |= Rare::ICMP;
        if self.ends_before(datagram, least) {
            return self.stop(cut);
        }

        Some(())
    }
}
