//! Keeps programs on the devices that are wanted, and drains them.

mod failure;
mod stacked;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::config;
use crate::datapath::{Datapath, Device, Owner, Presence, ProgramNames, Tap};
use crate::folder::Collected;
use crate::health::{AttachFailure, Attachment, Hook, Running};
use crate::interfaces::Interface;
use crate::interval::Drained;

use failure::{Failure, Known};
use stacked::Pair;

/// Attaching goes on after the next drain when it has taken this long.
const ATTACHING: Duration = Duration::from_millis(500);

/// Programs on devices.
pub(super) struct Devices {
    datapath: Datapath,
    choice: config::Devices,
    interfaces: watch::Receiver<Vec<Interface>>,
    /// Of programs that were there before this process.
    names: ProgramNames,
    known: BTreeMap<Tap, Known>,
    failures: BTreeMap<(Arc<str>, Hook), BTreeMap<AttachFailure, u64>>,
    /// Devices of which the log says that they count twice.
    stacked: BTreeSet<Pair>,
}

/// Why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoDevices {
    #[error(
        "no device here fits `devices.include` \"{include}\"{}; there are {}",
        but(exclude),
        .present.join(", ")
    )]
    NotHere { include: String, exclude: String, present: Vec<String> },

    #[error(
        "no device here has hardware behind it; name one in `devices.include`, there are {}",
        .present.join(", ")
    )]
    NoHardware { present: Vec<String> },

    #[error("no program could be attached: {}", .reasons.join("; "))]
    NoneAttached { reasons: Vec<String> },
}

impl Devices {
    /// Attaches to what is wanted and there.
    ///
    /// # Errors
    ///
    /// When nothing is there, or nothing can be attached. One program that can is enough.
    pub(super) fn start(
        datapath: Datapath,
        choice: config::Devices,
        interfaces: watch::Receiver<Vec<Interface>>,
        names: ProgramNames,
    ) -> Result<Self, NoDevices> {
        let mut devices = Self {
            datapath,
            choice,
            interfaces,
            names,
            known: BTreeMap::new(),
            failures: BTreeMap::new(),
            stacked: BTreeSet::new(),
        };
        devices.attach_wanted(Duration::MAX);
        devices.datapath.settle();
        let wanted: Vec<Tap> = devices.known.keys().cloned().collect();
        devices.datapath.forget_pins(&wanted);
        if devices.known.values().any(|known| known.running.is_some()) {
            devices.say_failures();
            devices.say_stacked();
            return Ok(devices);
        }

        Err(devices.why_none())
    }

    /// Follows the changes of interfaces, then drains.
    pub(super) fn collect(&mut self) -> Collected {
        let mut last = self.follow_names();
        last.extend(self.detach_unwanted());
        let has_tried = self.attach_wanted(ATTACHING);
        if has_tried || !last.is_empty() {
            self.datapath.settle();
        }
        self.say_failures();
        self.say_stacked();
        let (drained, failure) = match self.datapath.drain() {
            Ok(drained) => (drained, None),
            Err(error) => (Vec::new(), Some(error)),
        };

        Collected { drained, last, attachments: self.attachments(), failure }
    }

    /// Says whether counting goes on when this process has ended.
    pub(super) fn are_pinned(&self) -> bool {
        self.datapath.is_pinned()
    }

    fn why_none(&self) -> NoDevices {
        let present: Vec<_> =
            self.interfaces.borrow().iter().map(|interface| interface.name.to_string()).collect();
        let config::Devices { include, exclude, linger: _ } = &self.choice;
        if !self.known.is_empty() {
            let reasons = self.known.values().filter_map(|known| known.error.clone()).collect();
            return NoDevices::NoneAttached { reasons };
        }
        if include.is_empty() {
            return NoDevices::NoHardware { present };
        }

        NoDevices::NotHere { include: include.to_string(), exclude: exclude.to_string(), present }
    }

    /// Gives the interfaces that are there and wanted.
    fn wanted(&self) -> Vec<Interface> {
        let is_wanted = |it: &&Interface| it.is_wanted(&self.choice);

        self.interfaces.borrow().iter().filter(is_wanted).cloned().collect()
    }

    /// Lets programs count under the new name of their device.
    fn follow_names(&mut self) -> Vec<Drained> {
        let wanted = self.wanted();
        let renamed: Vec<(Tap, Arc<str>)> = self
            .known
            .keys()
            .filter_map(|tap| {
                let now = wanted.iter().find(|it| it.index == tap.device.index)?;
                (now.name != tap.device.name).then(|| (tap.clone(), Arc::clone(&now.name)))
            })
            .filter(|(tap, _)| self.datapath.presence(tap) == Presence::OnDevice)
            .collect();

        let mut last = Vec::new();
        for (tap, name) in renamed {
            tracing::info!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                name = &*name,
                "Device has a new name; counting goes on under it"
            );
            last.extend(self.datapath.rename(&tap, &name));
            let known = self.known.remove(&tap).unwrap_or_default();
            let device = Device { name, index: tap.device.index };
            self.known.insert(Tap { device, direction: tap.direction }, known);
            self.forget_failures(&tap.device.name);
        }

        last
    }

    fn detach_unwanted(&mut self) -> Vec<Drained> {
        let wanted: BTreeSet<Device> = self.wanted().iter().map(device).collect();
        let presence = |tap: &Tap| {
            let is_wanted = wanted.contains(&tap.device);
            if is_wanted { self.datapath.presence(tap) } else { Presence::DeviceGone }
        };
        let lost: Vec<(Tap, Presence)> = self
            .known
            .iter()
            .filter(|(tap, known)| known.running.is_some() || !wanted.contains(&tap.device))
            .map(|(tap, _)| (tap.clone(), presence(tap)))
            .filter(|(_, presence)| *presence != Presence::OnDevice)
            .collect();

        for (tap, presence) in &lost {
            let known = self.known.remove(tap);
            if known.is_some_and(|known| known.running.is_some()) {
                say_lost(tap, *presence);
            }
            if !wanted.contains(&tap.device) {
                self.forget_failures(&tap.device.name);
            } else if *presence == Presence::DeviceGone {
                // The list of devices does not know yet.
                self.known.insert(tap.clone(), Known::waiting(Instant::now()));
            }
        }

        let lost: Vec<Tap> = lost.into_iter().map(|(tap, _)| tap).collect();
        self.datapath.detach(&lost)
    }

    /// Forgets the failures of a device that is gone: names may be made up without end.
    fn forget_failures(&mut self, device: &str) {
        if !self.is_named(device) {
            self.failures.retain(|(name, _), _| **name != *device);
        }
    }

    /// Says whether the device is wanted by its plain name.
    fn is_named(&self, device: &str) -> bool {
        names(&self.choice.include.to_string()).any(|name| name == device)
    }

    /// Attaches what is wanted, due and not running, until `time` is over; says whether there was
    /// anything.
    fn attach_wanted(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        let mut has_tried = false;
        let hooks: Vec<Hook> = self.datapath.hooks().collect();
        let mut wanted = self.wanted();
        stacked::from_below(&mut wanted);
        for interface in wanted {
            for hook in &hooks {
                let tap = Tap { device: device(&interface), direction: hook.direction() };
                let known = self.known.entry(tap.clone()).or_default();
                if known.is_due(&interface, begun) && begun.elapsed() < time {
                    self.try_attach(tap, *hook, &interface);
                    has_tried = true;
                }
            }
        }

        has_tried
    }

    fn try_attach(&mut self, tap: Tap, hook: Hook, interface: &Interface) {
        match self.attach(&tap, interface) {
            Ok(running) => {
                say_counting(&tap, hook, &running);
                self.known.insert(tap, Known::runs(running));
            }
            Err(failure) => {
                let of_tap = (Arc::clone(&tap.device.name), hook);
                let reasons = self.failures.entry(of_tap).or_default();
                *reasons.entry(failure.reason()).or_default() += 1;
                self.known.entry(tap).or_default().failed(&failure, interface);
            }
        }
    }

    fn attach(&mut self, tap: &Tap, interface: &Interface) -> Result<Running, Failure> {
        if !interface.is_ethernet {
            return Err(Failure::NoEthernet { device: interface.name.to_string() });
        }
        let prepared = self.datapath.prepare_for(tap)?;
        let attached = self.datapath.attach(tap, prepared);

        let is_below = stacked::is_below(interface, &self.interfaces.borrow());
        Ok(attached.map_err(|error| error.owned_by(self.owner(interface), is_below))?)
    }

    /// Gives the XDP program that is on an interface.
    fn owner(&self, interface: &Interface) -> Owner {
        let id = interface.xdp_program;

        Owner { id, name: id.and_then(|id| self.names.of(id)).map(ToOwned::to_owned) }
    }

    /// Says once why something is not counted.
    fn say_failures(&mut self) {
        for (Tap { device, direction }, known) in &mut self.known {
            let Some(error) = known.error.as_ref().filter(|_| !known.is_said) else { continue };
            let direction = direction.label();
            tracing::warn!(device = &*device.name, direction, error, "Cannot attach; trying again");
            known.is_said = true;
        }
    }

    /// Says once which devices count the same frames.
    fn say_stacked(&mut self) {
        let wanted = self.wanted();
        let pairs = stacked::pairs(&wanted.iter().collect::<Vec<_>>());
        for (upper, lower) in pairs.difference(&self.stacked) {
            tracing::warn!(
                upper = &**upper,
                lower = &**lower,
                "Both devices are counted and see the same frames; leave one out with \
                 `devices.exclude`, or do not add them up"
            );
        }
        self.stacked = pairs;
    }

    /// Gives the state of every program that is wanted, also on devices that are wanted by name
    /// and not there.
    fn attachments(&self) -> Vec<Attachment> {
        let mut running: BTreeMap<(Arc<str>, Hook), Option<Running>> = BTreeMap::new();
        let interfaces = self.interfaces.borrow();
        for hook in self.datapath.hooks() {
            let is_there = |name: &&str| interfaces.iter().any(|it| it.has_other_name(name));
            for name in names(&self.choice.include.to_string()).filter(|name| !is_there(name)) {
                running.insert((name.into(), hook), None);
            }
            let of_hook = self.known.iter().filter(|(tap, _)| tap.direction == hook.direction());
            for (tap, known) in of_hook {
                running.insert((Arc::clone(&tap.device.name), hook), known.running.clone());
            }
        }

        running
            .into_iter()
            .map(|(of_tap, running)| Attachment {
                failures: self.failures.get(&of_tap).cloned().unwrap_or_default(),
                device: of_tap.0,
                hook: of_tap.1,
                running,
            })
            .collect()
    }
}

fn device(interface: &Interface) -> Device {
    Device { name: Arc::clone(&interface.name), index: interface.index }
}

fn say_counting(tap: &Tap, hook: Hook, running: &Running) {
    let Running { mode, program, tag } = running;

    tracing::info!(
        device = &*tap.device.name,
        ifindex = tap.device.index,
        hook = hook.label(),
        mode = mode.label(),
        program,
        tag,
        "Counting"
    );
}

fn say_lost(tap: &Tap, presence: Presence) {
    let Tap { device, direction } = tap;
    let (ifindex, direction) = (device.index, direction.label());

    match presence {
        Presence::OnDevice => {}
        Presence::TakenOff => tracing::warn!(
            device = &*device.name,
            ifindex,
            direction,
            "Somebody took the program off its device; attaching it again, its series start anew"
        ),
        Presence::DeviceGone => tracing::warn!(
            device = &*device.name,
            ifindex,
            direction,
            "Device is gone; its series end"
        ),
    }
}

fn but(exclude: &str) -> String {
    if exclude.is_empty() {
        return String::new();
    }

    format!(" and not `devices.exclude` \"{exclude}\"")
}

/// Gives the parts of a pattern that are plain names. A dot before a digit is one of a VLAN's name,
/// as in `eth0.100`.
fn names(pattern: &str) -> impl Iterator<Item = &str> {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b':');
    let is_name = move |name: &&str| {
        let bytes = name.as_bytes();
        let is_dot = |at: usize| {
            bytes[at] == b'.' && at > 0 && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        };

        !bytes.is_empty() && (0..bytes.len()).all(|at| is_plain(&bytes[at]) || is_dot(at))
    };

    pattern.split('|').filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_wants_the_plain_names_in_it() {
        let of = |pattern| names(pattern).collect::<Vec<_>>();

        assert_eq!(of("eth0|eth1"), ["eth0", "eth1"]);
        assert_eq!(of("eth.*|wlan0"), ["wlan0"]);
        assert_eq!(of("eth0|eth0.100|eth.|eth0.1+|.1"), ["eth0", "eth0.100"]);
        assert!(of("").is_empty());
    }
}
