//! Socket buffers for test runs. Source: `bpf_prog_test_run_skb` in net/bpf/test_run.c.

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
    let mut context = [0; 192];
    let fields = [(WIRE_LENGTH, wire_length), (SEGMENTS, segments), (SEGMENT_SIZE, segment_size)];
    for (place, value) in fields {
        context[place..place + 4].copy_from_slice(&value.to_ne_bytes());
    }

    context
}
