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
    /// A reload chose other devices meanwhile. What it chose is not refused any more.
    is_other_choice: bool,
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

        Self { wanted: untried.len(), untried, is_other_choice: false }
    }

    /// Notes that a reload changes the configuration.
    pub(super) fn follow(&mut self, before: &config::Devices, after: &config::Devices) {
        self.is_other_choice |= is_other_choice(before, after);
    }
}

impl NoDevices {
    /// Refuses a choice of devices that none of `present` matches.
    pub(in crate::app) fn check(
        choice: &config::Devices,
        present: &[Interface],
    ) -> Result<(), Self> {
        if present.iter().any(|interface| interface.is_wanted(choice)) {
            return Ok(());
        }
        let present = present.iter().map(|interface| interface.name.to_string()).collect();
        let config::Devices { include, exclude, linger: _ } = choice;
        if include.is_empty() {
            return Err(Self::NoHardware { present });
        }

        Err(Self::NotHere { include: include.to_string(), exclude: exclude.to_string(), present })
    }

    /// Refuses another choice of devices that none of `present` matches. The one in force may lose
    /// all its devices.
    pub(in crate::app) fn check_change(
        before: &config::Devices,
        after: &config::Devices,
        present: &[Interface],
    ) -> Result<(), Self> {
        if is_other_choice(before, after) { Self::check(after, present) } else { Ok(()) }
    }
}

impl Devices {
    /// Returns how many of the devices that were wanted at the start were tried; `None` if all were.
    pub(in crate::app) fn attaching(&self) -> Option<Attaching> {
        let Start { untried, wanted, is_other_choice: _ } = &self.start;

        self.is_starting().then(|| Attaching { tried: wanted - untried.len(), wanted: *wanted })
    }

    pub(super) fn is_starting(&self) -> bool {
        !self.start.untried.is_empty()
    }

    /// Forgets the devices of which each program was tried, and those that are gone: the start is not
    /// to last for as long as others come.
    pub(super) fn note_tried(&mut self, wanted: &[Interface]) {
        if !self.is_starting() {
            return;
        }
        let is_untried = |interface: &Interface| {
            self.hooks().directions().any(|direction| {
                let tap = Tap { device: device(interface), direction };
                self.known.get(&tap).is_none_or(Known::is_untried)
            })
        };
        let untried: BTreeSet<u32> =
            wanted.iter().filter(|it| is_untried(it)).map(|it| it.index).collect();

        self.start.untried.retain(|index| untried.contains(index));
    }

    /// Ends the start, in which every device was tried.
    pub(super) fn started(&mut self) -> Result<(), NoDevices> {
        let wanted: Vec<Tap> = self.known.keys().cloned().collect();
        self.datapath.forget_pins(&wanted);
        let is_any = self.known.values().any(|known| known.running.is_some());

        if is_any || self.start.is_other_choice {
            return Ok(());
        }
        if self.known.is_empty() {
            return NoDevices::check(&self.config.devices, &self.interfaces.borrow());
        }
        let reasons = self.known.values().filter_map(|known| known.error.clone()).collect();

        Err(NoDevices::NoneAttached { reasons })
    }
}

fn is_other_choice(before: &config::Devices, after: &config::Devices) -> bool {
    before.include != after.include || before.exclude != after.exclude
}

fn but(exclude: &str) -> String {
    if exclude.is_empty() {
        return String::new();
    }

    format!(" and not `devices.exclude` \"{exclude}\"")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::Config;
    use crate::interfaces::FrameStart;

    pub(in super::super) fn interface(
        name: &str,
        index: u32,
        lower: Option<u32>,
        upper: Option<u32>,
    ) -> Interface {
        Interface {
            name: name.into(),
            index,
            other_names: Vec::new(),
            kind: "".into(),
            frames: FrameStart::Ethernet,
            has_hardware: false,
            driver: None,
            alias: None,
            is_up: true,
            mtu: 1500,
            xdp_program: None,
            lower,
            upper,
            master: None,
            elsewhere: None,
            peer_namespace: None,
        }
    }

    #[test]
    fn another_choice_of_devices_has_to_match_one_that_is_there() {
        let present = [interface("eth0", 1, None, None)];
        let choice = |include: &str, exclude: &str| config::Devices {
            include: include.parse().unwrap(),
            exclude: exclude.parse().unwrap(),
            ..Config::default().devices
        };
        let refusal = |before, after| {
            NoDevices::check_change(&before, &after, &present).err().map(|it| it.to_string())
        };

        let before = || choice("eth1", "");
        assert_eq!(refusal(before(), choice("eth0", "")), None);
        assert_eq!(refusal(before(), before()), None, "its devices may go");
        let linger = config::Devices { linger: std::time::Duration::from_secs(1), ..before() };
        assert_eq!(refusal(before(), linger), None);
        let text = "no device matches `devices.include` \"eht0\"; the devices are eth0";
        assert_eq!(refusal(before(), choice("eht0", "")).as_deref(), Some(text));
        let text = "no device matches `devices.include` \"eth.\" and not `devices.exclude` \
                    \"eth0\"; the devices are eth0";
        assert_eq!(refusal(before(), choice("eth.", "eth0")).as_deref(), Some(text));
        let text = "no device has hardware behind it; name one in `devices.include`: eth0";
        assert_eq!(refusal(before(), choice("", "")).as_deref(), Some(text));
    }
}
