//! A flow that goes on.

use std::sync::Arc;
use std::time::SystemTime;

use shared::{Count, Direction};

use crate::interval::Interval;
use crate::ledger::{Ledger, Rules};
use crate::snapshot::Flow;

/// A flow that goes on.
#[derive(Debug)]
pub(super) struct Counting {
    /// When its program was attached.
    pub(super) since: SystemTime,
    pub(super) ledger: Ledger,
    rules: Rules,
    pub(super) published: Arc<Flow>,
}

impl Counting {
    pub(super) fn new(
        (device, direction): &(Arc<str>, Direction),
        since: SystemTime,
        rules: Rules,
    ) -> Self {
        let ledger = Ledger::new(rules);
        let published = Arc::new(ledger.flow(Arc::clone(device), *direction, since));

        Self { since, ledger, rules, published }
    }

    /// Adds an interval that ended at `now`. From it on the flow goes by these rules.
    #[must_use]
    pub(super) fn fold(self, interval: &Interval, rules: Rules, now: SystemTime) -> Self {
        let Self { since, ledger, rules: before, published } = self;
        let ledger = if rules == before { ledger } else { ledger.with_rules(rules) };
        let ledger = ledger.fold(interval, now);
        let flow = ledger.flow(Arc::clone(&published.device), published.direction, since);

        // Readers keep what has not changed.
        let published = if *published == flow { published } else { Arc::new(flow) };

        Self { since, ledger, rules, published }
    }

    pub(super) fn say_total(&self, what: &str) {
        let Flow { device, direction, totals, .. } = &*self.published;
        let Count { packets, bytes } = totals.frames();

        tracing::info!(device = &**device, direction = direction.label(), packets, bytes, "{what}");
    }
}
