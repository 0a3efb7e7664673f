//! PPPoE sessions. Source: RFC 2516, sections 4 and 6; RFC 1661, section 2.

use shared::{Encapsulation, Malformed};
use zerocopy::FromBytes;

use super::Frame;

/// The header and the protocol of the PPP frame in it.
#[repr(C)]
#[derive(FromBytes)]
struct PppoeStart {
    version_type: u8,
    code: u8,
    _session: [u8; 2],
    length: [u8; 2],
    protocol: [u8; 2],
}

const VERSION_1_TYPE_1: u8 = 0x11;
const SESSION_DATA: u8 = 0;
const PROTOCOL_LENGTH: usize = 2;
/// PPP protocols. Source: IANA "PPP Numbers".
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;

impl<L: Fn() -> u32> Frame<'_, L> {
    #[inline(always)]
    pub(super) fn pppoe(&mut self, offset: usize) -> Option<()> {
        let header: PppoeStart = self.header(offset, Malformed::PppoeTruncated)?;
        let payload = offset + size_of::<PppoeStart>();
        let length = usize::from(u16::from_be_bytes(header.length));
        let behind_length = payload - PROTOCOL_LENGTH;
        let remaining = self.remaining(behind_length, length);
        let is_sound = header.version_type == VERSION_1_TYPE_1
            && (PROTOCOL_LENGTH..=remaining).contains(&length);
        if !is_sound {
            return self.stop(Malformed::PppoeInvalid);
        }
        self.encapsulated(Encapsulation::Pppoe);
        if header.code != SESSION_DATA {
            return None;
        }

        match u16::from_be_bytes(header.protocol) {
            IPV4 => self.leads_to(4, payload),
            IPV6 => self.leads_to(6, payload),
            _ => {}
        }

        Some(())
    }
}
