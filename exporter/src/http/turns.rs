//! How many requests and streams may be under way at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limits::Limits;
use super::peer::Peer;

/// The requests that are handled on threads. The limit is that of the moment: those that are under
/// way when it falls are finished.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<AtomicUsize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Turns);

impl Turns {
    /// Takes a turn, if fewer than `most` are under way; with 0 there is no limit.
    pub(super) fn take(&self, most: usize) -> Option<Turn> {
        let more = |now: usize| (most == 0 || now < most).then_some(now + 1);

        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Turn(self.clone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The streams that are under way.
#[derive(Clone, Debug)]
pub(super) struct StreamTurns {
    most: usize,
    most_of_peer: usize,
    taken: Arc<Mutex<BTreeMap<Peer, usize>>>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct StreamTurn {
    peer: Peer,
    of: StreamTurns,
}

impl StreamTurns {
    pub(super) fn new(limits: &Limits) -> Self {
        let Limits { streams: most, streams_of_peer: most_of_peer, .. } = *limits;

        Self { most, most_of_peer, taken: Arc::default() }
    }

    /// Takes a turn for a stream to `peer`, if there are not too many.
    pub(super) fn take(&self, peer: Peer) -> Option<StreamTurn> {
        let mut taken = self.taken();
        let in_all: usize = taken.values().sum();
        let of_peer = taken.get(&peer).copied().unwrap_or(0);
        if in_all >= self.most || of_peer >= self.most_of_peer {
            return None;
        }
        taken.insert(peer, of_peer + 1);

        Some(StreamTurn { peer, of: self.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<Peer, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamTurn {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        match taken.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.peer)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_limit_is_for_new_requests_only() {
        let turns = Turns::default();
        let first = [(); 3].map(|()| turns.take(3).unwrap());

        assert!(turns.take(3).is_none());
        assert!(turns.take(1).is_none());
        assert!(turns.take(0).is_some());
        drop(first);
        assert!(turns.take(1).is_some());
    }

    #[test]
    fn streams_are_limited_in_all_and_for_each_peer() {
        let limits = Limits { streams: 3, streams_of_peer: 2, ..Limits::default() };
        let turns = StreamTurns::new(&limits);
        let [a, b] = [1, 2].map(|last| Peer::of([192, 0, 2, last].into()));

        let of_a = [(); 2].map(|()| turns.take(a).unwrap());
        assert!(turns.take(a).is_none());
        let of_b = turns.take(b).unwrap();
        assert!(turns.take(b).is_none());
        drop(of_a);
        assert!(turns.take(b).is_some());
        drop(of_b);
        assert!(turns.taken().is_empty());
    }
}
