//! The state of every program that is wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Devices, choice, names};
use crate::health::{Attachment, Hook, Running};

impl Devices {
    /// Returns the state of every program that is wanted, also on devices that are wanted by name
    /// and not there, and the failures at hooks where devices are not counted now.
    pub(super) fn attachments(&self) -> Vec<Attachment> {
        let mut running: BTreeMap<(Arc<str>, Hook), Option<Running>> = BTreeMap::new();
        let interfaces = self.interfaces.borrow();
        let is_there = |name: &&str| interfaces.iter().any(|it| it.has_other_name(name));
        let include = self.config.devices.include.to_string();
        let absent: Vec<&str> = names(&include).filter(|name| !is_there(name)).collect();
        let hooks = self.hooks();
        for direction in hooks.directions() {
            let expected = |name| choice::expected([name], direction, &self.config.datapath, hooks);
            for name in &absent {
                running.insert(((*name).into(), expected(name)), None);
            }
            for (tap, known) in self.known.iter().filter(|(tap, _)| tap.direction == direction) {
                let name = &tap.device.name;
                // What is hidden from a program it does not count.
                let runs = known.running.clone().filter(|_| !known.standing.is_hidden());
                // A device that was expected elsewhere is here now.
                if absent.contains(&&**name) {
                    running.remove(&(Arc::clone(name), expected(name)));
                }
                let hook = known.hook.unwrap_or_else(|| expected(name));
                running.insert((Arc::clone(name), hook), runs);
            }
        }

        let in_vain = self.failures.iter().filter(|(of_tap, _)| !running.contains_key(of_tap));
        let in_vain = in_vain.map(|((device, hook), failures)| Attachment {
            device: Arc::clone(device),
            hook: *hook,
            running: None,
            is_wanted: false,
            failures: failures.clone(),
        });
        let in_vain: Vec<_> = in_vain.collect();
        let wanted = running.into_iter().map(|(of_tap, running)| Attachment {
            failures: self.failures.get(&of_tap).cloned().unwrap_or_default(),
            device: of_tap.0,
            hook: of_tap.1,
            running,
            is_wanted: true,
        });

        wanted.chain(in_vain).collect()
    }
}
