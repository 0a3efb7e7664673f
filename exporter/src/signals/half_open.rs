//! Sources that sent a SYN and no ACK since.

use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use shared::{Address, SourceSlot, hash_address};

use super::SLOTS;
use crate::interval::Seen;

/// Most sources that are kept; 22 bytes each.
const MOST: usize = 8192;
/// How long a client is given to acknowledge, from the end of the interval of its SYN on: longer than
/// nearly all round trips, and shorter than the usual interval. A client whose SYN gets lost repeats it
/// after 1 s. Source: RFC 6298, section 2.1.
const PATIENCE: Duration = Duration::from_millis(500);
const SYN: u32 = SourceSlot::marks_of(SourceSlot::SYN);
const ACK: u32 = SourceSlot::marks_of(SourceSlot::ACK);

/// The sources whose last SYN was not followed by an ACK, in order.
///
/// Where there are more than [`MOST`], only those stay whose hash ends with a zero, then with two, and
/// so on: each then stands for two, for four. The error is about 1.3 %. Source: Flajolet, "On adaptive
/// sampling", 1990.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HalfOpen {
    sources: Vec<Source>,
    /// By the slot of the pane: zeros that a hash has to end with; `None` of a slot without a pane.
    levels: [Option<u32>; SLOTS],
    salt: Salt,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Source {
    address: IpAddr,
    /// One bit for each slot of a pane with a SYN.
    panes: u16,
    /// Milliseconds since the end of the interval of its first SYN, up to what fits.
    waits: u16,
}

/// Chooses the sources that stay. Drawn at random: a sender who knew it could take addresses of which
/// none stays.
#[derive(Clone, Copy, Debug)]
struct Salt([u64; 2]);

impl HalfOpen {
    /// Adds an interval of this length to the pane with `slot`.
    pub(super) fn add(&mut self, seen: &[Seen<IpAddr>], elapsed: Duration, slot: usize) {
        let level = *self.levels[slot].get_or_insert(0);
        let salt = self.salt;
        let before = mem::take(&mut self.sources);
        let mut before = before.into_iter().map(|it| it.after(elapsed)).peekable();

        for Seen { key, marks, .. } in seen.iter().filter(|seen| seen.marks & (SYN | ACK) != 0) {
            while let Some(other) = before.next_if(|source| source.address < *key) {
                self.sources.push(other);
            }
            let known = before.next_if(|source| source.address == *key);
            // In one interval either may have been first.
            if marks & ACK != 0 || !salt.keeps(*key, level) {
                continue;
            }
            let mut source = known.unwrap_or(Source { address: *key, panes: 0, waits: 0 });
            source.panes |= 1 << slot;
            self.sources.push(source);
        }
        self.sources.extend(before);
        self.thin_out(level);
    }

    /// Forgets the SYNs of the pane with `slot`.
    pub(super) fn forget(&mut self, slot: usize) {
        self.levels[slot] = None;
        for source in &mut self.sources {
            source.panes &= !(1 << slot);
        }
        self.sources.retain(|source| source.panes != 0);
    }

    /// Returns how many sources there are: of those that had time for an ACK, or of all.
    pub(super) fn count(&self, of_all: bool) -> u64 {
        let level = self.levels.iter().flatten().copied().max().unwrap_or(0);
        let had_time = |source: &Source| Duration::from_millis(source.waits.into()) >= PATIENCE;
        let counts = |source: &&Source| {
            (of_all || had_time(source)) && self.salt.keeps(source.address, level)
        };

        (self.sources.iter().filter(counts).count() as u64) << level
    }

    /// Forgets sources until the others fit; `level` is that of the youngest pane, which is the lowest.
    fn thin_out(&mut self, mut level: u32) {
        if self.sources.len() <= MOST {
            return;
        }

        let salt = self.salt;
        while self.sources.len() > MOST {
            level += 1;
            self.sources.retain(|source| salt.keeps(source.address, level));
        }
        self.sources.shrink_to_fit();
        for other in self.levels.iter_mut().flatten() {
            *other = level.max(*other);
        }
    }
}

impl Source {
    fn after(self, elapsed: Duration) -> Self {
        let elapsed = u16::try_from(elapsed.as_millis()).unwrap_or(u16::MAX);

        Self { waits: self.waits.saturating_add(elapsed), ..self }
    }
}

impl Salt {
    /// Returns whether the hash of `source` ends with so many zeros.
    fn keeps(self, source: IpAddr, level: u32) -> bool {
        let Self(seeds) = self;
        let address = match source {
            IpAddr::V4(address) => Address::from(address),
            IpAddr::V6(address) => Address::from(address),
        };

        level == 0 || hash_address(address, seeds).trailing_zeros() >= level
    }
}

impl Default for Salt {
    fn default() -> Self {
        let drawn = RandomState::new();

        Self([0, 1].map(|word: u8| drawn.hash_one(word)))
    }
}

/// What was seen is the same, whichever sources stay of it.
impl PartialEq for Salt {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
