//! PPPoE sessions. Source: RFC 2516, sections 4 and 6; RFC 1661, sections 2 and 6.5.

use shared::{Encapsulation, Malformed};
use zerocopy::FromBytes;

use super::{Frame, Surroundings};

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
/// The first of two bytes of a protocol is even; an odd one is the second, and stands alone.
const IS_SECOND: u8 = 1;
/// PPP protocols. Source: IANA "PPP Numbers".
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;

impl<S: Surroundings> Frame<'_, S> {
    #[inline(always)]
    pub(super) fn pppoe(&mut self, offset: usize) -> Option<()> {
        let header: PppoeStart = self.header(offset, Malformed::PppoeTruncated)?;
        let [first, second] = header.protocol;
        let (protocol, protocol_length) = match first & IS_SECOND {
            0 => (u16::from_be_bytes([first, second]), PROTOCOL_LENGTH),
            _ => (first.into(), PROTOCOL_LENGTH - 1),
        };
        let length = usize::from(u16::from_be_bytes(header.length));
        let start = offset + size_of::<PppoeStart>() - PROTOCOL_LENGTH;
        let remaining = self.remaining(start, length);
        let is_sound = header.version_type == VERSION_1_TYPE_1
            && (protocol_length..=remaining).contains(&length);
        if !is_sound {
            return self.stop(Malformed::PppoeInvalid);
        }
        self.encapsulated(Encapsulation::Pppoe);
        if header.code != SESSION_DATA {
            return None;
        }

        let [payload, end] = [protocol_length, length].map(|bytes| start + bytes);
        match protocol {
            IPV4 => self.leads_within(4, payload, end)?,
            IPV6 => self.leads_within(6, payload, end)?,
            _ => {}
        }

        Some(())
    }
}
