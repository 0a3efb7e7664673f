//! Steps of one length, from the oldest that is kept to one that still grows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::step::{Open, Step};

/// How long the steps of a tier are, and how long they are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// A fold that takes longer is a step of its own.
    pub(super) step: Duration,
    pub(super) kept: Duration,
    /// What is kept where room is short: the next tier has all that is older.
    pub(super) least: Duration,
}

/// Steps of one length.
#[derive(Debug)]
pub(super) struct Tier {
    shape: Shape,
    steps: VecDeque<Arc<Step>>,
    pub(super) open: Option<Open>,
    /// The steps as readers have them.
    shared: Option<Arc<[Arc<Step>]>>,
    /// What the steps take.
    pub(super) bytes: usize,
    /// From the begin of the oldest to the end of the last, but what is missing between them.
    length: Duration,
}

impl Tier {
    pub(super) fn new(shape: Shape) -> Self {
        let (steps, open, shared) = (VecDeque::new(), None, None);

        Self { shape, steps, open, shared, bytes: 0, length: Duration::ZERO }
    }

    /// Adds what came since; returns the step that it completes, with all its keys. A step that takes more
    /// than `most` bytes is complete too.
    pub(super) fn add(&mut self, later: Open, keys: usize, most: usize) -> Option<Open> {
        let half = later.elapsed / 2;
        match &mut self.open {
            Some(open) => open.add(later),
            None => self.open = Some(later),
        }
        // Folds come a little early or late.
        let is_complete =
            |open: &mut Open| open.elapsed + half >= self.shape.step || open.bytes() > most;
        let open = self.open.take_if(is_complete)?;

        let step = open.sealed(keys);
        self.bytes += step.bytes();
        self.length += step.elapsed;
        self.steps.push_back(Arc::new(step));
        self.shared = None;
        while self.drop_first(self.shape.kept) {}
        Some(open)
    }

    /// Drops the oldest step, if what stays has at least that length.
    pub(super) fn drop_first(&mut self, least: Duration) -> bool {
        let is_old = |step: &Arc<Step>| self.length.saturating_sub(step.elapsed) >= least;
        let Some(first) = self.steps.front().filter(|first| is_old(first)) else { return false };

        self.bytes -= first.bytes();
        self.length -= first.elapsed;
        self.steps.pop_front();
        self.shared = None;
        true
    }

    /// Drops the oldest step that the next tier has too.
    pub(super) fn drop_finer(&mut self) -> bool {
        self.drop_first(self.shape.least)
    }

    /// Takes keys from the oldest step that has more.
    pub(super) fn thin(&mut self, keys: usize) -> bool {
        let Some(step) = self.steps.iter_mut().find(|step| step.keys > keys) else { return false };

        let thinned = step.thinned(keys);
        self.bytes = self.bytes - step.bytes() + thinned.bytes();
        *step = Arc::new(thinned);
        self.shared = None;
        true
    }

    pub(super) fn open_bytes(&self) -> usize {
        self.open.as_ref().map_or(0, Open::bytes)
    }

    /// Returns the fold that the oldest step began after.
    pub(super) fn oldest(&self) -> Option<u64> {
        let closed = self.steps.front().map(|step| step.after);

        closed.or(self.open.as_ref().map(|open| open.after))
    }

    /// Returns the steps, the oldest first.
    pub(super) fn shared(&mut self) -> Arc<[Arc<Step>]> {
        let steps = &self.steps;

        Arc::clone(self.shared.get_or_insert_with(|| steps.iter().cloned().collect()))
    }

    /// Counts again what the steps take.
    #[cfg(test)]
    pub(super) fn recount(&self) -> usize {
        self.steps.iter().map(|step| step.bytes()).sum()
    }
}
