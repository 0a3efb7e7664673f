//! ARP. Source: RFC 826, "Packet format".

use shared::{Family, Malformed};
use zerocopy::FromBytes;

use super::{Frame, Surroundings, short};

#[repr(C)]
#[derive(FromBytes)]
struct ArpStart {
    _hardware_type: [u8; 2],
    _protocol_type: [u8; 2],
    hardware_length: u8,
    protocol_length: u8,
    _operation: [u8; 2],
}

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn arp(&mut self, offset: usize) -> Option<()> {
        self.out.network_offset = short(offset);
        if offset + size_of::<ArpStart>() > self.readable() {
            return self.stop(Malformed::ArpTruncated);
        }
        let header: ArpStart = self.header(offset, Malformed::ArpTruncated)?;
        self.without_ip(Family::Arp);

        let addresses =
            2 * (usize::from(header.hardware_length) + usize::from(header.protocol_length));
        let length = size_of::<ArpStart>() + addresses;
        if length > self.remaining(offset, length) {
            return self.stop(Malformed::ArpTruncated);
        }

        Some(())
    }
}
