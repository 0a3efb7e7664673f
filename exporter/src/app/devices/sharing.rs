//! Which devices share a program, and what they share.

use std::collections::BTreeMap;

use shared::Direction;

use super::{Devices, choice};
use crate::config::Class;
use crate::datapath::{Placement, Taps};
use crate::health::SharedMap;
use crate::interfaces::Interface;
use crate::interval::MapUse;

impl Devices {
    /// Returns how many programs the interfaces are to have.
    pub(super) fn expected_taps(&self, wanted: &[Interface]) -> Taps {
        let hooks = self.hooks();
        let (mut own, mut shared) = (0, BTreeMap::<Placement, usize>::new());
        for direction in self.datapath.directions() {
            for interface in wanted {
                let config = &self.config.datapath;
                let placements = choice::placements(interface, direction, config, hooks);
                match placements.map(|it| it.first) {
                    Ok(first) if self.is_shared(first, interface) => {
                        *shared.entry(first).or_default() += 1;
                    }
                    Ok(_) => own += 1,
                    Err(_) => {}
                }
            }
        }

        Taps { own, pools: shared.len(), slots: shared.into_values().max().unwrap_or_default() }
    }

    /// Returns how full the maps are that devices share.
    pub(super) fn shared_maps(&self) -> Vec<SharedMap> {
        let shared = |(direction, it): (Direction, MapUse)| {
            let MapUse { map, entries, entries_limit, memory_bytes } = it;
            SharedMap { direction, map, entries, entries_limit, memory_bytes }
        };

        self.datapath.shared_maps().into_iter().map(shared).collect()
    }

    /// Returns whether one program counts the device together with others. Pinned maps are those of one
    /// device.
    pub(super) fn is_shared(&self, placement: Placement, interface: &Interface) -> bool {
        if !placement.hook.is_tc() || self.datapath.is_pinned() {
            return false;
        }

        match self.config.datapath.class_of(interface.names()) {
            Some(Class::Own) => false,
            Some(Class::Shared) => true,
            None => !interface.has_hardware,
        }
    }
}
