//! Socket buffers for test runs, and where in the stack programs count them. Source:
//! `bpf_prog_test_run_skb` in net/bpf/test_run.c.

use exporter::datapath::{Inspected, Inspector, LinkLayer, Placement};
use exporter::health::Hook;
use shared::{Direction, Parsed};

use crate::corpus;
use crate::oracle::{self, Rules};
use crate::outcome::Outcome;

pub const RECEIVED: Placement = Placement::tc(Hook::TcxIngress, LinkLayer::Ethernet);
pub const SENT: Placement = Placement::tc(Hook::TcxEgress, LinkLayer::Ethernet);
/// What a program returns so that those behind it decide. Source: include/uapi/linux/bpf.h.
pub const TCX_NEXT: u32 = u32::MAX;
/// The index of the device that a test run receives its frames on, unless told otherwise.
pub const LOOPBACK: u32 = 1;
/// No empty ones, and not much more than three quarters of a page.
const LENGTHS: std::ops::RangeInclusive<usize> = 15..=3000;

/// Returns whether the kernel takes the frame for a test run.
pub fn fits(frame: &[u8]) -> bool {
    LENGTHS.contains(&frame.len())
}

/// Returns a `struct __sk_buff` with what a test run takes of it. Source: `convert___skb_to_skb` in
/// net/bpf/test_run.c.
pub fn context(wire_length: u32, segments: u32, segment_size: u32) -> [u8; 192] {
    const WIRE_LENGTH: usize = 160;
    const SEGMENTS: usize = 164;
    const SEGMENT_SIZE: usize = 176;

    with([(WIRE_LENGTH, wire_length), (SEGMENTS, segments), (SEGMENT_SIZE, segment_size)])
}

/// Returns a `struct __sk_buff` of a frame on another device than `LOOPBACK`.
pub fn context_on(ifindex: u32) -> [u8; 192] {
    const IFINDEX: usize = 40;

    with([(IFINDEX, ifindex)])
}

fn with<const FIELDS: usize>(fields: [(usize, u32); FIELDS]) -> [u8; 192] {
    let mut context = [0; 192];
    for (place, value) in fields {
        context[place..place + 4].copy_from_slice(&value.to_ne_bytes());
    }

    context
}

/// Runs a program on the corpus, and compares it with its host build, `parse`. Returns what the
/// frames are to be counted as, and how many frames the kernel refused.
pub fn run_corpus(
    inspector: &mut Inspector<'_>,
    direction: Direction,
    parse: impl Fn(&[u8], Direction) -> Parsed,
) -> (Vec<Outcome>, usize) {
    let mut outcomes = Vec::new();
    let mut refused = 0;

    for case in corpus::table().into_iter().chain(corpus::sweeps()) {
        // Newer kernels also refuse frames that end within their IP header.
        let Some(Ok(inspected)) = fits(&case.frame).then(|| inspector.run(&case.frame)) else {
            refused += 1;
            continue;
        };
        let Inspected { verdict, parsed } = inspected;
        assert_eq!(verdict, TCX_NEXT, "{}", case.name);
        assert_eq!(parsed, parse(&case.frame, direction), "{}", case.name);
        outcomes.push(oracle::read(&case.frame, &Rules::project()).outcome(direction));
    }

    (outcomes, refused)
}
