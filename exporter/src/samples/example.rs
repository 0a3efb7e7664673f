//! Packets for tests.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::{Direction, Parsed};

use super::Sample;
use crate::record::Link;

/// Returns so many seconds after 2023-11-14 22:13:20.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::new(1_700_000_000 + seconds, 123_456_789)
}

/// Returns a packet with these bytes that eth0 received, of which nothing was found.
pub(crate) fn sample(bytes: &[u8]) -> Sample {
    Sample {
        at: at(0),
        device: Arc::from("eth0"),
        direction: Direction::Receive,
        link: Link::Ethernet,
        length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        parsed: Parsed::default(),
        bytes: bytes.into(),
    }
}
