//! One keyed dimension: the names, and everything without one.

use std::time::{Duration, SystemTime};

use shared::Count;

use super::begun::Begun;
use super::key::Nameable;
use super::names::Names;
use crate::config::Naming;
use crate::interval::{Keyed, less, sum};
use crate::snapshot::{Breakdown, Unattributed};

/// The counts of one dimension since the attach.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tally<K> {
    names: Names<K>,
    /// By part.
    other: Vec<Count>,
    unattributed: Unattributed,
    guarded: bool,
    begun: Begun,
}

impl<K: Nameable> Tally<K> {
    pub(super) fn new(rules: Naming) -> Self {
        Self {
            names: Names::new(rules),
            other: vec![Count::default(); K::PARTS],
            unattributed: Unattributed::default(),
            guarded: false,
            begun: Begun::WithFlow,
        }
    }

    /// Goes on under other rules; begins anew where the dimension is switched on or off.
    pub(super) fn with_rules(self, rules: Naming) -> Self {
        if rules.enabled != self.is_enabled() {
            return Self { begun: Begun::WithNext, ..Self::new(rules) };
        }

        Self { names: self.names.with_rules(rules), ..self }
    }

    /// Adds an interval: `whole` is everything it counted by part, `keyed` what it has keys for.
    ///
    /// Where the keys hold more than the whole, as in an interval that breaks a law of conservation,
    /// `other` stays as it is: it never falls.
    pub(super) fn fold(
        mut self,
        keyed: &Keyed<K>,
        whole: &[Count],
        elapsed: Duration,
        began: SystemTime,
    ) -> Self {
        debug_assert!(keyed.keys.is_sorted_by(|one, next| one.key < next.key));

        let named = self.names.fold(&keyed.keys, elapsed, began);
        let rest: Vec<_> =
            whole.iter().zip(&named).map(|(whole, named)| less(*whole, *named)).collect();
        self.explain(sum(rest.iter()).packets, keyed);
        for (other, more) in self.other.iter_mut().zip(&rest) {
            *other = sum([*other, *more].iter());
        }
        self.guarded = keyed.guarded;
        self.begun.fold(began);

        self
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.names.rules().enabled
    }

    /// Returns what readers see; `None` when the dimension is switched off. Its flow began to count at
    /// `flow_since`.
    pub(super) fn breakdown(&self, flow_since: SystemTime) -> Option<Breakdown> {
        let Self { names, other, unattributed, guarded, begun } = self;

        self.is_enabled().then(|| Breakdown {
            since: begun.since(flow_since),
            named: names.named(),
            other: other.clone(),
            unattributed: *unattributed,
            limit: names.rules().limit,
            evicted: names.evicted(),
            guarded: *guarded,
        })
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.names.remembered()
    }

    /// Sorts packets that go to `other` by the reason why.
    fn explain(&mut self, packets: u64, keyed: &Keyed<K>) {
        let guard = keyed.refused.packets.min(packets);
        let evicted = keyed.evicted.packets.min(packets - guard);
        let Unattributed { guard: all_guard, evicted: all_evicted, unnamed } =
            &mut self.unattributed;

        *all_guard += guard;
        *all_evicted += evicted;
        *unnamed += packets - guard - evicted;
    }
}
