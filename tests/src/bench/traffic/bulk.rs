//! Bulk transfers over TCP.

use std::time::Duration;

use super::bed::Bed;
use super::figures::{Sample, Tally};
use crate::programs;
use crate::senders::stream;

/// Transfers for as long.
pub(super) fn run(bed: &Bed, lasts: Duration, tally: &mut Tally) -> Sample {
    let segments = || {
        let counters = programs::stack(&bed.there);
        counters["TcpOutSegs"] + counters["TcpRetransSegs"]
    };
    let before = [segments(), bed.lost()];

    let streamed = stream(&bed.there, &bed.here, Bed::address(), lasts);

    tally.sent += segments() - before[0];
    tally.lost += bed.lost() - before[1];
    tally.passed += streamed.read;
    tally.to_pass += streamed.written;
    Sample { arrived: streamed.read, seconds: streamed.elapsed.as_secs_f64() }
}
