//! Frames that are made before they are sent: UDP over IPv4 from many sources to many ports.

use std::fs::File;
use std::io::{IoSlice, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

/// Without the check sequence.
const LENGTH: usize = 64;
/// Frames of a system call of a packet socket.
const BATCH: usize = 64;
/// What is before each frame of a tunnel. Zeros: it is one frame, with its checksums.
pub const VIRTIO_HEADER: usize = 10;
const ETHERNET: usize = 14;
const SOURCE: usize = 26;
const PORT: usize = 36;
/// The first source. Source: RFC 2544, and up to 16 million addresses beyond it.
const FIRST_SOURCE: u32 = 0xc612_0000;
const FIRST_PORT: u32 = 1024;

/// Which sources and destination ports the frames have, drawn at random.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    pub sources: u32,
    pub ports: u32,
}

/// Where frames go.
enum Way {
    Socket(OwnedFd),
    Tunnel(File),
}

/// Sends frames of [`LENGTH`] bytes.
pub struct Sender {
    way: Way,
    frames: Vec<[u8; VIRTIO_HEADER + LENGTH]>,
    drawn: u32,
}

impl Sender {
    /// Sends through a packet socket to the device with this address.
    pub fn of_socket(socket: OwnedFd, to: [u8; 6]) -> Self {
        Self::of(Way::Socket(socket), to)
    }

    /// Has a tunnel of IP receive the frames, without their Ethernet header.
    pub fn of_tunnel(file: File) -> Self {
        Self::of(Way::Tunnel(file), [0; 6])
    }

    fn of(way: Way, to: [u8; 6]) -> Self {
        Self { way, frames: vec![frame(to); BATCH], drawn: 12_345 }
    }

    /// Sends for as long, and returns the number of frames.
    pub fn send_for(&mut self, time: Duration, mix: Mix) -> u64 {
        let begun = Instant::now();
        let mut sent = 0;
        while begun.elapsed() < time {
            self.draw(mix);
            sent += self.send();
        }

        sent
    }

    fn draw(&mut self, mix: Mix) {
        let drawn = &mut self.drawn;
        // The low bits of a linear congruence repeat soon.
        let mut next = |below: u32| {
            *drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*drawn >> 8) % below
        };
        for frame in &mut self.frames {
            let frame = &mut frame[VIRTIO_HEADER..];
            let source = FIRST_SOURCE + next(mix.sources);
            let port = (FIRST_PORT + next(mix.ports)) as u16;
            frame[SOURCE..SOURCE + 4].copy_from_slice(&source.to_be_bytes());
            frame[PORT..PORT + 2].copy_from_slice(&port.to_be_bytes());
            let checksum = checksum(&frame[ETHERNET..ETHERNET + 20]);
            frame[24..26].copy_from_slice(&checksum.to_be_bytes());
        }
    }

    /// Sends every frame once, and returns how many the kernel took.
    fn send(&mut self) -> u64 {
        match &mut self.way {
            Way::Socket(socket) => {
                let parts: Vec<_> =
                    self.frames.iter().map(|it| [IoSlice::new(&it[VIRTIO_HEADER..])]).collect();
                let mut nothing: Vec<_> =
                    parts.iter().map(|_| SendAncillaryBuffer::default()).collect();
                let mut messages: Vec<_> = parts
                    .iter()
                    .zip(&mut nothing)
                    .map(|(part, nothing)| MMsgHdr::new(part, nothing))
                    .collect();
                let sent = sendmmsg(socket, &mut messages, SendFlags::empty());

                // The queue of the device is full; none of them was sent.
                sent.unwrap_or(0) as u64
            }
            Way::Tunnel(file) => {
                let mut sent = 0;
                for frame in &mut self.frames {
                    // The header of the tunnel in the place of Ethernet's.
                    let packet = &mut frame[ETHERNET..];
                    packet[..VIRTIO_HEADER].fill(0);
                    sent += u64::from(file.write(packet).is_ok());
                }

                sent
            }
        }
    }
}

fn frame(to: [u8; 6]) -> [u8; VIRTIO_HEADER + LENGTH] {
    const TTL: u8 = 64;
    const UDP: u8 = 17;
    /// No address of the receiving namespace, so that its stack has little to do.
    const DESTINATION: [u8; 4] = [198, 51, 100, 1];
    let mut whole = [0; VIRTIO_HEADER + LENGTH];
    let frame = &mut whole[VIRTIO_HEADER..];
    frame[..6].copy_from_slice(&to);
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 2]);
    frame[12..14].copy_from_slice(&[8, 0]);
    frame[14..16].copy_from_slice(&[0x45, 0]);
    frame[16..18].copy_from_slice(&((LENGTH - ETHERNET) as u16).to_be_bytes());
    frame[22..24].copy_from_slice(&[TTL, UDP]);
    frame[30..34].copy_from_slice(&DESTINATION);
    frame[34..36].copy_from_slice(&12_345_u16.to_be_bytes());
    frame[38..40].copy_from_slice(&((LENGTH - ETHERNET - 20) as u16).to_be_bytes());

    whole
}

/// Returns the checksum of an IPv4 header without options, whatever its own field has. Source: RFC
/// 1071.
pub fn checksum(header: &[u8]) -> u16 {
    const FIELD: usize = 5;
    let words =
        header.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    let sum: u32 = words.enumerate().filter(|(at, _)| *at != FIELD).map(|(_, word)| word).sum();
    let folded = (sum & 0xffff) + (sum >> 16);

    !((folded & 0xffff) + (folded >> 16)) as u16
}
