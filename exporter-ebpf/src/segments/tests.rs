use proptest::prelude::*;

use super::*;

/// Ethernet, IPv4 and TCP with a timestamp.
const HEADER: u32 = 66;

fn cut(buffer: Buffer) -> Segments {
    Segments::of(buffer, HEADER)
}

#[test]
fn a_frame_that_is_not_cut_stays_one() {
    let buffer = Buffer { length: 100, wire_length: Some(100), ..Buffer::default() };

    assert_eq!(cut(buffer), Segments::one(100));
    assert_eq!(cut(Buffer { tag_aside: true, ..buffer }), Segments::one(104));
}

#[test]
fn a_super_frame_counts_as_its_segments() {
    let buffer = Buffer {
        length: HEADER + 2 * 1448 + 500,
        wire_length: Some(3 * HEADER + 2 * 1448 + 500),
        segments: 3,
        segment_size: 1448,
        ..Buffer::default()
    };

    let cut_up = Segments { number: 3, full: 1514, bytes: 2 * 1514 + 566 };
    assert_eq!(cut(buffer), cut_up);
    assert_eq!(cut(Buffer { segments: 0, ..buffer }), cut_up, "nobody said how many");
    assert_eq!(cut(Buffer { wire_length: None, ..buffer }), cut_up, "it was received");
    let tagged = Segments { number: 3, full: 1518, bytes: 2 * 1518 + 570 };
    assert_eq!(cut(Buffer { tag_aside: true, ..buffer }), tagged);
}

#[test]
fn what_no_segment_has_is_not_counted() {
    const JUMBO: u32 = 8;
    let buffer = Buffer {
        length: HEADER + JUMBO + 50 * 1448,
        wire_length: Some(50 * (HEADER + JUMBO + 1448)),
        segments: 50,
        segment_size: 1448,
        dropped: JUMBO,
        ..Buffer::default()
    };

    let cut_up = Segments { number: 50, full: 1514, bytes: 50 * 1514 };
    assert_eq!(cut(buffer), cut_up);
    let unsaid = Buffer { segments: 0, ..buffer };
    assert_eq!(Segments::of(unsaid, HEADER + JUMBO), cut_up, "nobody said how many");
}

#[test]
fn a_super_frame_of_sctp_counts_as_its_segments() {
    const SCTP: u32 = 14 + 20 + 12;
    let length = SCTP + 1400 + 700 + 40;
    let buffer = Buffer {
        length,
        // That of IP twice, without SCTP's.
        wire_length: Some(length + 2 * 34),
        segments: 3,
        segment_size: 0xffff,
        ..Buffer::default()
    };
    let bytes = length + 2 * SCTP;

    assert!(buffer.lacks_header());
    let cut_up = Segments { number: 3, full: bytes / 3, bytes };
    assert_eq!(Segments::of(buffer, SCTP), cut_up);
    assert_eq!(Segments::of(Buffer { wire_length: None, ..buffer }, SCTP), cut_up);
    let tagged = Segments::of(Buffer { tag_aside: true, ..buffer }, SCTP);
    assert_eq!((tagged.number, tagged.bytes), (3, bytes + 3 * 4));
    for segments in [0, 1, 1000] {
        let claim = Buffer { segments, ..buffer };
        assert_eq!(Segments::of(claim, SCTP), Segments::one(length), "{segments}");
    }
}

proptest! {
    #[test]
    fn the_segments_of_any_claim_add_up(
        length in 0..1_u32 << 20,
        more in proptest::option::of(0..1_u32 << 20),
        segments in 0..1_u32 << 16,
        segment_size in prop_oneof![0..1_u32 << 16, Just(BY_FRAGS)],
        tag_aside: bool,
        header in 0..200_u32,
        dropped in 0..16_u32,
    ) {
        let wire_length = more.map(|more| length + more);
        let buffer =
            Buffer { length, wire_length, segments, segment_size, tag_aside, dropped };

        let Segments { number, full, bytes } = Segments::of(buffer, header);

        prop_assert!(number >= 1);
        prop_assert!(u64::from(number - 1) * u64::from(full) <= u64::from(bytes));
        prop_assert!(bytes + dropped >= length);
    }
}
