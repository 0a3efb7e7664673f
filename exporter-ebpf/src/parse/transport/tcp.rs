//! TCP.

use shared::Malformed;
use zerocopy::FromBytes;

use super::super::{Frame, Surroundings};
use super::Datagram;

const TCP_LENGTH: usize = size_of::<Tcp>();
const TCP_OFFSET_FLAGS: usize = 12;

/// Source: RFC 9293, section 3.1.
#[repr(C, packed)]
#[derive(Clone, Copy, FromBytes)]
struct Tcp {
    source: u16,
    destination: u16,
    _numbers: [u32; 2],
    data_offset: u8,
    flags: u8,
    _window_checksum_urgent: [u16; 3],
}

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn tcp(&mut self, datagram: &Datagram) -> Option<()> {
        if datagram.offset + TCP_LENGTH <= datagram.end
            && let Some(header) = self.packet.read(datagram.offset)
        {
            return self.whole_tcp(datagram, header);
        }

        self.ports(datagram, Malformed::TcpTruncated)?;
        if !self.ends_before(datagram, TCP_OFFSET_FLAGS + 2) {
            let [_data_offset, flags] =
                self.packet.read::<[u8; 2]>(datagram.offset + TCP_OFFSET_FLAGS)?;
            self.out.tcp_flags = flags;
            self.out.has_tcp_flags = 1;
        }

        self.cut(datagram, TCP_LENGTH, Malformed::TcpTruncated)
    }

    /// Takes a header of which all twenty bytes are there, as nearly all are.
    #[inline(always)]
    fn whole_tcp(&mut self, datagram: &Datagram, header: Tcp) -> Option<()> {
        self.has_ports(header.source, header.destination);
        self.out.tcp_flags = header.flags;
        self.out.has_tcp_flags = 1;
        let length = usize::from(header.data_offset >> 4) * 4;
        if length < TCP_LENGTH {
            return self.stop(Malformed::TcpDataOffset);
        }
        if datagram.offset + length > datagram.end {
            return self.cut(datagram, length, Malformed::TcpDataOffset);
        }

        Some(())
    }
}
