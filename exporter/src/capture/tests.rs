use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::input::Order;
use super::*;

mod files;

use files::{Bytes, epb, idb, option, pcap, shb, spb};

type Frames = Vec<(u64, Vec<u8>, u32)>;

/// Reads all that can be read, and says why the rest cannot.
fn read(file: &[u8]) -> (Frames, Skipped, Option<Broken>) {
    let mut capture = Capture::open(file).unwrap();
    let mut frames = Vec::new();

    loop {
        match capture.next_frame() {
            Ok(None) => return (frames, capture.skipped(), None),
            Ok(Some(Frame { number, bytes, wire_length })) => {
                frames.push((number, bytes.to_vec(), wire_length));
            }
            Err(broken) => return (frames, capture.skipped(), Some(broken)),
        }
    }
}

#[track_caller]
fn read_whole(file: &[u8]) -> (Frames, Skipped) {
    let (frames, skipped, broken) = read(file);
    assert!(broken.is_none(), "{broken:?}");

    (frames, skipped)
}

/// Two frames, the second cut off by the snap length.
fn expected() -> Frames {
    vec![(1, vec![7; 61], 61), (2, vec![8; 20], 1514)]
}

#[test]
fn a_pcap_is_read_in_either_order_and_with_any_fraction_of_a_second() {
    let magics = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34];
    let names = ["microseconds", "nanoseconds", "microseconds"];

    for (order, endian) in [(Order::Little, "little"), (Order::Big, "big")] {
        for (magic, unit) in magics.into_iter().zip(names) {
            let file = pcap(order, magic, 1, &expected());

            assert_eq!(read_whole(&file), (expected(), Skipped::default()));
            let name = Capture::open(&*file).unwrap().format();
            assert_eq!(name, format!("pcap, {endian}-endian, {unit}"));
        }
    }
}

#[test]
fn lengths_that_old_writers_swapped_are_swapped_back() {
    let mut file = pcap(Order::Little, 0xa1b2_c3d4, 1, &[(1, vec![8; 20], 1514)]);
    file[6] = 2;
    file[24 + 8..24 + 16].rotate_left(4);

    assert_eq!(read_whole(&file).0, [(1, vec![8; 20], 1514)]);
}

#[test]
fn a_frame_check_sequence_is_left_out() {
    let frames = vec![(1, vec![7; 64], 64), (2, vec![8; 20], 1518), (3, vec![9; 62], 64)];
    let with_fcs = 1 | 1 << 26 | 2 << 28;
    let files = [
        pcap(Order::Little, 0xa1b2_c3d4, with_fcs, &frames),
        [shb(Order::Big), idb(Order::Big, 1, 0, &option(Order::Big, 13, &[4]))]
            .into_iter()
            .chain(frames.iter().map(|frame| epb(Order::Big, 0, frame)))
            .collect::<Vec<_>>()
            .concat(),
    ];

    for file in files {
        let without = vec![(1, vec![7; 60], 60), (2, vec![8; 20], 1514), (3, vec![9; 60], 60)];
        assert_eq!(read_whole(&file).0, without);
    }
}

#[test]
fn a_pcapng_is_read_in_either_order_with_every_block_that_has_a_packet() {
    for order in [Order::Little, Order::Big] {
        let frames = expected();
        let file = [
            shb(order),
            idb(order, 1, 20, &option(order, 2, b"eth0")),
            Bytes::block(order, 0x0000_0bad, &[0; 5000]),
            epb(order, 0, &frames[0]),
            spb(order, &frames[1]),
            Bytes::block(order, 5, &[1; 12]),
            files::obsolete(order, 0, &frames[0]),
        ]
        .concat();

        let (read, skipped) = read_whole(&file);

        assert_eq!(read[..2], frames);
        assert_eq!(read[2], (3, vec![7; 61], 61));
        assert_eq!(skipped, Skipped::default());
    }
}

#[test]
fn each_section_has_its_order_and_its_interfaces() {
    let frame = &expected()[0];
    let (big, little) = (Order::Big, Order::Little);
    let file = [
        [shb(big), idb(big, 1, 0, &[]), epb(big, 0, frame)].concat(),
        [shb(little), idb(little, 113, 0, &[]), epb(little, 0, frame)].concat(),
        [shb(big), epb(big, 0, frame)].concat(),
    ]
    .concat();

    let (frames, skipped) = read_whole(&file);

    assert_eq!(frames, expected()[..1]);
    assert_eq!(skipped, Skipped { not_ethernet: 1, unknown_interface: 1 });
}

#[test]
fn packets_of_other_interfaces_are_skipped_and_have_a_number() {
    let order = Order::Little;
    let frame = &expected()[0];
    let file = [
        shb(order),
        idb(order, 113, 0, &[]),
        idb(order, 1, 0, &[]),
        epb(order, 0, frame),
        epb(order, 1, frame),
        epb(order, 9, frame),
        spb(order, frame),
        epb(order, 1, frame),
    ]
    .concat();

    let (frames, skipped) = read_whole(&file);

    assert_eq!(frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [2, 5]);
    assert_eq!(skipped.by_reason(), [("not_ethernet", 2), ("unknown_interface", 1)]);
}

#[test]
fn what_is_no_capture_is_refused_with_what_it_is() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "there is nothing in it"),
        (b"\x0a\x0d", "it ends within its header"),
        (&pcap(Order::Big, 0xa1b2_c3d4, 1, &[])[..23], "it ends within its header"),
        (&shb(Order::Big)[..20], "it ends within its header"),
        (b"\x1f\x8b\x08\x00", "but gzip; give `zcat FILE | packet-exporter inspect -` a try"),
        (b"GIF89a", "it is neither pcap nor pcapng; `editcap` from Wireshark converts"),
        (&pcap(Order::Big, 0xa1b2_c3d4, 113, &[]), "link type 113 and not of Ethernet (1)"),
        (b"\xd4\xc3\xb2\xa1\x03\0\0\0aaaabbbbccccdddd", "has version 3.0, and none but 2 is known"),
    ];

    for (file, said) in cases {
        let error = Capture::open(file).unwrap_err().to_string();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

#[test]
fn a_broken_file_says_how_far_it_goes() {
    let order = Order::Little;
    let whole = pcap(order, 0xa1b2_c3d4, 1, &expected());
    let second = 24 + 16 + 61;
    let mut long = whole.clone();
    long[second + 8..second + 12].copy_from_slice(&262_145_u32.to_le_bytes());
    let head = [shb(order), idb(order, 1, 0, &[])].concat();
    let first = epb(order, 0, &expected()[0]);
    let mut ends = [&head[..], &first, &first].concat();
    let last = ends.len() - 4;
    ends[last] += 4;
    let odd = [&head[..], &first, &[6, 0, 0, 0, 33, 0, 0, 0]].concat();
    let mut claims = [&head[..], &first, &first].concat();
    let at = head.len() + first.len();
    claims[at + 20] = 200;
    let cases = [
        (whole[..second + 7].to_vec(), second, "the file ends within a record"),
        (whole[..second + 16 + 5].to_vec(), second, "the file ends within a record"),
        (long, second, "a record claims 262145 bytes"),
        (ends, at, "a block begins with the length 96 and ends with 100"),
        (odd, at, "a block claims 33 bytes"),
        (claims, at, "a block claims 96 bytes"),
    ];

    for (file, offset, said) in cases {
        let (frames, _, broken) = read(&file);
        let broken = broken.expect(said);
        assert_eq!(frames, expected()[..1], "{said}");
        assert_eq!((broken.packets, broken.offset), (1, offset as u64), "{said}");
        assert!(broken.source.to_string().contains(said), "{:?} is not {said:?}", broken.source);
    }
}

#[test]
fn a_file_that_cannot_be_read_on_says_why() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let whole = pcap(Order::Little, 0xa1b2_c3d4, 1, &expected());

    let mut capture = Capture::open(whole.chain(Fails)).unwrap();
    while let Ok(Some(_)) = capture.next_frame() {}
    let broken = capture.next_frame().unwrap_err();

    assert_eq!((broken.packets, broken.offset), (2, whole.len() as u64));
    assert!(matches!(broken.source, Damage::Io(_)), "{:?}", broken.source);
}

#[test]
fn bytes_may_come_one_by_one() {
    struct Drops<'a>(&'a [u8]);
    impl Read for Drops<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let most = bytes.len().min(1);
            self.0.read(&mut bytes[..most])
        }
    }
    let order = Order::Big;
    let file = [shb(order), idb(order, 1, 0, &[]), epb(order, 0, &expected()[0])].concat();

    let mut capture = Capture::open(Drops(&file)).unwrap();

    assert_eq!(capture.next_frame().unwrap().unwrap().bytes, vec![7; 61]);
    assert!(capture.next_frame().unwrap().is_none());
}

/// A file of every format, with some bytes set anew and perhaps cut off.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let order = prop_oneof![Just(Order::Little), Just(Order::Big)];
    let set = vec((any::<Index>(), any::<u8>()), 0..6);

    (order, any::<bool>(), set, any::<Index>(), any::<bool>()).prop_map(
        |(order, is_pcapng, set, cut, is_cut)| {
            let [first, second] = [&expected()[0], &expected()[1]];
            let mut file = if is_pcapng {
                let fcs = option(order, 13, &[4]);
                let interfaces = [idb(order, 1, 50, &fcs), idb(order, 113, 0, &[])].concat();
                let packets = [epb(order, 0, first), spb(order, second), epb(order, 1, first)];
                [shb(order), interfaces, packets.concat()].concat()
            } else {
                pcap(order, 0xa1b2_c3d4, 1, &expected())
            };
            for (place, byte) in set {
                let place = place.index(file.len());
                file[place] = byte;
            }
            if is_cut {
                file.truncate(cut.index(file.len()));
            }

            file
        },
    )
}

/// Reads whatever it is to its end, and gives how many bytes frames had.
fn survive(file: &[u8]) -> usize {
    let Ok(mut capture) = Capture::open(file) else { return 0 };
    let mut bytes = 0;
    while let Ok(Some(frame)) = capture.next_frame() {
        bytes += frame.bytes.len();
    }

    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_bytes_are_read_that_are_not_there(file in changed()) {
        prop_assert!(survive(&file) <= file.len());
    }

    #[test]
    fn any_bytes_are_read_to_their_end(
        magic in 0..4_usize,
        rest in vec(any::<u8>(), 0..400),
    ) {
        let magics: [&[u8]; 4] =
            [b"", b"\xd4\xc3\xb2\xa1\x02\0\x04\0", b"\xa1\xb2\x3c\x4d\0\x02\0\x04", &[0x0a, 0x0d, 0x0d, 0x0a]];
        let file = [magics[magic], &rest].concat();

        prop_assert!(survive(&file) <= file.len());
    }
}
