use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

pub(super) fn plain(file: &[u8]) -> Vec<u8> {
    file.to_vec()
}

pub(super) fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).unwrap();

    encoder.finish().unwrap()
}

pub(super) fn zstd(file: &[u8]) -> Vec<u8> {
    zstd::encode_all(file, 1).unwrap()
}

fn whole() -> Vec<u8> {
    pcap(Order::Little, 0xa1b2_c3d4, 1, &expected())
}

#[test]
fn what_is_packed_is_unpacked_while_it_is_read() {
    for (pack, name) in [(gzip as Pack, "gzip"), (zstd, "zstd")] {
        let file = pack(&whole());

        assert_eq!(read_whole(&file), (expected(), Skipped::default()));
        let format = Capture::open(&*file).unwrap().format();
        assert_eq!(format, format!("pcap, little-endian, microseconds, {name}"));
    }
}

#[test]
fn what_was_packed_in_parts_is_read_to_the_last() {
    let whole = whole();
    let (first, rest) = whole.split_at(70);

    for pack in [gzip as Pack, zstd] {
        let file = [pack(first), pack(&[]), pack(rest)].concat();

        assert_eq!(read_whole(&file).0, expected());
    }
    // As pzstd writes it, with a frame in front that is to be skipped.
    let skippable = [&b"\x50\x2a\x4d\x18\x04\0\0\0abcd"[..], &zstd(&whole)].concat();
    assert_eq!(read_whole(&skippable).0, expected());
}

#[test]
fn a_packed_file_that_is_damaged_says_what_is_damaged() {
    // Too long to be packed as one piece.
    let frames: Vec<_> = (1..3000_u32)
        .map(|number| {
            (u64::from(number), number.wrapping_mul(0x9e37_79b9).to_le_bytes().repeat(90), 360)
        })
        .collect();
    let whole = pcap(Order::Little, 0xa1b2_c3d4, 1, &frames);

    for (pack, name) in [(gzip as Pack, "gzip"), (zstd, "zstd")] {
        let file = pack(&whole);
        let mut flipped = file.clone();
        flipped[file.len() / 2..][..9].fill(0xff);

        let ends = why(&file[..file.len() / 2]);
        assert!(ends.ends_with(&format!("its {name} data ends early")), "{ends}");
        let flipped = why(&flipped);
        assert!(!flipped.is_empty(), "{name}");
    }
}

#[test]
fn a_window_that_takes_much_memory_is_refused_with_what_to_do() {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&whole()).unwrap();
    let file = encoder.finish().unwrap();

    let error = Capture::open(&*file).unwrap_err();

    let OpenError::Io(error) = error else { panic!("{error}") };
    let said = error.to_string();
    assert!(
        said.contains("needs more than 32 MiB of memory; unpack it with `zstd -dc --memory"),
        "{said}"
    );
}

/// Why reading ends, with the causes.
fn why(file: &[u8]) -> String {
    let (frames, _, broken) = read(file);
    let broken = broken.expect("it is damaged");
    assert!(!frames.is_empty(), "what came before is read");

    let Damage::Io(error) = &broken.source else { return broken.source.to_string() };

    error.to_string()
}
