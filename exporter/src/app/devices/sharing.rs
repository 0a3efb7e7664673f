//! Which devices share a program, and what they share.

use std::collections::BTreeMap;

use shared::Direction;

use super::choice::Hooks;
use super::{Devices, choice};
use crate::config::{Class, Datapath as Config};
use crate::datapath::{Placement, Taps};
use crate::health::SharedMap;
use crate::interfaces::Interface;

/// What decides where a device is counted, and in whose tables.
#[derive(Clone, Copy)]
pub(in crate::app) struct Sharing<'a> {
    pub(in crate::app) config: &'a Config,
    pub(in crate::app) hooks: Hooks,
    pub(in crate::app) is_pinned: bool,
}

impl Sharing<'_> {
    /// Returns how many programs the interfaces are to have.
    pub(in crate::app) fn taps(self, wanted: &[Interface]) -> Taps {
        let (mut own, mut shared) = (0, BTreeMap::<Placement, usize>::new());
        for direction in self.hooks.directions() {
            for (placement, class) in wanted.iter().filter_map(|it| self.first(it, direction)) {
                match class {
                    Class::Own => own += 1,
                    Class::Shared => *shared.entry(placement).or_default() += 1,
                }
            }
        }

        Taps { own, shared }
    }

    /// Returns the class of the program of a direction; `None` where nothing is counted.
    pub(in crate::app) fn class_of(
        self,
        interface: &Interface,
        direction: Direction,
    ) -> Option<Class> {
        let is_counted = self.hooks.directions().any(|it| it == direction);

        self.first(interface, direction).filter(|_| is_counted).map(|(_, class)| class)
    }

    /// Returns whether a program there counts the device alone or together with others. Pinned maps are
    /// those of one device.
    pub(super) fn class(self, placement: Placement, interface: &Interface) -> Class {
        if !placement.hook.is_tc() || self.is_pinned {
            return Class::Own;
        }
        let by_device = if interface.has_hardware { Class::Own } else { Class::Shared };

        self.config.class_of(interface.names()).unwrap_or(by_device)
    }

    /// Returns the best place for a device, and the class of a program there.
    fn first(self, interface: &Interface, direction: Direction) -> Option<(Placement, Class)> {
        let placements = choice::placements(interface, direction, self.config, self.hooks);
        let first = placements.ok()?.first;

        Some((first, self.class(first, interface)))
    }
}

impl Devices {
    pub(super) fn sharing(&self) -> Sharing<'_> {
        let is_pinned = self.datapath.is_pinned();

        Sharing { config: &self.config.datapath, hooks: self.hooks(), is_pinned }
    }

    /// Returns how full the maps are that devices share.
    pub(super) fn shared_maps(&self) -> Vec<SharedMap> {
        let shared = self.datapath.shared_maps().into_iter();

        shared.map(|(direction, map)| SharedMap { direction, map }).collect()
    }
}
