use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::config::{Auto, Bytes};
use crate::record::Link;
use crate::services::{Listening, PortRules};

/// A file of pcapng with one block of no packet that says it is so long, and so many of its bytes.
fn with_block(length: u32, bytes: usize) -> Vec<u8> {
    const HEAD: [u32; 7] = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    let mut file = HEAD.map(u32::to_le_bytes).as_flattened().to_vec();
    file.extend([0x0bad, length].map(u32::to_le_bytes).as_flattened());
    file.resize(file.len() + bytes, 0);

    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();

    encoder.finish().unwrap()
}

/// A little-endian pcap of Ethernet with so many empty packets.
fn empty_packets(packets: usize) -> Vec<u8> {
    let head = [0xa1b2_c3d4_u32, 4 << 16 | 2, 0, 0, 65_535, 1];
    let mut file = head.map(u32::to_le_bytes).as_flattened().to_vec();
    file.resize(file.len() + 16 * packets, 0);

    file
}

/// Inspects without the kernel: there is no room for any maps.
fn inspect(
    submission: &Submission<'_>,
    stop: &CancellationToken,
) -> Result<Inspection, Uninspected> {
    let mut config = Config::default();
    config.datapath.memory = Auto::Set(Bytes(1 << 16));
    let ranks = RankTable::of(&PortRules::default(), &Listening::default());
    let pace = Pace::begin();

    Running { ranks, pace: &pace, stop }.inspect(&config, submission, true)
}

fn refusal(file: &[u8]) -> Uninspected {
    inspect(&Submission::Capture(file), &CancellationToken::new()).unwrap_err()
}

#[test]
fn where_the_program_cannot_be_loaded_the_host_parses_and_the_answer_says_why() {
    let frames = vec![vec![0; 60].into(), vec![1; 10].into()];
    let submission = Submission::Frames { link: Link::Ethernet, frames };

    let inspection = inspect(&submission, &CancellationToken::new()).unwrap();

    assert_eq!((inspection.parser.kernel, inspection.parser.host), (0, 2));
    assert!(inspection.parser.reason.is_some_and(|it| !it.is_empty()));
    assert_eq!((inspection.report.packets(), inspection.each.unwrap().len()), (2, 2));
    assert_eq!((inspection.format, inspection.incomplete), (None, None));
}

#[test]
fn what_unpacks_to_more_than_is_read_is_refused() {
    let bomb = gzip(&with_block(1 << 30, 65 << 20));

    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert_eq!(refusal(&bomb), Uninspected::TooMuch { most_bytes: 64 << 20 });
    assert_eq!(refusal(&gzip(&empty_packets(100_001))), Uninspected::TooMany { most: 100_000 });
}

#[test]
fn a_capture_that_breaks_off_is_inspected_up_to_there() {
    let whole = empty_packets(3);
    let cut = Submission::Capture(&whole[..whole.len() - 1]);

    let inspection = inspect(&cut, &CancellationToken::new()).unwrap();

    assert_eq!(inspection.report.packets(), 2);
    assert!(inspection.incomplete.is_some_and(|it| it.contains("after 2 packets")));
    let Uninspected::NoCapture(why) = refusal(b"GIF89a") else { panic!("it is a capture") };
    assert!(why.contains("neither pcap nor pcapng"), "{why}");
}

#[test]
fn an_inspection_ends_when_nobody_waits_for_it() {
    let stop = CancellationToken::new();
    stop.cancel();
    let many = empty_packets(100_000);

    let ended = inspect(&Submission::Capture(&many), &stop);

    assert_eq!(ended.unwrap_err(), Uninspected::Abandoned);
}
