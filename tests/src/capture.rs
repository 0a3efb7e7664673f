//! Captures: of Ethernet frames read from pcap and pcapng, of any link type written as pcap.

use std::fs::File;
use std::path::Path;

use pcap_parser::pcapng::EnhancedPacketBlock;
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// Bytes that the reader holds at once; a block has to fit.
const BUFFER: usize = 1 << 20;
/// The bits of a header's link type that name the type; those above tell of the FCS.
/// Source: draft-ietf-opsawg-pcap, section 4.
const LINK_TYPE: i32 = 0xffff;
/// As much as libpcap takes. Source: `MAXIMUM_SNAPLEN` in pcap-int.h.
const LONGEST: u32 = 262_144;

/// Link types. Source: <https://www.tcpdump.org/linktypes.html>.
pub const ETHERNET: u16 = 1;
pub const PPP: u16 = 9;
pub const PPP_HDLC: u16 = 50;
pub const RAW: u16 = 101;
pub const COOKED: u16 = 113;
pub const PPPD: u16 = 166;
pub const PPP_WITH_DIRECTION: u16 = 204;
pub const IPV4: u16 = 228;
pub const IPV6: u16 = 229;
pub const COOKED_2: u16 = 276;

/// One frame, from its link-layer header on and without the FCS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What was captured of it.
    pub bytes: Vec<u8>,
    /// Its length on the wire in bytes.
    pub wire_length: u32,
}

impl Frame {
    /// Returns a frame that was captured whole.
    pub fn whole(bytes: Vec<u8>) -> Self {
        let wire_length = u32::try_from(bytes.len()).expect("a frame of less than 4 GiB");

        Self { bytes, wire_length }
    }
}

/// Reads every frame of a capture, in order. Link types other than Ethernet are refused.
pub fn read(path: &Path) -> Vec<Frame> {
    let name = path.display();
    let file = File::open(path).unwrap_or_else(|error| panic!("cannot open {name}: {error}"));
    let mut reader = create_reader(BUFFER, file)
        .unwrap_or_else(|error| panic!("{name} is neither pcap nor pcapng: {error}"));
    let mut frames = Vec::new();

    loop {
        match reader.next() {
            Ok((consumed, block)) => {
                frames.extend(frame(&block, &name.to_string()));
                reader.consume(consumed);
            }
            Err(PcapError::Eof) => return frames,
            Err(PcapError::Incomplete(_)) => reader.refill().expect("a capture that can be read"),
            Err(error) => panic!("{name} breaks off after {} frames: {error}", frames.len()),
        }
    }
}

/// Returns the frame of a block that holds one.
fn frame(block: &PcapBlockOwned, name: &str) -> Option<Frame> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => refuse_other_links(header.network, name),
        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
            refuse_other_links(interface.linktype, name);
        }
        PcapBlockOwned::Legacy(packet) => {
            return Some(Frame { bytes: packet.data.to_vec(), wire_length: packet.origlen });
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => return Some(enhanced(packet)),
        PcapBlockOwned::NG(Block::SimplePacket(_)) => panic!("{name} has simple packet blocks"),
        PcapBlockOwned::NG(_) => {}
    }

    None
}

fn enhanced(packet: &EnhancedPacketBlock) -> Frame {
    Frame { bytes: packet.packet_data().to_vec(), wire_length: packet.orig_len() }
}

fn refuse_other_links(Linktype(link): Linktype, name: &str) {
    assert_eq!(Linktype(link & LINK_TYPE), Linktype::ETHERNET, "{name} is not of Ethernet");
}

/// Lays Ethernet frames out as a little-endian pcap, one a microsecond.
pub fn pcap(frames: &[Frame]) -> Vec<u8> {
    pcap_of(ETHERNET, frames)
}

/// Lays frames of a link type out as a little-endian pcap, one a microsecond.
pub fn pcap_of(link: u16, frames: &[Frame]) -> Vec<u8> {
    // Magic, version 2.4 (two halves of a word), zone, accuracy, longest frame, link type.
    let header = [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, LONGEST, u32::from(link)];
    let mut file = header.map(u32::to_le_bytes).as_flattened().to_vec();

    for (time, Frame { bytes, wire_length }) in (0..).zip(frames) {
        let captured = u32::try_from(bytes.len()).expect("a frame of less than 4 GiB");
        file.extend([0, time, captured, *wire_length].map(u32::to_le_bytes).as_flattened());
        file.extend(bytes);
    }

    file
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        let cut_off = Frame { bytes: vec![1, 2, 3], wire_length: 60 };
        let frames = [Frame::whole(vec![0; 1514]), cut_off, Frame::whole(Vec::new())];
        let path = env::temp_dir().join(format!("capture-{}.pcap", process::id()));
        fs::write(&path, pcap(&frames)).unwrap();

        let again = read(&path);

        fs::remove_file(&path).unwrap();
        assert_eq!(again, frames);
    }
}
