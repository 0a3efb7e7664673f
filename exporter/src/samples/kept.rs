//! The last packets that were taken.

use std::collections::VecDeque;
use std::sync::Arc;

use shared::PortRank;

use super::Sample;
use super::id::{Found, Id};

/// A packet that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub id: Id,
    pub sample: Sample,
    /// What was known of its source and destination port; meant only where it has ports.
    pub ranks: [PortRank; 2],
}

/// The last packets that were taken, within a number and a number of bytes.
#[derive(Clone, Debug)]
pub struct Kept {
    start: u64,
    next: u64,
    most: usize,
    bytes: usize,
    taken: VecDeque<Arc<Taken>>,
}

impl Taken {
    /// Returns the bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.sample.bytes.len()
    }
}

impl Kept {
    /// Most bytes that all of them take.
    pub(super) const BYTES: usize = 32 << 20;

    /// Makes room for nothing; `start` is that of every [`Id`].
    pub fn new(start: u64) -> Self {
        Self { start, next: 1, most: 0, bytes: 0, taken: VecDeque::new() }
    }

    /// Forgets the oldest until no more than `most` are kept.
    pub fn limit(&mut self, most: usize) {
        self.most = most;
        self.make_room();
    }

    /// Adds a packet with what is known of its two ports.
    pub fn add(&mut self, sample: Sample, ranks: [PortRank; 2]) -> Arc<Taken> {
        let id = Id { start: self.start, number: self.next };
        self.next += 1;
        let taken = Arc::new(Taken { id, sample, ranks });
        self.bytes += taken.bytes();
        self.taken.push_back(Arc::clone(&taken));
        self.make_room();

        taken
    }

    /// Returns the packet of that name, or why there is none.
    pub fn find(&self, id: Id) -> Found<&Arc<Taken>> {
        let first = self.taken.front().map_or(self.next, |taken| taken.id.number);
        let place = id.number.checked_sub(first).and_then(|place| usize::try_from(place).ok());

        id.found(self.start, self.next, place.and_then(|place| self.taken.get(place)))
    }

    /// Returns all of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Taken>> {
        self.taken.iter()
    }

    /// Returns the bytes that all of them take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many were taken since the start.
    pub fn total(&self) -> u64 {
        self.next - 1
    }

    fn make_room(&mut self) {
        while self.taken.len() > self.most || self.bytes > Self::BYTES {
            let Some(oldest) = self.taken.pop_front() else { return };
            self.bytes -= oldest.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::example::sample;

    fn kept(packets: usize, most: usize) -> Kept {
        let mut kept = Kept::new(7);
        kept.limit(most);
        for _ in 0..packets {
            kept.add(sample(&[1, 2, 3]), [PortRank::default(); 2]);
        }

        kept
    }

    fn found(kept: &Kept, start: u64, number: u64) -> Found<u64> {
        kept.find(Id { start, number }).map(|taken| taken.id.number)
    }

    #[test]
    fn a_name_leads_to_its_packet_or_to_none_and_never_to_another_one() {
        let kept = kept(10, 4);

        for number in 1..=6 {
            assert_eq!(found(&kept, 7, number), Found::Gone, "{number}");
        }
        for number in 7..=10 {
            assert_eq!(found(&kept, 7, number), Found::Here(number));
        }
        for number in [0, 11, u64::MAX] {
            assert_eq!(found(&kept, 7, number), Found::Unknown, "{number}");
        }
        for number in [0, 1, 9, 11] {
            assert_eq!(found(&kept, 6, number), Found::Gone, "{number}");
        }
    }

    #[test]
    fn no_more_is_kept_than_allowed_in_number_and_in_bytes() {
        let mut kept = kept(10, 4);
        assert_eq!((kept.iter().count(), kept.total()), (4, 10));

        kept.limit(0);
        assert_eq!((kept.iter().count(), kept.bytes), (0, 0));

        kept.limit(usize::MAX);
        for _ in 0..100 {
            kept.add(sample(&vec![0; 1 << 20]), [PortRank::default(); 2]);
        }
        assert_eq!((kept.iter().count(), kept.bytes <= Kept::BYTES), (31, true));
    }
}
