//! Programs get the constants of another configuration while they count.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::Devices;
use super::failure::NotAttached;
use super::slice::Slice;
use super::words::say_not_replaced;
use crate::app::options;
use crate::app::pause::Pause;
use crate::causes::with_causes;
use crate::config::Config;
use crate::datapath::{Replaced, Tap};
use crate::health::Running;

/// Programs that could not be replaced and count as before.
#[derive(Default)]
pub(super) struct Waiting(BTreeMap<Tap, Attempt>);

/// The last attempt at one of them.
struct Attempt {
    error: String,
    pause: Pause,
    next: Instant,
}

impl Waiting {
    fn is_first_attempt(&self, tap: &Tap) -> bool {
        !self.0.contains_key(tap)
    }

    fn is_due(&self, tap: &Tap, now: Instant) -> bool {
        self.0.get(tap).is_none_or(|attempt| attempt.next <= now)
    }

    /// Plans the next attempt; returns whether the error is news.
    fn failed(&mut self, tap: &Tap, error: String, now: Instant) -> bool {
        let before = self.0.remove(tap);
        let mut pause = before.as_ref().map(|before| before.pause).unwrap_or_default();
        let next = now + pause.longer();
        let is_new = before.is_none_or(|before| before.error != error);
        self.0.insert(tap.clone(), Attempt { error, pause, next });

        is_new
    }

    fn is_over(&mut self, tap: &Tap) {
        self.0.remove(tap);
    }
}

impl Devices {
    /// Goes by another configuration, if it is one.
    pub(super) fn follow(&mut self, config: &Arc<Config>) {
        if Arc::ptr_eq(&self.config, config) {
            return;
        }
        self.start.follow(&self.config.devices, &config.devices);
        self.config = Arc::clone(config);
        self.waiting = Waiting::default();
        self.replaced = 0;
        self.datapath.change(&options::datapath(config));
    }

    /// Loads what is to come in the place of programs with other constants, for one slice; returns
    /// whether there was anything.
    pub(super) fn prepare_replacements(&mut self, slice: &mut Slice<'_>) -> bool {
        let now = Instant::now();
        let outdated: BTreeSet<Tap> = self.datapath.outdated().into_iter().collect();
        let mut replaced = outdated.clone();
        replaced.extend(self.datapath.after_handovers());
        self.waiting.0.retain(|tap, _| replaced.contains(tap));
        let mut has_tried = false;
        for tap in replaced {
            let is_first = self.waiting.is_first_attempt(&tap);
            if !self.waiting.is_due(&tap, now) || !slice.has_time_for(is_first) {
                continue;
            }
            has_tried = true;
            if let Err(error) = self.datapath.prepare_next(&tap) {
                self.cannot_replace(&tap, outdated.contains(&tap), &error.into());
            }
        }

        has_tried
    }

    /// Notes what the drain has replaced; returns how many programs count under other constants than
    /// they are to have.
    pub(super) fn note_replaced(&mut self) -> usize {
        for Replaced { tap, is_configured, outcome } in self.datapath.take_replaced() {
            match outcome {
                Ok(running) => self.has_replaced(&tap, is_configured, running),
                Err(error) => self.cannot_replace(&tap, is_configured, &error.into()),
            }
        }

        let behind = self.datapath.outdated().len();
        if behind == 0 && self.replaced > 0 {
            let programs = mem::take(&mut self.replaced);
            tracing::info!(programs, "All programs count under the configuration in force");
        }
        behind
    }

    fn has_replaced(&mut self, tap: &Tap, is_configured: bool, running: Running) {
        self.waiting.is_over(tap);
        if is_configured {
            self.replaced += 1;
            tracing::info!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                tag = running.tag,
                "Counting continues under another configuration"
            );
        }
        if let Some(known) = self.known.get_mut(tap) {
            known.running = Some(running);
        }
    }

    fn cannot_replace(&mut self, tap: &Tap, is_configured: bool, failure: &NotAttached) {
        if let Some(hook) = self.known.get(tap).and_then(|known| known.hook) {
            self.count_failure(tap, hook, failure.reason());
        }
        let error = with_causes(failure);
        if self.waiting.failed(tap, error.clone(), Instant::now()) {
            say_not_replaced(tap, is_configured, &error);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::Direction;

    use super::*;
    use crate::datapath::Device;

    #[test]
    fn what_cannot_be_replaced_is_tried_less_and_less_often_and_said_once() {
        let device = Device { name: "eth0".into(), index: 2 };
        let tap = Tap { device, direction: Direction::Receive };
        let mut waiting = Waiting::default();
        let begun = Instant::now();
        let mut tried = Vec::new();
        let mut said = 0;

        for second in 0..100 {
            let now = begun + Duration::from_secs(second);
            if waiting.is_due(&tap, now) {
                said += usize::from(waiting.failed(&tap, "no memory".to_owned(), now));
                tried.push(second);
            }
        }

        assert_eq!(tried, [0, 1, 3, 7, 15, 31, 63]);
        assert_eq!(said, 1);
        assert!(waiting.failed(&tap, "no descriptors".to_owned(), begun), "another reason is news");
        waiting.is_over(&tap);
        assert!(waiting.is_due(&tap, begun));
    }
}
