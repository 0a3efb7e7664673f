//! Transport headers with ports.

mod rare;
mod tcp;

use shared::{Family, Malformed, Parsed, Protocol, cell, number};
use zerocopy::FromBytes;

use super::{Frame, Surroundings, short, usually};

const UDP_LENGTH: usize = size_of::<Udp>();
const PORTS_LENGTH: usize = 4;
/// The longest length that a 16-bit field can claim.
const LONGEST: usize = 0xffff;

/// Source: RFC 768.
#[repr(C, packed)]
#[derive(Clone, Copy, FromBytes)]
struct Udp {
    source: u16,
    destination: u16,
    length: u16,
    _checksum: u16,
}

/// Where the transport header of a frame lies.
#[derive(Clone, Copy)]
pub(super) struct Datagram {
    pub(super) offset: usize,
    /// Where the datagram ends: as its header claims, or where the frame does.
    pub(super) end: usize,
    /// More of the datagram is in other frames.
    has_more: bool,
    is_ipv6: bool,
}

impl<S: Surroundings> Frame<'_, S> {
    /// Leaves the bounds of a transport header for the next stage.
    #[inline(always)]
    pub(super) fn leads_to_transport(&mut self, offset: usize, end: usize) {
        self.out.transport_offset = short(offset);
        #[expect(clippy::cast_possible_truncation, reason = "a frame is shorter than 4 GiB")]
        let end = end as u32;
        self.out.end = end;
    }

    /// Returns the offset that was left.
    #[inline(always)]
    pub(super) fn transport_offset(&self) -> usize {
        // Extensions take 16 KiB at the most. The mask shows this to the verifier.
        usize::from(self.out.transport_offset & 0x7fff)
    }

    /// Reads the transport header of a datagram, or of its first fragment.
    #[inline(always)]
    pub(super) fn transport(&mut self) -> Option<()> {
        let Parsed { transport_offset, end, cell, has_more, .. } = *self.out;
        if transport_offset == 0 {
            return None;
        }
        let datagram = &Datagram {
            offset: self.transport_offset(),
            end: end as usize,
            has_more: has_more != 0,
            is_ipv6: cell >> 5 == Family::Ipv6 as u8,
        };

        if usually(self.out.number == number::TCP) {
            return self.tcp(datagram);
        }
        match self.out.number {
            number::UDP => self.udp(datagram)?,
            number::ICMP if !datagram.is_ipv6 => self.icmp(datagram)?,
            number::ICMPV6 if datagram.is_ipv6 => self.icmpv6(datagram)?,
            number::UDP_LITE => self.udplite(datagram)?,
            number::SCTP => self.sctp(datagram)?,
            number::DCCP => self.dccp(datagram)?,
            number::GRE => self.gre(),
            number::IPV4 | number::IPV6 => self.ipip(),
            _ => {}
        }

        Some(())
    }

    /// Notes the cell of a frame whose IP header held.
    #[inline(always)]
    pub(super) fn protocol(&mut self, family: Family, number: u8) {
        self.out.number = number;
        let is_tcp = usually(number == number::TCP);
        let protocol = if is_tcp { Protocol::Tcp } else { Protocol::from_number(number) };
        self.out.cell = cell(family, protocol);
    }

    #[inline(always)]
    fn udp(&mut self, datagram: &Datagram) -> Option<()> {
        if datagram.offset + UDP_LENGTH > datagram.end {
            self.ports(datagram, Malformed::UdpTruncated)?;
            return self.stop(Malformed::UdpTruncated);
        }
        let Some(header) = self.packet.read::<Udp>(datagram.offset) else {
            self.ports(datagram, Malformed::UdpTruncated)?;
            return self.stop(Malformed::UdpTruncated);
        };
        self.has_ports(header.source, header.destination);
        let claimed = usize::from(u16::from_be(header.length));
        let there = datagram.end - datagram.offset;
        // A jumbogram leaves the field 0. Source: RFC 2675, section 4.
        let is_jumbo = claimed == 0 && there > LONGEST && datagram.is_ipv6;
        let is_long = claimed > there && !datagram.has_more;
        if (claimed < UDP_LENGTH && !is_jumbo) || is_long {
            self.malformed(Malformed::UdpLength);
        }

        self.udp_tunnel(datagram.offset + UDP_LENGTH, datagram.end)
    }

    /// Reads the two ports that begin every transport header that has some.
    #[inline(always)]
    fn ports(&mut self, datagram: &Datagram, cut: Malformed) -> Option<()> {
        if self.ends_before(datagram, PORTS_LENGTH) {
            return self.stop(cut);
        }
        let [source, destination] = self.packet.read::<[u16; 2]>(datagram.offset)?;
        self.has_ports(source, destination);

        Some(())
    }

    /// Notes the ports, which lie in memory as in the packet.
    #[inline(always)]
    fn has_ports(&mut self, source: u16, destination: u16) {
        self.out.source_port = u16::from_be(source);
        self.out.destination_port = u16::from_be(destination);
        self.out.has_ports = 1;
    }

    /// Notes that a header of `bytes` ends too early, unless the rest of it is in the next fragment.
    /// Of IPv6 all headers are in the first one. Source: RFC 791, section 3.2; RFC 7112, section 5.
    #[inline(always)]
    fn cut<T>(&mut self, datagram: &Datagram, bytes: usize, reason: Malformed) -> Option<T> {
        if datagram.has_more && !datagram.is_ipv6 && datagram.offset + bytes > datagram.end {
            return None;
        }

        self.stop(reason)
    }

    /// Returns whether fewer than `bytes` of the datagram's payload can be read.
    #[inline(always)]
    pub(super) fn ends_before(&self, datagram: &Datagram, bytes: usize) -> bool {
        let end = datagram.offset + bytes;

        end > datagram.end || end > self.readable()
    }
}
