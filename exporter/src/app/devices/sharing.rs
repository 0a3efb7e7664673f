//! Which devices share a program, and what they share.

use std::collections::BTreeMap;

use shared::Direction;

use super::Devices;
use super::choice::{self, Hooks, Placements};
use crate::config::{Class, Datapath as Config};
use crate::datapath::{Placement, Taps};
use crate::health::SharedMap;
use crate::interfaces::Interface;

/// What decides where a device is counted, and in whose tables.
#[derive(Clone, Copy)]
pub(in crate::app) struct Sharing<'a> {
    pub(in crate::app) config: &'a Config,
    pub(in crate::app) hooks: Hooks,
    /// The kernel has the hook in the stack for what is received, as far as that was tried.
    pub(in crate::app) has_ingress: bool,
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

    /// Returns the best place for a device that the kernel has, and the class of a program there.
    fn first(self, interface: &Interface, direction: Direction) -> Option<(Placement, Class)> {
        let placements = choice::placements(interface, direction, self.config, self.hooks);
        let Placements { first, others } = placements.ok()?;
        let is_missing = !self.has_ingress && first.hook == self.hooks.ingress;
        let first = others.first().copied().filter(|_| is_missing).unwrap_or(first);

        Some((first, self.class(first, interface)))
    }
}

impl Devices {
    pub(super) fn sharing(&self) -> Sharing<'_> {
        let is_pinned = self.datapath.is_pinned();

        Sharing {
            config: &self.config.datapath,
            hooks: self.hooks(),
            has_ingress: self.has_ingress,
            is_pinned,
        }
    }

    /// Returns how full the maps are that devices share.
    pub(super) fn shared_maps(&self) -> Vec<SharedMap> {
        let shared = self.datapath.shared_maps().into_iter();

        shared.map(|(direction, map)| SharedMap { direction, map }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::devices::start::tests::interface;
    use crate::datapath::LinkLayer;
    use crate::health::Hook;
    use crate::interfaces::FrameStart;

    #[test]
    fn devices_that_fall_back_to_generic_xdp_are_planned_with_tables_of_their_own() {
        let config = Config::default();
        let hooks = Hooks { ingress: Hook::TcIngress, egress: Some(Hook::TcEgress) };
        let veth = interface("veth0", 1, None, None);
        let tunnel = Interface { frames: FrameStart::Network, ..interface("tun0", 2, None, None) };
        let wanted = [veth.clone(), interface("veth1", 3, None, None), tunnel];
        let with = |has_ingress| Sharing { config: &config, hooks, has_ingress, is_pinned: false };
        let at = |hook, link_layer| Placement::tc(hook, link_layer);
        let sent = [
            (at(Hook::TcEgress, LinkLayer::Ethernet), 2),
            (at(Hook::TcEgress, LinkLayer::None), 1),
        ];
        let in_stack = [
            (at(Hook::TcIngress, LinkLayer::Ethernet), 2),
            (at(Hook::TcIngress, LinkLayer::None), 1),
        ];
        // It has nowhere else to go, and is tried again and again.
        let of_tunnel = [in_stack[1]];

        let all = sent.into_iter().chain(in_stack).collect();
        assert_eq!(with(true).taps(&wanted), Taps { own: 0, shared: all });
        let all = sent.into_iter().chain(of_tunnel).collect();
        assert_eq!(with(false).taps(&wanted), Taps { own: 2, shared: all });
        assert_eq!(with(false).class_of(&veth, Direction::Receive), Some(Class::Own));
        assert_eq!(with(false).class_of(&veth, Direction::Transmit), Some(Class::Shared));
    }
}
