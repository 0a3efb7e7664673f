//! Ethernet frames as other link types have them, as `tcpdump -i any` and tunnels would.

use crate::capture::{
    COOKED, COOKED_2, Frame, IPV4, IPV6, PPP, PPP_HDLC, PPP_WITH_DIRECTION, PPPD, RAW,
};
use crate::oracle::{self, Rules};

const ETHERNET_LENGTH: usize = 14;
/// `ARPHRD_ETHER` in include/uapi/linux/if_arp.h.
const DEVICE: u16 = 1;

/// Link types that carry what an EtherType names.
pub const WITH_ETHERTYPE: [u16; 2] = [COOKED, COOKED_2];
/// Link types that carry IP alone, here at least.
pub const OF_IP: [u16; 7] = [RAW, IPV4, IPV6, PPP, PPP_HDLC, PPPD, PPP_WITH_DIRECTION];

/// Puts the header of `link` in the place of the Ethernet header; `None` where there is none whole, or
/// where it has a length.
pub fn cooked(frame: &Frame, link: u16) -> Option<Frame> {
    let (ethernet, payload) = frame.bytes.split_at_checked(ETHERNET_LENGTH)?;
    let ethertype = &ethernet[12..];
    let tags = payload.chunks_exact(4).scan([ethertype[0], ethertype[1]], |before, tag| {
        let is_tag = matches!(*before, [0x81 | 0x91, 0x00] | [0x88, 0xa8]);
        *before = [tag[2], tag[3]];
        is_tag.then_some(*before)
    });
    let last = tags.last().unwrap_or([ethertype[0], ethertype[1]]);
    // A length, also behind VLAN tags, is of Ethernet alone: in the place of a protocol it would be one.
    if u16::from_be_bytes(last) <= 1500 {
        return None;
    }
    // Source: `eth_type_trans` in net/ethernet/eth.c and LINUX_SLL_* of libpcap.
    let to = match ethernet[..6] {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => 1,
        [first, ..] if first & 1 == 1 => 2,
        _ => 0,
    };
    let from = &ethernet[6..12];
    let header = match link {
        COOKED => {
            let [to, length] = [to, 6].map(u16::to_be_bytes);
            [&to, &DEVICE.to_be_bytes()[..], &length, from, &[0; 2], ethertype].concat()
        }
        COOKED_2 => {
            let about = [to as u8, 6];
            let device = &DEVICE.to_be_bytes();
            [ethertype, &[0, 0, 0, 0, 0, 7], device, &about, from, &[0; 2]].concat()
        }
        other => panic!("link type {other} has no EtherType"),
    };

    Some(with_header(frame, &header, payload))
}

/// Puts the header of `link` in the place of everything in front of IP; `None` where IP is not
/// there, or not of the version that the EtherType names, or `link` has the other one.
pub fn ip(frame: &Frame, link: u16) -> Option<Frame> {
    let layers = oracle::read(&frame.bytes, &Rules::project());
    let packet = &frame.bytes[layers.network?..];
    let protocol = match (layers.ethertype?, packet.first()? >> 4) {
        (0x0800, 4) if link != IPV6 => [0x00, 0x21],
        (0x86dd, 6) if link != IPV4 => [0x00, 0x57],
        _ => return None,
    };

    let [_, short] = protocol;
    let header = match link {
        RAW | IPV4 | IPV6 => Vec::new(),
        PPP => protocol.to_vec(),
        PPP_HDLC => [[0xff, 0x03], protocol].concat(),
        PPPD => [[0x00, 0x03], protocol].concat(),
        // The protocol's first byte may be left out, the address and the control field too.
        PPP_WITH_DIRECTION => vec![0x01, short],
        other => panic!("link type {other} carries more than IP"),
    };

    Some(with_header(frame, &header, packet))
}

/// The same frame with `header` in front of `payload`, its last bytes.
fn with_header(frame: &Frame, header: &[u8], payload: &[u8]) -> Frame {
    let removed = frame.bytes.len() - payload.len();
    let length = |bytes: usize| u32::try_from(bytes).expect("a frame of less than 4 GiB");

    Frame {
        bytes: [header, payload].concat(),
        wire_length: frame.wire_length - length(removed) + length(header.len()),
    }
}
