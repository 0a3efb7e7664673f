use proptest::prelude::*;
use shared::Direction;

use super::*;
use crate::parse::parse_bytes;

const TCP_20: [u8; 20] = [0, 80, 0, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0];

fn of(frame: &[u8]) -> u32 {
    let mut parsed = parse_bytes(frame, Direction::Receive);
    let start = frame.as_ptr().expose_provenance();
    // SAFETY: the frame lives longer than the packet.
    let packet = unsafe { Packet::new(start, start + frame.len()) };

    repeated(packet, &mut parsed);

    parsed.length
}

fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&[2; 12], &ethertype.to_be_bytes()[..], payload].concat()
}

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let start = [0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0];

    [&start[..], &[10, 0, 0, 1, 10, 0, 0, 2], payload].concat()
}

fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let start = [0x60, 0, 0, 0, length[0], length[1], next_header, 64];

    [&start[..], &[0x20; 32], payload].concat()
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    let port = port.to_be_bytes();

    [&[0x90, 0, port[0], port[1], length[0], length[1], 0, 0], payload].concat()
}

#[test]
fn the_headers_of_a_plain_frame_end_with_its_transport_header() {
    let mut with_timestamp = [TCP_20.to_vec(), vec![1; 12]].concat();
    with_timestamp[TCP_DATA_OFFSET] = 0x80;

    assert_eq!(of(&ethernet(0x0800, &ipv4(6, &TCP_20))), 54);
    assert_eq!(of(&ethernet(0x86dd, &ipv6(6, &with_timestamp))), 86);
    assert_eq!(of(&ethernet(0x0800, &ipv4(17, &udp(9, &[0; 40])))), 42);
    assert_eq!(of(&ethernet(0x0800, &ipv4(132, &[1; 40]))), 46);
}

#[test]
fn the_headers_of_a_tunnel_end_with_the_inner_transport_header() {
    let inner = [ipv4(6, &TCP_20), vec![7; 200]].concat();
    let bridged = ethernet(0x86dd, &ipv6(17, &udp(9, &[0; 40])));
    let vxlan = [&[0x08, 0, 0, 0, 0, 0, 1, 0], &bridged[..]].concat();
    let geneve = [&[1, 0, 0x65, 0x58, 0, 0, 1, 0, 9, 9, 9, 9], &bridged[..]].concat();
    let gre = [&[0x20, 0, 0x08, 0, 0, 0, 0, 5], &inner[..]].concat();
    let gre_bridged = [&[0, 0, 0x65, 0x58], &bridged[..]].concat();

    assert_eq!(of(&ethernet(0x0800, &ipv4(17, &udp(4789, &vxlan)))), 42 + 8 + 14 + 40 + 8);
    assert_eq!(of(&ethernet(0x0800, &ipv4(17, &udp(6081, &geneve)))), 42 + 12 + 14 + 40 + 8);
    assert_eq!(of(&ethernet(0x0800, &ipv4(47, &gre))), 34 + 8 + 20 + 20);
    assert_eq!(of(&ethernet(0x86dd, &ipv6(47, &gre_bridged))), 54 + 4 + 14 + 40 + 8);
    assert_eq!(of(&ethernet(0x0800, &ipv4(4, &inner))), 34 + 20 + 20);
    assert_eq!(of(&ethernet(0x86dd, &ipv6(41, &ipv6(6, &TCP_20)))), 54 + 40 + 20);
}

#[test]
fn a_tunnel_that_is_not_followed_has_its_outer_headers() {
    let esp_inside = [&[0x08, 0, 0, 0, 0, 0, 1, 0], &ethernet(0x0800, &ipv4(50, &[0; 40]))[..]];

    assert_eq!(of(&ethernet(0x0800, &ipv4(17, &udp(4789, &esp_inside.concat())))), 42);
    assert_eq!(of(&ethernet(0x0800, &ipv4(50, &[0; 40]))), 34);
}

#[test]
fn a_frame_without_a_transport_header_repeats_nothing_that_is_known() {
    // A later fragment: what it carries is TCP, and there is no header of it.
    let fragment = [&[6, 0, 0x01, 0x00, 0, 0, 0, 9], &[0x55; 40][..]].concat();

    assert_eq!(of(&ethernet(0x86dd, &ipv6(44, &fragment))), 0);
}

proptest! {
    #[test]
    fn any_frame_has_headers(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _any = of(&bytes);
    }
}
