//! Steps: what all flows counted from one fold to another.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::added::Added;
use super::packed::{pack, put, take, unpack};

/// The number of a life of a flow; see [`super::lives::Lives`].
pub(super) type Id = u32;

/// What the flows with packets counted from one fold to another. It never changes.
#[derive(Debug)]
pub(super) struct Step {
    /// The fold that it began after, and its last.
    pub(super) after: u64,
    pub(super) last: u64,
    /// When its last fold was made.
    pub(super) end: SystemTime,
    pub(super) elapsed: Duration,
    /// Most keys of a dimension that are kept.
    pub(super) keys: usize,
    /// The flow, the length and the record of each, in the order of the flows.
    records: Box<[u8]>,
}

impl Step {
    /// What a step takes that has no record: itself, the counts of its references, and its place in
    /// the lists of the tier and of its readers.
    const EMPTY: usize = size_of::<Self>() + 4 * size_of::<usize>();

    /// Returns the bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        Self::EMPTY + self.records.len()
    }

    pub(super) fn begin(&self) -> SystemTime {
        self.end.checked_sub(self.elapsed).unwrap_or(self.end)
    }

    /// Returns the records of the flows that are asked for.
    fn records(&self, is_asked: impl Fn(Id) -> bool) -> impl Iterator<Item = (Id, Added)> {
        let mut rest = &*self.records;

        std::iter::from_fn(move || {
            loop {
                let id = Id::try_from(take(&mut rest)?).ok()?;
                let length = usize::try_from(take(&mut rest)?).ok()?;
                let (mut record, others) = rest.split_at_checked(length)?;
                rest = others;
                if is_asked(id) {
                    return Some((id, unpack(&mut record)?));
                }
            }
        })
    }

    /// Returns it as one that can grow, with the flows that are asked for.
    pub(super) fn opened(&self, is_asked: impl Fn(Id) -> bool) -> Open {
        let Self { after, last, end, elapsed, .. } = *self;

        Open { after, last, end, elapsed, added: self.records(is_asked).collect() }
    }

    /// Returns the same step with fewer keys.
    pub(super) fn thinned(&self, keys: usize) -> Self {
        self.opened(|_| true).sealed(keys)
    }
}

/// A step that can still grow.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) after: u64,
    pub(super) last: u64,
    pub(super) end: SystemTime,
    pub(super) elapsed: Duration,
    pub(super) added: BTreeMap<Id, Added>,
}

impl Open {
    /// Adds what came right after it.
    pub(super) fn add(&mut self, later: Self) {
        let Self { after: _, last, end, elapsed, added } = later;

        // What has no record now has no traffic in its window of signals.
        let silent = self.added.iter_mut().filter(|(id, _)| !added.contains_key(id));
        silent.for_each(|(_, added)| added.signals = None);
        self.last = last;
        self.end = end;
        self.elapsed += elapsed;
        for (id, mut later) in added {
            if let Some(added) = self.added.get_mut(&id) {
                added.add(later);
            } else {
                // Up to now the flow was read, or it was not there.
                later.known.begin = true;
                self.added.insert(id, later);
            }
        }
    }

    /// Returns it as it is kept: with that many keys of each dimension.
    pub(super) fn sealed(&self, keys: usize) -> Step {
        let (mut records, mut record) = (Vec::new(), Vec::new());
        for (id, added) in &self.added {
            let mut added = added.clone();
            added.thin(keys);
            record.clear();
            pack(&added, &mut record);
            put(&mut records, (*id).into());
            put(&mut records, record.len() as u64);
            records.extend(&record);
        }

        let Self { after, last, end, elapsed, .. } = *self;
        Step { after, last, end, elapsed, keys, records: records.into() }
    }

    /// Returns the bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        // A node of the map is at least half full.
        let each = 2 * size_of::<(Id, Added)>();

        size_of::<Self>() + self.added.values().map(|it| each + it.heap()).sum::<usize>()
    }
}
