//! What the generator makes of a frame. The same source runs in the kernel and in the tests, which
//! so know of every frame what was in it.

/// Where the source address lies in a frame of Ethernet and IPv4.
pub const SOURCE_AT: usize = 26;
/// Where the destination port lies behind an IPv4 header without options.
pub const PORT_AT: usize = 36;
/// Shares are parts of this.
pub const ALL: u32 = 1 << 16;
/// The established sources are 10.0.0.0 and those behind it.
pub const ESTABLISHED: u32 = 10 << 24;

/// In which order the established sources come.
pub mod order {
    pub const IN_TURN: u32 = 0;
    pub const AT_RANDOM: u32 = 1;
    /// At random, each as often as it is in the table of quantiles.
    pub const BY_QUANTILE: u32 = 2;
}

/// A kind of traffic, of IPv4 frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Distinguishes generators.
    pub seed: u64,
    /// Established sources; 0 leaves the source that the frame has.
    pub sources: u32,
    /// One of [`order`].
    pub order: u32,
    /// Entries of the table of quantiles.
    pub quantiles: u32,
    /// Frames with a source drawn from all addresses, of [`ALL`] frames.
    pub spoofed: u32,
    /// 1: the destination port is drawn from all; 0: it stays.
    pub ports: u32,
}

/// What changes in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Host order.
    pub source: Option<u32>,
    /// Host order.
    pub port: Option<u16>,
}

/// Returns what changes in the frame with this number, the first being 0.
#[expect(clippy::cast_possible_truncation, reason = "parts of random bits")]
#[inline(always)]
pub fn draw(profile: &Profile, number: u64, quantile: impl Fn(u32) -> u32) -> Drawn {
    let random = mix(profile.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let is_spoofed = (random as u32 & (ALL - 1)) < profile.spoofed;
    let below = |limit: u32| (((random >> 32) * u64::from(limit)) >> 32) as u32;

    let source = if is_spoofed {
        Some((random.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32)
    } else if profile.sources == 0 {
        None
    } else {
        let number = match profile.order {
            order::IN_TURN => (number % u64::from(profile.sources)) as u32,
            order::AT_RANDOM => below(profile.sources),
            order::BY_QUANTILE => quantile(below(profile.quantiles)),
            _ => 0,
        };
        Some(ESTABLISHED + number)
    };
    let port = if profile.ports == 0 { None } else { Some((random >> 16) as u16) };

    Drawn { source, port }
}

/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#[inline(always)]
const fn mix(state: u64) -> u64 {
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);

    mixed ^ mixed >> 31
}
