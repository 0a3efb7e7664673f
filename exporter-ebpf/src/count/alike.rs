//! The frames on the wire that one buffer becomes, by what they have in common.

use shared::{Count, Parsed, size_bucket};

use crate::segments::Segments;
use crate::settle;

/// FIN and PSH, which only the last segment keeps. Source: `tcp_gso_segment` in
/// net/ipv4/tcp_offload.c.
const OF_LAST: u8 = 0x09;
/// CWR, which only the first segment keeps.
const OF_FIRST: u8 = 0x80;

/// Frames on the wire that one buffer becomes, and that are alike.
#[derive(Clone, Copy)]
pub struct Alike {
    /// See [`size_bucket`].
    pub bucket: u8,
    /// Meant only where the frame has some.
    pub tcp_flags: u8,
    pub count: Count,
}

impl Alike {
    /// A frame that stays one.
    #[inline(always)]
    pub fn one(parsed: &Parsed, segments: Segments) -> Self {
        let bucket = bucket(segments.bytes);

        Self { bucket, tcp_flags: parsed.tcp_flags, count: segments.count() }
    }
}

/// Calls `count` for the segments of a buffer: for the first one, if no other has its flags, for
/// the other full ones, and for the last one.
#[inline(always)]
pub fn each(parsed: &mut Parsed, segments: Segments, mut count: impl FnMut(Alike)) {
    let Segments { number, full, bytes } = segments;
    let flags = parsed.tcp_flags;
    let length = u64::from(full);
    let mut full_ones = u64::from(number) - 1;
    #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
    let last = (u64::from(bytes) - full_ones * length) as u32;

    sort(parsed, full);
    if flags & OF_FIRST != 0 {
        let first = Count { packets: 1, bytes: length };
        count(Alike { bucket: parsed.bucket, tcp_flags: flags & !OF_LAST, count: first });
        full_ones -= 1;
        settle();
    }
    if full_ones > 0 {
        let middle = Count { packets: full_ones, bytes: full_ones * length };
        let tcp_flags = flags & !OF_LAST & !OF_FIRST;
        count(Alike { bucket: parsed.bucket, tcp_flags, count: middle });
    }

    sort(parsed, last);
    let of_last = Count { packets: 1, bytes: last.into() };
    count(Alike { bucket: parsed.bucket, tcp_flags: flags & !OF_FIRST, count: of_last });
}

/// Leaves the bucket of a size in memory: behind this the verifier meets one state instead of one
/// for each bucket.
#[inline(always)]
fn sort(parsed: &mut Parsed, size: u32) {
    parsed.bucket = bucket(size);
    settle();
}

#[expect(clippy::cast_possible_truncation, reason = "there are sixteen buckets")]
#[inline(always)]
const fn bucket(size: u32) -> u8 {
    size_bucket(size) as u8
}
