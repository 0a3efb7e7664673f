//! Devices that are renamed, gone or not wanted any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use super::failure::Known;
use super::names::names;
use super::words::{say_end, say_taken_off};
use super::{Devices, device};
use crate::datapath::{Device, Presence, Tap};
use crate::interfaces::Interface;
use crate::interval::Drained;

impl Devices {
    /// Lets programs count under the new name of their device.
    pub(super) fn follow_names(&mut self, wanted: &[Interface]) -> Vec<Drained> {
        let by_index: BTreeMap<u32, &Interface> = wanted.iter().map(|it| (it.index, it)).collect();
        let mut renamed: Vec<(Tap, Arc<str>)> = self
            .known
            .keys()
            .filter_map(|tap| {
                let now = by_index.get(&tap.device.index)?;
                (now.name != tap.device.name).then(|| (tap.clone(), Arc::clone(&now.name)))
            })
            .collect();
        renamed.retain(|(tap, _)| self.datapath.presence(tap) == Some(Presence::OnDevice));

        let mut last = Vec::new();
        for (tap, name) in renamed {
            tracing::info!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                name = &*name,
                "Device was renamed; counting continues under the new name"
            );
            last.extend(self.datapath.rename(&tap, &name));
            let known = self.known.remove(&tap).unwrap_or_default();
            let device = Device { name, index: tap.device.index };
            self.known.insert(Tap { device, direction: tap.direction }, known);
            self.forget_failures(&tap.device.name);
        }

        last
    }

    /// Lets go of programs that are not on their device any more, or not wanted there.
    pub(super) fn detach_unwanted(&mut self, wanted: &[Interface]) -> Vec<Drained> {
        let wanted: BTreeSet<Device> = wanted.iter().map(device).collect();
        let (mut gone, mut taken_off) = (Vec::new(), Vec::new());
        let taps: Vec<Tap> = self.known.keys().cloned().collect();
        let presences = self.datapath.presences(&taps);
        for (tap, presence) in taps.into_iter().zip(presences) {
            let is_wanted = wanted.contains(&tap.device);
            match presence {
                presence if !is_wanted => gone.push((tap, presence)),
                Some(Presence::DeviceGone) => gone.push((tap, Some(Presence::DeviceGone))),
                Some(Presence::TakenOff) => taken_off.push(tap),
                None | Some(Presence::OnDevice) => {}
            }
        }

        for tap in &taken_off {
            say_taken_off(tap);
            self.known.entry(tap.clone()).or_default().taken_off(Instant::now());
        }
        self.datapath.pause(&taken_off);
        for (tap, presence) in &gone {
            let known = self.known.remove(tap);
            if known.is_some_and(|known| known.running.is_some()) {
                say_end(tap, *presence);
            }
            if wanted.contains(&tap.device) {
                // The list of devices may not have this change yet.
                self.known.insert(tap.clone(), Known::waiting(Instant::now()));
            } else {
                self.forget_failures(&tap.device.name);
            }
        }

        let gone: Vec<Tap> = gone.into_iter().map(|(tap, _)| tap).collect();
        self.datapath.detach(&gone)
    }

    /// Forgets the failures of a device that is gone: names may be made up without end.
    fn forget_failures(&mut self, device: &str) {
        if !self.is_named(device) {
            self.failures.retain(|(name, _), _| **name != *device);
        }
    }

    /// Returns whether the device is wanted by its plain name.
    fn is_named(&self, device: &str) -> bool {
        names(&self.config.devices.include.to_string()).any(|name| name == device)
    }
}
