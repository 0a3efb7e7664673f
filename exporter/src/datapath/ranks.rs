//! The map that tells every program which ports are those of services.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::{PortProtocol, PortRank, Ranks};

use super::wire::{Mapping, make_array};
use crate::services::{Listening, PortRules, RankTable};

/// The ranks of all ports, in the one map that every program of this process reads. Every clone
/// reaches the same ones.
///
/// Programs that count on when this process has ended keep the map, with what it held last.
#[derive(Clone)]
pub struct PortRanks(Arc<Mutex<Known>>, Arc<OwnedFd>);

struct Known {
    rules: PortRules,
    listening: Listening,
    words: Mapping<u64>,
}

impl PortRanks {
    /// Makes the map; nothing is listened on.
    pub(super) fn new(rules: PortRules) -> io::Result<Self> {
        let fd = make_array::<Ranks>(1)?;
        let words = Mapping::new(fd.as_fd(), size_of::<Ranks>() / size_of::<u64>())?;
        let mut known = Known { rules, listening: Listening::default(), words };
        known.write();

        Ok(Self(Arc::new(Mutex::new(known)), Arc::new(fd)))
    }

    /// Has programs go by other rules from the next packet on.
    pub(super) fn follow(&self, rules: &PortRules) {
        let mut known = self.known();
        if known.rules != *rules {
            known.rules = rules.clone();
            known.write();
        }
    }

    /// Has programs go by what is listened on now, from the next packet on.
    pub fn listen(&self, listening: Listening) {
        let mut known = self.known();
        if known.listening != listening {
            known.listening = listening;
            known.write();
        }
    }

    /// Returns what programs know of two ports now.
    pub fn ranks(&self, protocol: PortProtocol, ports: [u16; 2]) -> [PortRank; 2] {
        let known = self.known();

        ports.map(|port| {
            let index = PortRank::index(protocol, port);
            let word = known.words.word(index / size_of::<u64>(), 0).to_ne_bytes();
            PortRank(word[index % size_of::<u64>()])
        })
    }

    /// Returns the ranks that programs go by now.
    pub fn table(&self) -> RankTable {
        let Known { rules, listening, .. } = &*self.known();

        RankTable::of(rules, listening)
    }

    pub(super) fn map(&self) -> BorrowedFd<'_> {
        self.1.as_fd()
    }

    /// The lock is held for a write of 256 KiB at most, which waits for nothing.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Writes what differs: programs on other CPUs read the rest from their caches meanwhile.
    fn write(&mut self) {
        let table = RankTable::of(&self.rules, &self.listening);

        for (place, word) in table.words().enumerate() {
            if self.words.word(place, 0) != word {
                self.words.write(place, &[word]);
            }
        }
    }
}

impl fmt::Debug for PortRanks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PortRanks").field(&self.known().rules).finish()
    }
}
