//! What a window of intervals looks like as a whole: distinct keys, entropy, scans, unanswered SYNs;
//! pure.

mod entropy;
mod half_open;
mod hyperloglog;
mod pane;
mod suspects;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use self::half_open::HalfOpen;
use self::pane::Pane;
use self::suspects::Suspects;
use crate::config;
use crate::interval::Interval;
use crate::snapshot::Signals;

/// Panes that make up the window, where the intervals are no longer than one.
const PANES: u32 = 12;
/// Most panes at once: the youngest begins while the oldest is still partly within the window.
const SLOTS: usize = PANES as usize + 1;

/// A sliding window over the latest intervals.
///
/// It moves by panes: each holds the sketches of at least a twelfth of the window, or of one
/// longer interval. A pane leaves as soon as the younger ones cover the window without it: the
/// window is at least as long as configured, and at most a twelfth of it or one interval longer.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    rules: config::Signals,
    /// The oldest first.
    panes: VecDeque<Pane>,
    suspects: Suspects,
    half_open: HalfOpen,
}

impl Window {
    pub fn new(rules: config::Signals) -> Self {
        Self {
            rules,
            panes: VecDeque::new(),
            suspects: Suspects::default(),
            half_open: HalfOpen::default(),
        }
    }

    /// Goes on under other rules; a window of another length begins anew.
    #[must_use]
    pub fn with_rules(self, rules: config::Signals) -> Self {
        let goes_on = rules.enabled && rules.window == self.rules.window;

        if goes_on { Self { rules, ..self } } else { Self::new(rules) }
    }

    /// Moves the window to the end of `interval`.
    #[must_use]
    pub fn fold(mut self, interval: &Interval) -> Self {
        if !self.rules.enabled {
            return self;
        }

        let mut pane = self.newest();
        pane.add(interval);
        self.suspects.add(&interval.sources.keys, pane.slot);
        self.half_open.add(&interval.sources.keys, interval.elapsed, pane.slot);
        self.panes.push_back(pane);
        self.drop_oldest();

        self
    }

    /// Returns the signals of the window; `None` when they are switched off.
    pub fn signals(&self) -> Option<Signals> {
        let Self { rules, panes, suspects, half_open } = self;
        // An interval of that length leaves with the next one: its SYNs count at once or never.
        let is_one_interval = panes.len() == 1 && panes[0].covers >= rules.window;

        rules.enabled.then(|| Signals {
            scanning_sources: Some(suspects.count(rules.scan_ports)),
            syn_sources: Some(half_open.count(is_one_interval)),
            ..pane::signals(panes)
        })
    }

    /// Returns the pane that has room for another interval: the youngest, or a new one.
    fn newest(&mut self) -> Pane {
        let Some(youngest) = self.panes.pop_back() else { return Pane::new(0) };
        if youngest.covers.saturating_mul(PANES) < self.rules.window {
            return youngest;
        }

        let next = Pane::new((youngest.slot + 1) % SLOTS);
        self.panes.push_back(youngest);

        next
    }

    fn drop_oldest(&mut self) {
        let mut younger: Duration = self.panes.iter().skip(1).map(|pane| pane.covers).sum();

        while self.panes.len() > 1
            && younger >= self.rules.window
            && let Some(oldest) = self.panes.pop_front()
        {
            self.suspects.forget(oldest.slot);
            self.half_open.forget(oldest.slot);
            younger -= self.panes.front().map_or(Duration::ZERO, |next| next.covers);
        }
    }
}
