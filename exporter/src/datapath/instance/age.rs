//! How old the counts of an instance are, also of one that another process began.

use std::time::{Duration, Instant, SystemTime};

use super::{Cut, Instance};
use crate::datapath::Placement;
use crate::datapath::pins::{LayoutMap, Times};

impl Instance {
    /// Goes on with maps that are pinned, in which another process may have counted.
    ///
    /// That one may have ended between a cut and the reading, so what is not the active generation
    /// is read first.
    pub(in super::super) fn adopt(self, layout: LayoutMap) -> Self {
        let Some(Times { unread, cut }) = layout.read().map(|layout| layout.times()) else {
            return Self { layout: Some(layout), ..self };
        };
        let since_cut = SystemTime::now().duration_since(cut).unwrap_or_default();
        let counted_since = Instant::now().checked_sub(since_cut).unwrap_or(self.counted_since);
        let elapsed = cut.duration_since(unread).unwrap_or_default();
        let switches = self.shape.switches();
        let pending =
            Some(Cut { generation: 1 - self.generation, from: unread, elapsed, switches });

        Self {
            layout: Some(layout),
            counted_since,
            counted_from: cut,
            pending,
            is_adopted: true,
            ..self
        }
    }

    /// Notes that nothing was counted before now: the program is about to be attached. The first
    /// interval begins at `since`, where the last one of the program before it ended.
    pub(in super::super) fn begin(&mut self, since: Instant) {
        self.counted_since = since;
        self.counted_from = SystemTime::now();
        self.pending = None;
        self.is_adopted = false;
        if let Some(layout) = &self.layout {
            layout.cut(self.counted_from);
            layout.took(self.counted_from);
        }
    }

    /// Returns when counting began of what is not read yet.
    pub(in super::super) fn unread_from(&self) -> SystemTime {
        self.pending.map_or(self.counted_from, |cut| cut.from)
    }

    /// Returns the time in which what is not read yet was counted.
    pub(in super::super) fn unread_for(&self) -> Duration {
        let pending = self.pending.map(|cut| cut.elapsed).unwrap_or_default();

        pending + self.counted_since.elapsed()
    }

    /// Notes where the program is attached.
    pub(in super::super) fn note_placement(&self, placement: Placement) {
        if let Some(layout) = &self.layout {
            layout.attached(placement);
        }
    }
}
