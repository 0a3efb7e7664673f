//! Everything that the screen shows, and what changes it.

use std::collections::VecDeque;

use super::choice::Choice;
use super::seen::{Rates, Seen};

/// Rates that charts remember.
const REMEMBERED: usize = 512;

/// Everything that the screen shows.
#[derive(Clone, Debug)]
pub struct State {
    /// Where the exporter is.
    pub(super) place: String,
    pub(super) choice: Choice,
    pub(super) seen: Option<Seen>,
    /// Why the last look was in vain.
    pub(super) trouble: Option<String>,
    /// Rates by direction of the folds so far, of what is chosen.
    pub(super) past: VecDeque<[Rates; 2]>,
    /// Only names with this are listed.
    pub(super) filter: String,
    pub(super) is_typing: bool,
    pub(super) is_paused: bool,
    pub(super) shows_help: bool,
}

impl State {
    /// Begins with a choice; `place` is where the exporter is, for people.
    pub fn new(place: String, choice: Choice) -> Self {
        Self {
            place,
            choice,
            seen: None,
            trouble: None,
            past: VecDeque::new(),
            filter: String::new(),
            is_typing: false,
            is_paused: false,
            shows_help: false,
        }
    }

    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Takes what was seen. A fold that was shown is not remembered twice.
    pub fn take(&mut self, seen: Seen) {
        let is_new = self.seen.as_ref().is_none_or(|before| before.fold != seen.fold);
        if is_new && seen.fold.is_some() {
            self.past.push_back(seen.totals(self.choice.device.as_deref()));
        }
        while self.past.len() > REMEMBERED {
            self.past.pop_front();
        }
        self.trouble = None;
        self.seen = Some(seen);
    }

    /// Notes why a look was in vain; what was seen before stays.
    pub fn fail(&mut self, sentence: String) {
        self.trouble = Some(sentence);
    }

    /// Chooses the device that is so many places further on, all of them before the first one.
    pub(super) fn step_device(&mut self, forward: bool) {
        let devices = self.seen.iter().flat_map(|seen| &seen.devices);
        let names: Vec<_> = devices.map(|device| device.name.as_str()).collect();
        let now = self.choice.device.as_deref();
        let place = now.and_then(|now| names.iter().position(|name| *name == now));
        let next = match (place, forward) {
            (None, true) => names.first(),
            (None, false) => names.last(),
            (Some(place), true) => names.get(place + 1),
            (Some(place), false) => place.checked_sub(1).and_then(|place| names.get(place)),
        };
        self.choice.device = next.map(|name| (*name).to_owned());
        self.past.clear();
    }
}
