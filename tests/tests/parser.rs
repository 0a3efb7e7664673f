//! The parser says of every frame what the oracle says, and of the table what is written there.

use std::fmt::Write;
use std::sync::LazyLock;

use exporter::inspect::parse;
use exporter::record::{Link, Record};
use exporter_ebpf::parse_bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use shared::{Direction, TunnelPorts};
use tests::capture::{self, ETHERNET, Frame, RAW};
use tests::convert;
use tests::corpus::bytes::{IPV6, authentication, ethernet, extension, ipv6, ipv6_fragment, tcp};
use tests::corpus::{self, Case};
use tests::oracle::{self, Rules};
use tests::outcome::Outcome;
use tests::truth::{self, Capture};

/// Frames that are changed at random are no longer than this: what is behind is never read.
const CHANGED: usize = 2048;
/// Where headers are.
const HEADERS: usize = 120;

/// Frames that each property is tried on; about one second on a slow core.
const CASES: u32 = 100_000;

/// The frames to change, those of public captures included where they are.
static FRAMES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let cases = corpus::table().into_iter().chain(corpus::sweeps()).map(|case| case.frame);
    let recorded = truth::captures().map(frames_of).unwrap_or_default();
    let frames = cases.chain(recorded.into_iter().map(|(_, frame)| frame));

    frames.filter(|frame| frame.len() <= CHANGED).collect()
});

#[test]
fn the_parser_says_what_is_written_by_hand() {
    let disagreements: Vec<_> = corpus::table()
        .into_iter()
        .filter_map(|Case { name, frame, expected }| {
            let said = Outcome::of(&parse_bytes(&frame, Direction::Receive));
            (said != expected).then(|| report(&name, &frame, said, expected))
        })
        .collect();

    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn the_parser_agrees_with_the_oracle_on_the_corpus() {
    let cases = corpus::table().into_iter().chain(corpus::sweeps());

    agree_on_all(cases.map(|case| (case.name, case.frame)));
}

#[test]
fn the_parser_agrees_with_the_oracle_on_public_captures() {
    let name = "the_parser_agrees_with_the_oracle_on_public_captures";
    let Some(captures) = truth::captures_for(name) else { return };
    let frames = frames_of(captures);
    println!("{} frames", frames.len());

    agree_on_all(frames.into_iter());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn they_agree_on_changed_frames(frame in changed()) {
        prop_assert_eq!(disagreement("a changed frame", &frame), None);
    }

    #[test]
    fn they_agree_on_any_bytes(frame in vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(disagreement("any bytes", &frame), None);
    }

    #[test]
    fn they_agree_on_chains_of_extension_headers(frame in chained()) {
        prop_assert_eq!(disagreement("a chain of extension headers", &frame), None);
    }

    #[test]
    fn they_agree_on_any_bytes_behind_an_ethertype(frame in behind_ethertype()) {
        prop_assert_eq!(disagreement("any bytes behind an EtherType", &frame), None);
    }

    #[test]
    fn they_agree_on_what_was_captured_of_a_packet(captured in captured()) {
        let (number, Frame { bytes, wire_length }) = captured;

        let link = Link::of(number).unwrap();
        let record = Record { number: 1, link, bytes: &bytes, wire_length };
        let parsed = parse(&record, TunnelPorts::USUAL);
        let said = Outcome::of(&parsed.meant());
        let layers =
            oracle::read_captured(number, &bytes, wire_length as usize, &Rules::captured());

        let expected = layers.outcome(Direction::Receive);
        let name = format!("link type {number}");
        prop_assert!(said == expected, "{}", report(&name, &bytes, said, expected));
    }
}

fn agree_on_all(frames: impl Iterator<Item = (String, Vec<u8>)>) {
    let disagreements: Vec<_> =
        frames.filter_map(|(name, frame)| disagreement(&name, &frame)).collect();

    let count = disagreements.len();
    assert!(disagreements.is_empty(), "{count} disagreements:\n{}", disagreements.join("\n"));
}

/// Returns what differs when the frame is received or sent; `None` where nothing does.
fn disagreement(name: &str, frame: &[u8]) -> Option<String> {
    let layers = oracle::read(frame, &Rules::project());

    Direction::ALL.iter().find_map(|direction| {
        let said = Outcome::of(&parse_bytes(frame, *direction));
        let expected = layers.outcome(*direction);
        let name = format!("{name} ({})", direction.label());

        (said != expected).then(|| report(&name, frame, said, expected))
    })
}

fn report(name: &str, frame: &[u8], said: Outcome, expected: Outcome) -> String {
    let shown = &frame[..frame.len().min(CHANGED)];
    let mut text = format!("{name}\n  parser:   {said}\n  expected: {expected}\n  frame:    ");
    for byte in shown {
        write!(text, "{byte:02x}").unwrap();
    }

    text
}

/// The frames of public captures, with names that say where they are found.
fn frames_of(captures: Vec<Capture>) -> Vec<(String, Vec<u8>)> {
    let mut frames = Vec::new();

    for capture in captures {
        let file = capture.path.file_name().unwrap().display();
        let read = capture::read(&capture.path).into_iter();
        frames.extend((1..).zip(read).map(|(n, frame)| (format!("{file}, {n}"), frame.bytes)));
    }

    frames
}

/// A known frame with some bytes set, some bits flipped, and perhaps cut off or padded.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let place = || any::<Index>();
    let set = vec((place(), any::<u8>()), 0..4);
    let flipped = vec((place(), 0_u8..8), 0..4);
    let length = prop_oneof![2 => Just(None), 1 => (0..HEADERS).prop_map(Some)];

    (select(FRAMES.as_slice()), set, flipped, length).prop_map(
        |(mut frame, set, flipped, length)| {
            let headers = frame.len().min(HEADERS);
            if headers > 0 {
                for (place, byte) in set {
                    frame[place.index(headers)] = byte;
                }
                for (place, bit) in flipped {
                    frame[place.index(headers)] ^= 1 << bit;
                }
            }
            frame.resize(length.unwrap_or(frame.len()), 0);

            frame
        },
    )
}

/// A changed frame behind the header of any link type, perhaps longer on the wire than what was
/// captured of it, and perhaps with a length field of 0.
fn captured() -> impl Strategy<Value = (u16, Frame)> {
    let links = [&[ETHERNET][..], &convert::WITH_ETHERTYPE, &convert::OF_IP].concat();
    let missing = select(&[0_usize, 0, 1, 6, 1400, 60_000, 65_536, 100_000][..]);
    let cut = prop_oneof![Just(None), (0..HEADERS).prop_map(Some)];

    (changed(), select(links), missing, cut, any::<bool>()).prop_map(
        |(bytes, link, missing, cut, without_length)| {
            let frame = Frame::whole(bytes);
            let converted = if convert::WITH_ETHERTYPE.contains(&link) {
                convert::cooked(&frame, link)
            } else if convert::OF_IP.contains(&link) {
                convert::ip(&frame, link)
            } else {
                None
            };
            // What does not fit is taken for a packet of that link type as it is.
            let mut bytes = converted.unwrap_or(frame).bytes;
            if without_length && link == RAW && bytes.len() > 6 {
                let at = if bytes[0] >> 4 == 6 { 4 } else { 2 };
                bytes[at..at + 2].fill(0);
            }
            let length = bytes.len() + missing;
            bytes.truncate(cut.unwrap_or(bytes.len()));

            (link, Frame { bytes, wire_length: u32::try_from(length).unwrap() })
        },
    )
}

fn behind_ethertype() -> impl Strategy<Value = Vec<u8>> {
    let ethertype = [0x0800_u16, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x0806, 0x8847, 0x8864, 0x8848];
    // The first byte of a header decides whether the rest is read at all.
    let first = select(&[0x45_u8, 0x46, 0x60, 0x11, 0x00][..]);

    (select(ethertype.to_vec()), first, vec(any::<u8>(), 0..120)).prop_map(
        |(ethertype, first, rest)| {
            [&[0; 12], &ethertype.to_be_bytes()[..], &[first], &rest].concat()
        },
    )
}

/// IPv6 with headers one behind the other, most of them extension headers, perhaps cut off.
fn chained() -> impl Strategy<Value = Vec<u8>> {
    let number = || select(&[0_u8, 43, 44, 51, 60, 60, 60, 6, 17, 59][..]);
    let fragment = select(&[0_u16, 1, 8, 9, 0xfff8][..]);
    let header = (number(), 0_u8..4, fragment);
    let cut = prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)];

    (vec(header, 0..12), cut).prop_map(|(headers, cut)| {
        let built = headers.into_iter().fold((6, tcp(2, b"")), |(next, rest), header| {
            let (number, units, fragment) = header;
            let header = match number {
                44 => ipv6_fragment(fragment >> 3, fragment & 1 == 1, next, &rest),
                51 => authentication(next, &rest),
                _ => extension(next, units, &rest),
            };
            (number, header)
        });
        let (first, payload) = built;
        let mut frame = ethernet(IPV6, &ipv6(first, &payload));
        if let Some(cut) = cut {
            frame.truncate(cut.index(frame.len()));
        }

        frame
    })
}
