//! Devices that are folded, and a history of them.

use super::*;
use crate::config::{Naming, Signals};
use crate::health::{Folding, Health};
use crate::ledger::{Ledger, Rules};
use crate::snapshot::Before;
use std::time::SystemTime;

/// Devices that are folded, and a history of them.
pub(super) struct Scene {
    pub(super) history: History,
    ledgers: BTreeMap<Arc<str>, (Ledger, SystemTime)>,
    pub(super) snapshot: Snapshot,
    now: SystemTime,
    rules: Rules,
}

impl Scene {
    pub(super) fn new(limit: usize) -> Self {
        let naming = Naming {
            enabled: true,
            limit: 3,
            idle: Duration::from_secs(30),
            churn: 400,
            remembered: 12,
        };
        let rules = Rules {
            naming: ByDimension::from_fn(|_| naming),
            signals: Signals::default(),
            traffic_classes: false,
            casts: true,
        };
        let snapshot = Snapshot {
            health: Health {
                folding: Folding { folds: 1, last: Some(example::at(0)), ..Folding::default() },
                ..Health::default()
            },
            ..Snapshot::default()
        };

        Self {
            history: History::new(limit),
            ledgers: BTreeMap::new(),
            snapshot,
            now: example::at(0),
            rules,
        }
    }

    /// Folds what was read of each device that is there; `None` of one that could not be read.
    pub(super) fn fold(&mut self, elapsed: Duration, read: &[(&str, Option<Interval>)]) {
        let before = self.now;
        self.now += elapsed;
        self.ledgers.retain(|device, _| read.iter().any(|(name, _)| *name == &**device));
        for (device, interval) in read {
            let (ledger, since) =
                self.ledgers.remove(*device).unwrap_or_else(|| (Ledger::new(self.rules), before));
            let ledger = match interval {
                Some(interval) => ledger.fold(interval, self.now),
                None => ledger,
            };
            self.ledgers.insert((*device).into(), (ledger, since));
        }
        let flow = |(device, (ledger, since)): (&Arc<str>, &(Ledger, SystemTime))| {
            Arc::new(ledger.flow(Arc::clone(device), Direction::Receive, *since))
        };
        let unread = read.iter().filter(|(_, interval)| interval.is_none());
        let unread = unread.map(|(device, _)| ((*device).into(), Direction::Receive)).collect();

        self.publish(elapsed, self.ledgers.iter().map(flow).collect(), unread);
    }

    /// Publishes flows as the folder does.
    pub(super) fn publish(
        &mut self,
        elapsed: Duration,
        flows: Vec<Arc<Flow>>,
        unread_last: BTreeSet<(Arc<str>, Direction)>,
    ) {
        let last = self.snapshot.clone();
        let folded = last.health.folding.last.unwrap();
        let folding = &mut self.snapshot.health.folding;
        folding.folds += 1;
        folding.last = Some(folded + elapsed);
        self.snapshot.flows = flows;
        let before = last.flows.clone();
        let unread = unread_last.clone();
        self.snapshot.before =
            Some(Arc::new(Before { flows: before, folded, elapsed, unread, unread_last }));

        self.history.fold(&last, &self.snapshot);
    }

    pub(super) fn window(&mut self, length: Duration) -> Window {
        self.history.view().window(length).expect("there is something")
    }
}
