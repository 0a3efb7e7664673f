use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::input::Order;
use super::*;

mod files;
mod numbers;
mod packed;

use files::{Bytes, epb, epb_with, idb, option, pcap, shb, spb};

type Frames = Vec<(u64, Vec<u8>, u32)>;

/// Reads all that can be read, and returns why the rest cannot.
fn read(file: &[u8]) -> (Frames, Skipped, Option<Broken>) {
    let mut capture = Capture::open(file).unwrap();
    let mut frames = Vec::new();

    loop {
        match capture.next_record() {
            Ok(None) => return (frames, capture.skipped().clone(), None),
            Ok(Some(Record { number, bytes, wire_length, .. })) => {
                frames.push((number, bytes.to_vec(), wire_length));
            }
            Err(broken) => return (frames, capture.skipped().clone(), Some(broken)),
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
fn a_frame_check_sequence_is_left_out_however_its_length_is_told() {
    let order = Order::Big;
    let frames = vec![(1, vec![7; 64], 64), (2, vec![8; 20], 1518), (3, vec![9; 62], 64)];
    let with_fcs = 1 | 1 << 26 | 2 << 28;
    let pcapng = |of_interface: &[u8], of_packet: &[u8]| {
        let packets = frames.iter().map(|frame| epb_with(order, 0, frame, of_packet));
        [shb(order), idb(order, 1, 0, of_interface)]
            .into_iter()
            .chain(packets)
            .collect::<Vec<_>>()
            .concat()
    };
    let four_octets = option(order, 2, &(4_u32 << 5).to_be_bytes());
    let files = [
        pcap(Order::Little, 0xa1b2_c3d4, with_fcs, &frames),
        pcapng(&option(order, 13, &[4]), &[]),
        pcapng(&option(order, 13, &[32]), &[]),
        pcapng(&[], &four_octets),
        pcapng(&option(order, 13, &[2]), &four_octets),
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

        let frames: Vec<_> =
            frames.into_iter().map(|(number, bytes, length)| (number + 1, bytes, length)).collect();
        assert_eq!(read[..2], frames, "a custom block has a number");
        assert_eq!(read[2], (4, vec![7; 61], 61));
        assert_eq!(skipped, Skipped::default());
    }
}

#[test]
fn each_section_has_its_order_and_its_interfaces() {
    let frame = &expected()[0];
    let (big, little) = (Order::Big, Order::Little);
    let file = [
        [shb(big), idb(big, 1, 0, &[]), epb(big, 0, frame)].concat(),
        [shb(little), idb(little, 105, 0, &[]), epb(little, 0, frame)].concat(),
        [shb(big), epb(big, 0, frame)].concat(),
    ]
    .concat();

    let (frames, skipped) = read_whole(&file);

    assert_eq!(frames, expected()[..1]);
    let foreign_links = [(ForeignLink(105), 1)].into();
    assert_eq!(skipped, Skipped { foreign_links, unknown_interface: 1 });
}

#[test]
fn packets_of_other_interfaces_are_skipped_and_have_a_number() {
    let order = Order::Little;
    let frame = &expected()[0];
    let file = [
        shb(order),
        idb(order, 105, 0, &[]),
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
    assert_eq!(skipped.by_reason(), [("link_type", 2), ("unknown_interface", 1)]);
}

#[test]
fn interfaces_of_different_link_types_are_read_side_by_side() {
    let order = Order::Big;
    let frame = &expected()[0];
    let numbers = [1, 113, 276, 101, 12, 14, 228, 229, 9, 50, 166, 204];
    let interfaces = numbers.map(|link| idb(order, link, 0, &[])).concat();
    let packets: Vec<_> = (0..12).flat_map(|interface| epb(order, interface, frame)).collect();
    let file = [shb(order), interfaces, packets].concat();

    let mut capture = Capture::open(&*file).unwrap();
    let mut links = Vec::new();
    while let Some(record) = capture.next_record().unwrap() {
        links.push(record.link);
    }

    let expected = [
        Link::Ethernet,
        Link::Cooked,
        Link::Cooked2,
        Link::Ip,
        Link::Ip,
        Link::Ip,
        Link::Ipv4,
        Link::Ipv6,
        Link::Ppp,
        Link::PppHdlc,
        Link::Pppd,
        Link::PppWithDirection,
    ];
    assert_eq!(links, expected);
}

#[test]
fn a_length_on_the_wire_below_that_of_what_was_captured_is_noted() {
    let frames = vec![(1, vec![7; 60], 0), (2, vec![8; 60], 59), (3, vec![9; 60], 60)];
    let file = pcap(Order::Little, 0xa1b2_c3d4, 1, &frames);

    let mut capture = Capture::open(&*file).unwrap();
    let mut lengths = Vec::new();
    while let Some(record) = capture.next_record().unwrap() {
        lengths.push((record.bytes.len(), record.wire_length));
    }

    assert_eq!(lengths, [(60, 0), (60, 59), (60, 60)]);
    assert_eq!(capture.understated(), 2);
}

#[test]
fn what_is_no_capture_is_refused_with_what_it_is() {
    let pcap = |link| pcap(Order::Big, 0xa1b2_c3d4, link, &[]);
    let version = |major, minor| {
        let mut file = pcap(1);
        file[4..8].copy_from_slice(&[0, major, 0, minor]);
        file
    };
    let section = |at: usize, byte| {
        let mut file = shb(Order::Big);
        file[at] = byte;
        file
    };
    let cases: [(&[u8], &str); 16] = [
        (b"", "it is empty"),
        (b"\x0a\x0d", "it ends within its header"),
        (&pcap(1)[..23], "it ends within its header"),
        (&shb(Order::Big)[..20], "it ends within its header"),
        (b"\x04\x22\x4d\x18", "but lz4; `lz4 -dc FILE | packet-exporter inspect -` unpacks it"),
        (b"GIF89a", "it is neither pcap nor pcapng; `editcap` from Wireshark converts"),
        (&pcap(105), "of link type 105 (802.11); capture without monitor mode"),
        (&pcap(0), "of link type 0 (BSD loopback); `editcap -L -C 4 -T rawip FILE OUT` cuts"),
        (&pcap(60_000), "of link type 60000, see https://www.tcpdump.org/linktypes.html; capture"),
        (&pcap(1 | 3 << 20), "header is 0x00300001, with bits that have to be 0"),
        (&pcap(1 | 1 << 27), "header is 0x08000001, with bits that have to be 0"),
        (&version(2, 5), "has version 2.5, and only 2.0 to 2.4 are known"),
        (&version(3, 0), "has version 3.0, and only 2.0 to 2.4 are known"),
        (&section(13, 7), "has version 7.0, and only 1.0 and 1.2 are known"),
        (&section(15, 1), "has version 1.1, and only 1.0 and 1.2 are known"),
        (&section(8, 0), "it is pcapng, and its first section is damaged"),
    ];

    for (file, said) in cases {
        let error = Capture::open(file).unwrap_err().to_string();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
    read_whole(&section(15, 2));
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
    let section = |byte: usize, set| {
        let mut file = [&head[..], &first, &head].concat();
        file[at + 8 + byte] = set;
        file
    };
    let cases = [
        (whole[..second + 7].to_vec(), second, "the file ends within a record"),
        (whole[..second + 16 + 5].to_vec(), second, "the file ends within a record"),
        (long, second, "a record claims 262145 bytes"),
        (ends, at, "a block begins with the length 96 and ends with 100"),
        (odd, at, "a block claims 33 bytes"),
        (claims, at, "a block claims 96 bytes"),
        (section(4, 7), at, "a section has version 7.0, and only 1.0 and 1.2 are known"),
        (section(0, 7), at, "a section has no valid byte-order magic"),
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
    while let Ok(Some(_)) = capture.next_record() {}
    let broken = capture.next_record().unwrap_err();

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

    assert_eq!(capture.next_record().unwrap().unwrap().bytes, vec![7; 61]);
    assert!(capture.next_record().unwrap().is_none());
}

/// A file of every format, packed or not, with some bytes set anew and perhaps cut off.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let order = prop_oneof![Just(Order::Little), Just(Order::Big)];
    let set = vec((any::<Index>(), any::<u8>()), 0..6);
    let packing = select(vec![packed::plain as Pack, packed::gzip, packed::zstd]);

    (order, any::<bool>(), packing, set, any::<Index>(), any::<bool>()).prop_map(
        |(order, is_pcapng, pack, set, cut, is_cut)| {
            let [first, second] = [&expected()[0], &expected()[1]];
            let mut file = if is_pcapng {
                let fcs = option(order, 13, &[4]);
                let interfaces = [idb(order, 1, 50, &fcs), idb(order, 105, 0, &[])].concat();
                let packets = [
                    epb_with(order, 0, first, &option(order, 2, &[0; 4])),
                    spb(order, second),
                    epb(order, 1, first),
                    Bytes::block(order, 9, &[0; 20]),
                ];
                [shb(order), interfaces, packets.concat()].concat()
            } else {
                pcap(order, 0xa1b2_c3d4, 1, &expected())
            };
            file = pack(&file);
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

type Pack = fn(&[u8]) -> Vec<u8>;

/// Reads whatever it is to its end, and returns how many bytes the frames had.
fn survive(file: &[u8]) -> usize {
    let Ok(mut capture) = Capture::open(file) else { return 0 };
    let mut bytes = 0;
    while let Ok(Some(frame)) = capture.next_record() {
        bytes += frame.bytes.len();
    }

    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_bytes_are_read_that_are_not_there(file in changed()) {
        /// What is packed may become longer; the files here do not.
        const UNPACKED: usize = 1024;

        prop_assert!(survive(&file) <= file.len().max(UNPACKED));
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
