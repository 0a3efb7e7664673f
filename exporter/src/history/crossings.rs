//! Signals that rise far above what is usual for their flow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shared::Direction;

use crate::snapshot::{Flow, Signals, Snapshot};

/// A signal that is watched: a number of addresses in the window of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    DistinctAddresses,
    ScanningAddresses,
    SynAddresses,
}

/// A signal that rose above its threshold, or that is usual again.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    pub device: Arc<str>,
    pub direction: Direction,
    pub signal: Signal,
    /// It rose; else it is usual again.
    pub is_raised: bool,
    pub value: f64,
    /// What it was in the time before, on average.
    pub mean: f64,
}

/// What is usual, by flow.
#[derive(Clone, Debug, Default)]
pub struct Crossings {
    flows: BTreeMap<(Arc<str>, Direction), [Usual; Signal::ALL.len()]>,
}

/// What is usual for a signal.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    mean: f64,
    /// How long it is watched; means of a moment say little.
    watched: Duration,
    is_raised: bool,
}

impl Signal {
    pub const ALL: [Self; 3] =
        [Self::DistinctAddresses, Self::ScanningAddresses, Self::SynAddresses];

    /// A signal has risen when it is more than so many times its mean, and more than its floor.
    pub const TIMES: f64 = 4.0;
    /// It is usual again below half of that.
    const BACK: f64 = 0.5;
    /// Time in which a mean comes closer to a value that stays, by two thirds.
    const MEMORY: Duration = Duration::from_mins(10);
    /// Time before the first crossing.
    const WARM_UP: Duration = Duration::from_mins(1);

    pub const fn label(self) -> &'static str {
        match self {
            Self::DistinctAddresses => "distinct_addresses",
            Self::ScanningAddresses => "scanning_addresses",
            Self::SynAddresses => "syn_addresses",
        }
    }

    /// Returns the value up to which it never counts as risen.
    pub const fn floor(self) -> f64 {
        match self {
            Self::DistinctAddresses => 200.0,
            Self::ScanningAddresses => 0.5,
            Self::SynAddresses => 50.0,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "they are compared with a mean")]
    fn of(self, signals: &Signals) -> Option<f64> {
        match self {
            Self::DistinctAddresses => Some(signals.distinct_sources.iter().sum()),
            Self::ScanningAddresses => signals.scanning_sources.map(|it| it as f64),
            Self::SynAddresses => signals.syn_sources.map(|it| it as f64),
        }
    }
}

impl Crossings {
    /// Looks at the signals of a fold; returns what crossed its threshold.
    pub fn fold(&mut self, now: &Snapshot) -> Vec<Crossing> {
        let elapsed = now.before.as_ref().map_or(Duration::ZERO, |before| before.elapsed);
        let mut old = std::mem::take(&mut self.flows);
        let mut crossings = Vec::new();
        for flow in &now.flows {
            let Some(signals) = &flow.signals else { continue };
            let key = (Arc::clone(&flow.device), flow.direction);
            let mut usual = old.remove(&key).unwrap_or_default();
            for (signal, usual) in Signal::ALL.into_iter().zip(&mut usual) {
                let value = signal.of(signals);
                let is_crossed = value.is_some_and(|value| usual.fold(signal, value, elapsed));
                if let Some(value) = value.filter(|_| is_crossed) {
                    crossings.push(Crossing::of(flow, signal, value, *usual));
                }
            }
            self.flows.insert(key, usual);
        }

        crossings
    }

    /// Returns the bytes that it takes.
    pub fn bytes(&self) -> usize {
        // A node of the map is at least half full.
        self.flows.len() * 2 * size_of::<((Arc<str>, Direction), [Usual; Signal::ALL.len()])>()
    }
}

impl Crossing {
    fn of(flow: &Flow, signal: Signal, value: f64, Usual { mean, is_raised, .. }: Usual) -> Self {
        let device = Arc::clone(&flow.device);

        Self { device, direction: flow.direction, signal, is_raised, value, mean }
    }
}

impl Usual {
    /// Takes a value in; returns whether it crossed the threshold. What is unusual moves no mean.
    fn fold(&mut self, signal: Signal, value: f64, elapsed: Duration) -> bool {
        let threshold = (self.mean * Signal::TIMES).max(signal.floor());
        let is_raised = if self.is_raised {
            value >= threshold * Signal::BACK
        } else {
            value > threshold && self.watched >= Signal::WARM_UP
        };
        if !is_raised && !self.is_raised {
            let share = elapsed.as_secs_f64() / Signal::MEMORY.as_secs_f64();
            // The first means are those of the time that there is.
            let own = elapsed.as_secs_f64() / (self.watched + elapsed).as_secs_f64().max(0.001);
            self.mean += (value - self.mean) * share.max(own).min(1.0);
        }
        self.watched += elapsed;

        std::mem::replace(&mut self.is_raised, is_raised) != is_raised
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::example;
    use crate::snapshot::Before;

    /// Looks at so many seconds with these scanning addresses.
    fn seconds(crossings: &mut Crossings, number: u32, scanning: u64) -> Vec<Crossing> {
        let mut flow = example::empty("eth0", Direction::Receive);
        flow.signals = Some(Signals { scanning_sources: Some(scanning), ..Signals::default() });
        let before = Before {
            flows: Vec::new(),
            folded: example::at(0),
            elapsed: Duration::from_secs(1),
            unread: [].into(),
            unread_last: [].into(),
        };
        let now = Snapshot {
            flows: vec![Arc::new(flow)],
            before: Some(Arc::new(before)),
            ..Snapshot::default()
        };

        (0..number).flat_map(|_| crossings.fold(&now)).collect()
    }

    #[test]
    fn a_signal_crosses_once_up_and_once_back() {
        let mut crossings = Crossings::default();

        assert_eq!(seconds(&mut crossings, 120, 0), []);
        let up = seconds(&mut crossings, 600, 3);
        let back = seconds(&mut crossings, 600, 0);

        let [up, back] = [&up[..], &back[..]].map(|it| <&[Crossing; 1]>::try_from(it).unwrap());
        assert_eq!((up[0].signal, up[0].is_raised), (Signal::ScanningAddresses, true));
        assert!((up[0].value, up[0].mean) == (3.0, 0.0), "{up:?}");
        assert_eq!((back[0].signal, back[0].is_raised), (Signal::ScanningAddresses, false));
    }

    #[test]
    fn what_is_usual_never_crosses() {
        let mut crossings = Crossings::default();

        assert_eq!(seconds(&mut crossings, 3600, 10), []);
        assert_eq!(seconds(&mut crossings, 60, 30), []);
        assert_eq!(seconds(&mut crossings, 60, 80).len(), 1);
    }

    #[test]
    fn nothing_crosses_in_the_first_minute() {
        let mut crossings = Crossings::default();

        let first = seconds(&mut crossings, 30, 0);
        let second = seconds(&mut crossings, 29, 1000);

        assert_eq!([first, second].concat(), []);
    }
}
