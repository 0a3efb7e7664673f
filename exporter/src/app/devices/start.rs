//! The start, in which each device that is wanted is tried once.

use std::collections::BTreeSet;

use super::failure::Known;
use super::{Devices, device};
use crate::config;
use crate::datapath::Tap;
use crate::health::Attaching;
use crate::interfaces::Interface;

/// How far the start has come.
#[derive(Default)]
pub(super) struct Start {
    /// The indices of the devices that are still to be tried.
    untried: BTreeSet<u32>,
    /// How many there were at the beginning.
    wanted: usize,
}

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub(in crate::app) enum NoDevices {
    #[error(
        "no device matches `devices.include` \"{include}\"{}; the devices are {}",
        but(exclude),
        .present.join(", ")
    )]
    NotHere { include: String, exclude: String, present: Vec<String> },

    #[error(
        "no device has hardware behind it; name one in `devices.include`: {}",
        .present.join(", ")
    )]
    NoHardware { present: Vec<String> },

    #[error("no program could be attached: {}", .reasons.join("; "))]
    NoneAttached { reasons: Vec<String> },
}

impl Start {
    pub(super) fn with(wanted: &[Interface]) -> Self {
        let untried: BTreeSet<u32> = wanted.iter().map(|interface| interface.index).collect();

        Self { wanted: untried.len(), untried }
    }
}

impl Devices {
    /// Returns how many of the devices that were wanted at the start were tried; `None` if all were.
    pub(in crate::app) fn attaching(&self) -> Option<Attaching> {
        let Start { untried, wanted } = &self.start;

        self.is_starting().then(|| Attaching { tried: wanted - untried.len(), wanted: *wanted })
    }

    pub(super) fn is_starting(&self) -> bool {
        !self.start.untried.is_empty()
    }

    /// Forgets the devices of which each program was tried, and those that are gone: the start is not
    /// to last for as long as others come.
    pub(super) fn note_tried(&mut self) {
        let is_untried = |interface: &Interface| {
            self.datapath.hooks().any(|hook| {
                let tap = Tap { device: device(interface), direction: hook.direction() };
                self.known.get(&tap).is_none_or(Known::is_untried)
            })
        };
        let wanted = self.wanted();
        let untried: BTreeSet<u32> =
            wanted.iter().filter(|it| is_untried(it)).map(|it| it.index).collect();

        self.start.untried.retain(|index| untried.contains(index));
    }

    /// Ends the start, in which every device was tried.
    pub(super) fn started(&mut self) -> Result<(), NoDevices> {
        let wanted: Vec<Tap> = self.known.keys().cloned().collect();
        self.datapath.forget_pins(&wanted);
        let is_any = self.known.values().any(|known| known.running.is_some());

        if is_any { Ok(()) } else { Err(self.why_none()) }
    }

    pub(super) fn why_none(&self) -> NoDevices {
        let present: Vec<_> =
            self.interfaces.borrow().iter().map(|interface| interface.name.to_string()).collect();
        let config::Devices { include, exclude, linger: _ } = &self.config.devices;
        if !self.known.is_empty() {
            let reasons = self.known.values().filter_map(|known| known.error.clone()).collect();
            return NoDevices::NoneAttached { reasons };
        }
        if include.is_empty() {
            return NoDevices::NoHardware { present };
        }

        NoDevices::NotHere { include: include.to_string(), exclude: exclude.to_string(), present }
    }
}

fn but(exclude: &str) -> String {
    if exclude.is_empty() {
        return String::new();
    }

    format!(" and not `devices.exclude` \"{exclude}\"")
}
