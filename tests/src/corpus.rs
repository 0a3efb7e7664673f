//! Frames of every kind that the parser tells apart, each with what it has to say of it.

use shared::Direction;

use crate::capture::{self, Frame};
use crate::oracle::{self, Rules};
use crate::outcome::Outcome;

pub mod bytes;
mod expect;
mod ipv4;
mod ipv6;
mod link;
mod sweeps;
mod transport;
mod tunnels;

/// The shortest frame that a device or `BPF_PROG_TEST_RUN` takes.
/// Source: `bpf_test_init` in net/bpf/test_run.c.
const SENDABLE: usize = 14;
/// The longest frame in the committed capture: one more than the last bound of sizes.
/// The frames above exceed 64 KiB and hold hardly anything but zeros.
const KEPT: usize = 16_385;

/// One frame with what is expected of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Different for each.
    pub name: String,
    pub frame: Vec<u8>,
    /// When it is received.
    pub expected: Outcome,
}

impl Case {
    /// States by hand what is expected; the length is that of the frame.
    fn new(name: impl Into<String>, frame: Vec<u8>, expected: Outcome) -> Self {
        let length = u32::try_from(frame.len()).expect("a frame of less than 4 GiB");

        Self { name: name.into(), frame, expected: Outcome { length, ..expected } }
    }

    /// Expects what the oracle says.
    fn by_oracle(name: impl Into<String>, frame: Vec<u8>) -> Self {
        let expected = oracle::read(&frame, &Rules::project()).outcome(Direction::Receive);

        Self::new(name, frame, expected)
    }

    /// Returns whether a device or the kernel's test run accepts the frame.
    pub fn is_sendable(&self) -> bool {
        self.frame.len() >= SENDABLE
    }
}

/// Returns the frames whose expectation is written by hand.
pub fn table() -> Vec<Case> {
    [link::cases(), ipv4::cases(), ipv6::cases(), transport::cases(), tunnels::cases()].concat()
}

/// Returns frames of every length and every number, whose expectation is the oracle's.
pub fn sweeps() -> Vec<Case> {
    sweeps::cases()
}

/// Returns the capture that is committed and the text beside it.
pub fn files() -> (Vec<u8>, String) {
    let kept = || table().into_iter().filter(|case| case.frame.len() <= KEPT);
    let frames: Vec<_> = kept().map(|case| Frame::whole(case.frame)).collect();
    let line = |case: Case| {
        let note = if case.is_sendable() { "" } else { " (too short to be sent)" };
        format!("{}: {}{note}\n", case.name, case.expected)
    };

    (capture::pcap(&frames), kept().map(line).collect())
}
