//! Kinds of traffic: a frame, and what the generator makes of it.

use std::sync::Arc;

use super::profile::{ALL, Drawn, Profile, draw, order};
use crate::corpus::bytes::{IPV4, ethernet, ipv4, tcp};

/// Entries of a table of quantiles.
const QUANTILES: u32 = 1 << 20;

/// One kind of traffic.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub frame: Vec<u8>,
    pub profile: Profile,
    /// Numbers of sources for [`order::BY_QUANTILE`].
    pub quantiles: Arc<[u32]>,
}

/// An IPv4 frame of 64 bytes with TCP to port 443.
pub fn frame() -> Vec<u8> {
    const ACK: u8 = 0x10;

    ethernet(IPV4, &ipv4(6, &tcp(ACK, &[0; 10])))
}

impl Traffic {
    /// The same frame again and again.
    pub fn fixed(frame: Vec<u8>) -> Self {
        Self { frame, profile: Profile::default(), quantiles: Arc::from([]) }
    }

    /// Frames of `sources` equal sources, one after the other.
    pub fn in_turn(sources: u32) -> Self {
        Self::of(Profile { sources, order: order::IN_TURN, ..Profile::default() })
    }

    /// Frames of `sources` equal sources, in any order.
    pub fn at_random(sources: u32) -> Self {
        Self::of(Profile { sources, order: order::AT_RANDOM, ..Profile::default() })
    }

    /// Every frame has a source and a port of its own.
    pub fn flood_with_ports() -> Self {
        Self::of(Profile { spoofed: ALL, ports: 1, ..Profile::default() })
    }

    /// Every frame has a source of its own.
    pub fn flood() -> Self {
        Self::of(Profile { spoofed: ALL, ..Profile::default() })
    }

    /// Frames of 1,000 sources, with `tenths` of ten of them from sources drawn at random.
    pub fn flooded(tenths: u32) -> Self {
        let spoofed = ALL / 10 * tenths;

        Self::of(Profile { sources: 1000, order: order::AT_RANDOM, spoofed, ..Profile::default() })
    }

    /// Frames of sources as numerous as their places in `quantiles`.
    pub fn by_quantile(quantiles: Arc<[u32]>) -> Self {
        let places = u32::try_from(quantiles.len()).expect("fewer than 2^32 places");
        let profile = Profile {
            quantiles: places,
            order: order::BY_QUANTILE,
            sources: 1,
            ..Profile::default()
        };

        Self { frame: frame(), profile, quantiles }
    }

    fn of(profile: Profile) -> Self {
        Self { profile, ..Self::fixed(frame()) }
    }

    /// Returns what a generator with this `profile` makes of the frame with this number.
    pub fn draw(&self, profile: &Profile, number: u64) -> Drawn {
        draw(profile, number, |place| self.quantiles[place as usize])
    }
}

/// Returns a table of `sources` of which the n-th is n^-`exponent` as frequent as the first.
pub fn zipf(sources: u32, exponent: f64) -> Arc<[u32]> {
    let weight = |source: u32| f64::from(source + 1).powf(-exponent);
    let all: f64 = (0..sources).map(weight).sum();

    let mut table = Vec::with_capacity(QUANTILES as usize);
    let mut reached = 0.0;
    for source in 0..sources {
        reached += weight(source) / all;
        let end = (reached * f64::from(QUANTILES)).round();
        while f64::from(u32::try_from(table.len()).expect("a short table")) < end {
            table.push(source);
        }
    }
    table.resize(QUANTILES as usize, 0);

    table.into()
}
