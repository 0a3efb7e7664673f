//! Writes pcapng. Source: draft-ietf-opsawg-pcapng, sections 3 and 4.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use shared::Direction;

use super::{Losses, Sample};
use crate::record::Link;

/// Types of blocks.
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;
/// Options, by the block that has them.
const COMMENT: u16 = 1;
const SECTION_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_RESOLUTION: u16 = 9;
const PACKET_FLAGS: u16 = 2;
const STATISTICS_END: u16 = 3;
const STATISTICS_DROPPED: u16 = 7;
const STATISTICS_DELIVERED: u16 = 8;
/// Times are in nanoseconds: a power of ten.
const NANOSECONDS: u8 = 9;

/// Writes one capture, block by block: an interface before its first packet.
#[derive(Debug)]
pub struct Writer {
    snap_length: u32,
    interfaces: Vec<Interface>,
}

#[derive(Debug)]
struct Interface {
    device: Arc<str>,
    link: Link,
    packets: u64,
}

impl Writer {
    /// What a capture is called in HTTP.
    pub const CONTENT_TYPE: &str = "application/x-pcapng";

    /// Begins a capture of packets of which at most that many bytes are taken; 0 for any number.
    pub fn begin(out: &mut Vec<u8>, snap_length: u32, application: &str) -> Self {
        block(out, SECTION, |out| {
            out.extend(0x1a2b_3c4d_u32.to_le_bytes());
            out.extend([1, 0, 0, 0]);
            // The length of the section is not known.
            out.extend(u64::MAX.to_le_bytes());
            option(out, SECTION_APPLICATION, application.as_bytes());
            end_of_options(out);
        });

        Self { snap_length, interfaces: Vec::new() }
    }

    /// Adds a packet.
    pub fn packet(&mut self, out: &mut Vec<u8>, sample: &Sample) {
        let Sample { at, device, direction, link, length, parsed: _, bytes } = sample;
        let interface = self.interface(out, device, *link);
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let flags: u32 = match direction {
            Direction::Receive => 1,
            Direction::Transmit => 2,
        };

        block(out, PACKET, |out| {
            out.extend(interface.to_le_bytes());
            out.extend(halves(*at));
            out.extend(captured.to_le_bytes());
            out.extend((*length).max(captured).to_le_bytes());
            out.extend_from_slice(bytes);
            pad(out, bytes.len());
            option(out, PACKET_FLAGS, &flags.to_le_bytes());
            end_of_options(out);
        });
    }

    /// Ends the capture with what it has of each interface and, if that is known, what was lost of all
    /// together: by programs, and because the client was too slow.
    pub fn end(mut self, out: &mut Vec<u8>, at: SystemTime, lost: Option<(Losses, u64)>) {
        if self.interfaces.is_empty() {
            // Without any, readers take it for damaged.
            self.describe(out, &Arc::from("none"), Link::Ethernet);
        }
        let is_one = self.interfaces.len() == 1;

        for (number, Interface { packets, .. }) in (0_u32..).zip(&self.interfaces) {
            block(out, STATISTICS, |out| {
                out.extend(number.to_le_bytes());
                out.extend(halves(at));
                option(out, STATISTICS_END, &halves(at));
                if let Some((losses, unsent)) = lost {
                    option(out, COMMENT, words(losses, unsent).as_bytes());
                }
                if let Some((Losses { full, rate, copy }, unsent)) = lost.filter(|_| is_one) {
                    let all = full + rate + copy + unsent;
                    option(out, STATISTICS_DROPPED, &all.to_le_bytes());
                }
                option(out, STATISTICS_DELIVERED, &packets.to_le_bytes());
                end_of_options(out);
            });
        }
    }

    /// Returns the number of an interface, which is described before its first packet.
    fn interface(&mut self, out: &mut Vec<u8>, device: &Arc<str>, link: Link) -> u32 {
        let is_it = |it: &Interface| it.device == *device && it.link == link;
        let place = self.interfaces.iter().position(is_it).unwrap_or_else(|| {
            self.describe(out, device, link);
            self.interfaces.len() - 1
        });
        self.interfaces[place].packets += 1;

        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn describe(&mut self, out: &mut Vec<u8>, device: &Arc<str>, link: Link) {
        let number: u16 = if link == Link::Ethernet { 1 } else { 101 };
        block(out, INTERFACE, |out| {
            out.extend(number.to_le_bytes());
            out.extend([0; 2]);
            out.extend(self.snap_length.to_le_bytes());
            option(out, INTERFACE_NAME, device.as_bytes());
            option(out, INTERFACE_RESOLUTION, &[NANOSECONDS]);
            end_of_options(out);
        });

        self.interfaces.push(Interface { device: Arc::clone(device), link, packets: 0 });
    }
}

fn words(Losses { full, rate, copy }: Losses, unsent: u64) -> String {
    format!(
        "Lost packets of all interfaces: {full} because the ring buffer was full, {rate} above the \
         rate, {copy} that could not be copied, {unsent} because the client was too slow"
    )
}

/// Writes a block around its body.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let length = u32::try_from(out.len() - begin + 4).unwrap_or(u32::MAX).to_le_bytes();
    out.extend(length);

    out[begin + 4..begin + 8].copy_from_slice(&length);
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    out.extend(code.to_le_bytes());
    out.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(value);

    pad(out, value.len());
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend([0; 4]);
}

/// What is in a block begins at multiples of four bytes.
fn pad(out: &mut Vec<u8>, length: usize) {
    out.extend(&[0; 3][..length.wrapping_neg() % 4]);
}

/// Returns a time as the draft has it: its higher half first.
fn halves(at: SystemTime) -> [u8; 8] {
    let nanoseconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);

    nanoseconds.rotate_left(32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Capture;
    use crate::samples::example::{at, sample};

    /// A block: its type, and its body.
    type Block = (u32, Vec<u8>);

    /// Takes a file apart, in which each length has to be right.
    fn blocks(mut file: &[u8]) -> Vec<Block> {
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
        let mut blocks = Vec::new();
        while !file.is_empty() {
            let length = word(&file[4..8]) as usize;
            assert_eq!((length % 4, word(&file[length - 4..length])), (0, word(&file[4..8])));
            blocks.push((word(&file[..4]), file[8..length - 4].to_vec()));
            file = &file[length..];
        }

        blocks
    }

    fn options(mut bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
        let mut options = Vec::new();
        loop {
            let [code, length] =
                [0, 2].map(|at| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
            let length = usize::from(length);
            if code == 0 {
                assert_eq!((length, bytes.len()), (0, 4));
                return options;
            }
            options.push((code, bytes[4..4 + length].to_vec()));
            bytes = &bytes[4 + length.next_multiple_of(4)..];
        }
    }

    fn written(lost: Option<(Losses, u64)>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&mut out, 96, "packet-exporter");
        let tun = Sample { device: "tun0".into(), link: Link::Ip, ..sample(&[0x45; 21]) };
        let sent = Sample { direction: Direction::Transmit, length: 9000, ..sample(&[7; 60]) };
        for sample in [sample(&[1; 61]), tun, sent] {
            writer.packet(&mut out, &sample);
        }
        writer.end(&mut out, at(9), lost);

        out
    }

    #[test]
    fn a_reader_finds_every_packet_as_it_was() {
        let file = written(None);
        let mut capture = Capture::open(&*file).unwrap();
        let mut read = Vec::new();
        while let Some(record) = capture.next_record().unwrap() {
            read.push((record.link, record.bytes.to_vec(), record.wire_length));
        }

        let expected = [
            (Link::Ethernet, vec![1; 61], 61),
            (Link::Ip, vec![0x45; 21], 21),
            (Link::Ethernet, vec![7; 60], 9000),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn an_interface_comes_before_its_packets_and_its_counts_at_the_end() {
        let losses = Losses { full: 1, rate: 2, copy: 3 };
        let blocks = blocks(&written(Some((losses, 4))));

        let kinds: Vec<_> = blocks.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [SECTION, INTERFACE, PACKET, INTERFACE, PACKET, PACKET, STATISTICS, STATISTICS]
        );
        assert_eq!(options(&blocks[0].1[16..]), [(4, b"packet-exporter".to_vec())]);
        assert_eq!(options(&blocks[1].1[8..]), [(2, b"eth0".to_vec()), (9, vec![9])]);
        assert_eq!((blocks[3].1[0], &options(&blocks[3].1[8..])[0]), (101, &(2, b"tun0".to_vec())));
        // Nanoseconds since 1970, the higher half first.
        let time = 1_700_000_000_123_456_789_u64;
        let halves = [(time >> 32).to_le_bytes()[..4].to_vec(), time.to_le_bytes()[..4].to_vec()];
        assert_eq!(blocks[2].1[4..12], halves.concat());
        let flags = |packet: &Block, captured: usize| {
            options(&packet.1[20 + captured.next_multiple_of(4)..])
        };
        assert_eq!(flags(&blocks[2], 61), [(2, vec![1, 0, 0, 0])]);
        assert_eq!(flags(&blocks[5], 60), [(2, vec![2, 0, 0, 0])]);

        let first = options(&blocks[6].1[12..]);
        let text = String::from_utf8(first[1].1.clone()).unwrap();
        assert!(text.contains(": 1 because") && text.contains("4 because the client"), "{text}");
        assert_eq!(first[2], (STATISTICS_DELIVERED, 2_u64.to_le_bytes().to_vec()));
        // What is known of all interfaces together is not stated of one.
        assert_eq!(first.len(), 3);
    }

    #[test]
    fn the_losses_of_one_interface_are_its_own_and_one_without_packets_is_valid() {
        let mut file = Vec::new();
        let writer = Writer::begin(&mut file, 96, "packet-exporter");
        writer.end(&mut file, at(0), Some((Losses { full: 1, rate: 2, copy: 3 }, 4)));

        let blocks = blocks(&file);
        assert_eq!(blocks.len(), 3);
        let dropped = (STATISTICS_DROPPED, 10_u64.to_le_bytes().to_vec());
        assert!(options(&blocks[2].1[12..]).contains(&dropped));
        assert!(Capture::open(&*file).unwrap().next_record().unwrap().is_none());
    }
}
