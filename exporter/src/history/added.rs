//! What one flow counted in a step, as it is while it can still grow.

use super::keyed::{Key, Keyed, Span, whole};
use super::merged::merged;
use super::slots::{self, Risen};
use crate::dimension::{ByDimension, Dimension};
use crate::snapshot::{Flow, Signals};

/// What one flow counted in a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Added {
    /// Counters without a key, in order.
    pub(super) risen: Vec<Risen>,
    pub(super) keyed: ByDimension<Keyed>,
    /// As the step ended; `None` stands for those of no traffic.
    pub(super) signals: Option<Signals>,
    pub(super) known: Known,
}

/// Whether the flow was read at both ends of a step: else packets of the step are missing in its
/// counts, or others are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) begin: bool,
    pub(super) end: bool,
}

impl Default for Known {
    fn default() -> Self {
        Self { begin: true, end: true }
    }
}

impl Added {
    /// Returns what one fold added to a flow; all that it has if there was none `before`.
    pub(super) fn between(before: Option<&Flow>, now: &Flow, span: Span, known: Known) -> Self {
        let signals = now.signals.clone().filter(|it| !is_idle(it));
        if before.is_some_and(|before| std::ptr::eq(before, now)) {
            return Self { signals, known, ..Self::default() };
        }

        let risen = slots::risen(before, now);
        let keyed = ByDimension::from_fn(|dimension| {
            let of_whole = || whole(dimension, &slots::totals(&risen).0);
            let before = before.and_then(|it| it.breakdowns[dimension].as_ref());
            let now = now.breakdowns[dimension].as_ref();
            now.map(|now| Keyed::between(before, now, span, of_whole)).unwrap_or_default()
        });

        Self { risen, keyed, signals, known }
    }

    /// Adds what came later.
    pub(super) fn add(&mut self, later: Self) {
        let Self { risen, keyed, signals, known } = later;

        if self.risen.is_empty() {
            self.risen = risen;
        } else if !risen.is_empty() {
            self.risen = merged(&self.risen, &risen);
        }
        let mut keyed = keyed.map(Some);
        for dimension in Dimension::ALL {
            if let Some(keyed) = keyed[dimension].take() {
                self.keyed[dimension].add(keyed);
            }
        }
        self.signals = signals;
        self.known.end = known.end;
    }

    /// Keeps only the `most` keys of each dimension with most packets.
    pub(super) fn thin(&mut self, most: usize) {
        for dimension in Dimension::ALL {
            self.keyed[dimension].thin(most);
        }
    }

    /// Returns whether it is the same as no record: the flow was read, and had no packets.
    pub(super) fn is_nothing(&self) -> bool {
        let Self { risen, keyed, signals, known } = self;

        risen.is_empty()
            && signals.is_none()
            && *known == Known::default()
            && keyed.iter().all(|(_, keyed)| keyed.is_nothing())
    }

    /// Returns the bytes that it takes beside itself.
    pub(super) fn heap(&self) -> usize {
        let keys = self.keyed.iter().map(|(_, keyed)| keyed.keys.capacity()).sum::<usize>();

        self.risen.capacity() * size_of::<Risen>() + keys * size_of::<Key>()
    }
}

fn is_idle(signals: &Signals) -> bool {
    let Signals {
        distinct_sources,
        distinct_ports,
        source_entropy,
        port_entropy,
        scanning_sources,
        syn_sources,
    } = signals;

    distinct_sources.iter().all(|it| *it == 0.0)
        && distinct_ports.iter().all(|it| *it == 0)
        && source_entropy.is_none()
        && port_entropy.is_none()
        && scanning_sources.unwrap_or(0) == 0
        && syn_sources.unwrap_or(0) == 0
}
