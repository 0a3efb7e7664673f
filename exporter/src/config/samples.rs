//! `[samples]`: copies of some packets.

use serde::{Deserialize, Serialize};

use super::condition::{self, Condition};
use super::text::one_or_many;
use crate::samples::Wanted;

/// Copies of some packets, for clients that may inspect packets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Samples {
    /// Whether copies may be taken: true or false.
    pub enabled: bool,
    /// On average one of so many packets that match is taken, at random; a packet that the kernel has
    /// merged counts as those it was merged from: 1 to 1000000000.
    pub one_in: u32,
    /// Most packets a second that are taken: 1 to 10000.
    pub per_second: u32,
    /// Which packets are taken: "device=eth0", "direction=receive", "prefix=192.0.2.0/24" of the source of
    /// what is received and the destination of what is sent, "port=53", "protocol=udp", "malformed",
    /// or a list of them, which must all hold.
    #[serde(deserialize_with = "one_or_many")]
    pub matching: Vec<Condition>,
    /// Most bytes of a packet that are taken: 14 to 9216.
    pub snap_length: u16,
    /// Whether what is behind the headers is taken too, which may be anything that people send to each
    /// other: true or false.
    pub payload: bool,
    /// Packets that are kept in memory, the last ones: 1 to 65536.
    pub kept: usize,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            enabled: false,
            one_in: 1000,
            per_second: 100,
            matching: Vec::new(),
            snap_length: 96,
            payload: false,
            kept: 1024,
        }
    }
}

impl Samples {
    /// Returns which packets are taken; `None` if none are.
    pub fn wanted(&self) -> Option<Wanted> {
        let Self { enabled, one_in, per_second, matching, .. } = self;
        let matching = condition::together(matching);

        enabled.then_some(Wanted { one_in: *one_in, per_second: *per_second, matching })
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { enabled: _, one_in, per_second, matching, snap_length, payload: _, kept } = self;

        super::refused([
            ("one_in", (1..=1_000_000_000).contains(one_in)),
            ("per_second", (1..=10_000).contains(per_second)),
            ("matching", condition::are_different(matching)),
            ("snap_length", (14..=9216).contains(snap_length)),
            ("kept", (1..=65_536).contains(kept)),
        ])
    }
}
