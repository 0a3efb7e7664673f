//! The state of every program that is wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Devices, names};
use crate::health::{Attachment, Hook, Running};

impl Devices {
    /// Returns the state of every program that is wanted, also on devices that are wanted by name
    /// and not there.
    pub(super) fn attachments(&self) -> Vec<Attachment> {
        let mut running: BTreeMap<(Arc<str>, Hook), Option<Running>> = BTreeMap::new();
        let interfaces = self.interfaces.borrow();
        for direction in self.hooks().directions() {
            let expected = self.expected(direction);
            let is_there = |name: &&str| interfaces.iter().any(|it| it.has_other_name(name));
            for name in
                names(&self.config.devices.include.to_string()).filter(|name| !is_there(name))
            {
                running.insert((name.into(), expected), None);
            }
            for (tap, known) in self.known.iter().filter(|(tap, _)| tap.direction == direction) {
                // What is hidden from a program it does not count.
                let runs = known.running.clone().filter(|_| !known.standing.is_hidden());
                // A device that was expected elsewhere is here now.
                running.remove(&(Arc::clone(&tap.device.name), expected));
                let hook = known.hook.unwrap_or(expected);
                running.insert((Arc::clone(&tap.device.name), hook), runs);
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
