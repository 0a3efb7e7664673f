//! Whether programs are still on their devices, and devices still there.

use super::{Datapath, Tap};

/// Where a program is that was attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    OnDevice,
    /// Another process removed it; its device is there.
    TakenOff,
    /// What has the device's name and index now, if anything, is another device.
    DeviceGone,
}

impl Datapath {
    /// Returns where the kernel has the program of a tap; `None` where none was attached.
    pub fn presence(&mut self, tap: &Tap) -> Option<Presence> {
        self.presences([tap]).pop().flatten()
    }

    /// Returns that of each tap.
    pub fn presences<'a>(
        &mut self,
        taps: impl IntoIterator<Item = &'a Tap>,
    ) -> Vec<Option<Presence>> {
        // The programs first: a device that is found without one may have been removed, which is then
        // known. In the other order it could be removed in between.
        let found: Vec<_> = taps.into_iter().map(|tap| (tap, self.found(tap))).collect();
        self.note_removals();

        found.into_iter().map(|(tap, found)| self.presence_of(tap, found)).collect()
    }

    /// Returns where the kernel has the program of a tap, for a device that is there.
    fn found(&self, tap: &Tap) -> Option<Presence> {
        let own = self.attached.get(tap).map(|attached| attached.held.presence(attached.program));

        own.or_else(|| self.shared.presence(tap))
    }

    fn presence_of(&self, tap: &Tap, found: Option<Presence>) -> Option<Presence> {
        if self.shared.has(tap) {
            let is_gone = self.shared.is_device_gone(tap)?;
            return if is_gone { Some(Presence::DeviceGone) } else { found };
        }
        if let Some(paused) = self.paused.get(tap) {
            return paused.is_device_gone.then_some(Presence::DeviceGone);
        }
        let is_gone = self.attached.get(tap).is_some_and(|attached| attached.is_device_gone);

        // A device that moved to another namespace takes its programs along, and they run there.
        found.map(|found| if is_gone { Presence::DeviceGone } else { found })
    }

    pub(super) fn note_removals(&mut self) {
        let removed = self.removals.take();
        if removed.is_empty() {
            return;
        }
        self.shared.note_removals(&removed);
        for (tap, attached) in &mut self.attached {
            attached.is_device_gone |= removed.contains(&tap.device.index);
        }
        for (tap, paused) in &mut self.paused {
            paused.is_device_gone |= removed.contains(&tap.device.index);
        }
    }
}
