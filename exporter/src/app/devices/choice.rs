//! Where frames of a device are counted.

use shared::Direction;

use super::failure::NotAttached;
use crate::config::{Datapath as Config, Mode};
use crate::datapath::{Datapath, LinkLayer, Placement};
use crate::health::{self, Hook};
use crate::interfaces::{FrameStart, Interface};

/// The hooks of tc that the kernel has, or that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Hooks {
    /// Where what is received is counted in the stack.
    pub(in crate::app) ingress: Hook,
    /// Where what is sent is counted, if it is.
    pub(in crate::app) egress: Option<Hook>,
}

impl Hooks {
    /// Returns the hooks of the programs of a datapath.
    pub(in crate::app) fn of(datapath: &Datapath) -> Self {
        Self { ingress: datapath.ingress(), egress: datapath.transmit() }
    }

    /// Returns the hook in the stack where what is received is counted in a mode.
    pub(in crate::app) fn received(self, mode: Mode) -> Hook {
        mode.in_stack().unwrap_or(self.ingress)
    }

    /// Returns the directions that are counted on every device.
    pub(super) fn directions(self) -> impl Iterator<Item = Direction> {
        let transmit = self.egress.map(|_| Direction::Transmit);

        [Some(Direction::Receive), transmit].into_iter().flatten()
    }
}

/// Where frames of a device may be counted, the best place first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placements {
    pub(super) first: Placement,
    /// Where the device does not have the ones before, or where other programs have them.
    pub(super) others: Vec<Placement>,
}

/// Returns where frames of a device may be counted.
pub(super) fn placements(
    interface: &Interface,
    direction: Direction,
    config: &Config,
    hooks: Hooks,
) -> Result<Placements, NotAttached> {
    let device = || interface.name.to_string();
    let link_layer = match interface.frames {
        FrameStart::Ethernet => LinkLayer::Ethernet,
        FrameStart::Network | FrameStart::Unsealed => LinkLayer::None,
        FrameStart::Foreign => return Err(NotAttached::ForeignLinkLayer { device: device() }),
        FrameStart::Nowhere => return Err(NotAttached::Unseen { device: device() }),
    };
    let only = |first| Ok(Placements { first, others: Vec::new() });
    let in_stack = |hook| Placement::tc(hook, link_layer);
    if direction == Direction::Transmit {
        return only(in_stack(sent(hooks)));
    }
    let [native, generic] = [health::Mode::Native, health::Mode::Generic].map(Placement::xdp);
    let mode = config.mode_of(interface.names());
    let received = in_stack(hooks.received(mode));

    match mode {
        // A frame that XDP sees has an Ethernet header in front.
        Mode::Native | Mode::Generic if link_layer == LinkLayer::None => {
            Err(NotAttached::NoEthernet { device: device() })
        }
        Mode::Native => only(native),
        Mode::Generic => only(generic),
        // Generic XDP counts a merged frame as one: it is for kernels without a hook in the stack.
        Mode::Auto if link_layer == LinkLayer::Ethernet => Ok(if interface.has_hardware {
            Placements { first: native, others: vec![received, generic] }
        } else {
            Placements { first: received, others: vec![generic] }
        }),
        Mode::Auto | Mode::Tcx | Mode::Clsact => only(received),
    }
}

/// Returns the hook that a device with these names is expected to have which is not there.
pub(super) fn expected<'a>(
    names: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    direction: Direction,
    config: &Config,
    hooks: Hooks,
) -> Hook {
    if direction == Direction::Transmit {
        return sent(hooks);
    }

    match config.mode_of(names) {
        Mode::Native | Mode::Generic => Hook::Xdp,
        mode @ (Mode::Auto | Mode::Tcx | Mode::Clsact) => hooks.received(mode),
    }
}

/// Returns the hook where what is sent is counted.
fn sent(hooks: Hooks) -> Hook {
    hooks.egress.unwrap_or(Hook::TcxEgress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::devices::start::tests::interface;

    const HOOKS: Hooks = Hooks { ingress: Hook::TcxIngress, egress: Some(Hook::TcxEgress) };

    fn received(interface: &Interface, mode: Mode, hooks: Hooks) -> Vec<&'static str> {
        let config = Config { mode, ..Config::default() };
        let placements = placements(interface, Direction::Receive, &config, hooks);
        let label = |it: Placement| it.mode.map_or(it.hook.label(), health::Mode::label);

        match placements {
            Ok(Placements { first, others }) => {
                [first].into_iter().chain(others).map(label).collect()
            }
            Err(_) => vec!["refused"],
        }
    }

    #[test]
    fn each_kind_of_device_has_its_places() {
        let virtual_one = interface("veth0", 1, None, None);
        let hardware = Interface { has_hardware: true, ..virtual_one.clone() };
        let tunnel = Interface { frames: FrameStart::Network, ..virtual_one.clone() };
        let vrf = Interface { frames: FrameStart::Nowhere, ..virtual_one.clone() };
        let modem = Interface { has_hardware: true, ..tunnel.clone() };
        let old = Hooks { ingress: Hook::TcIngress, ..HOOKS };
        let cases = [
            ("hardware", &hardware, Mode::Auto, HOOKS, &["native", "tcx_ingress", "generic"][..]),
            (
                "hardware, before 6.6",
                &hardware,
                Mode::Auto,
                old,
                &["native", "tc_ingress", "generic"],
            ),
            ("virtual", &virtual_one, Mode::Auto, HOOKS, &["tcx_ingress", "generic"]),
            ("virtual, before 6.6", &virtual_one, Mode::Auto, old, &["tc_ingress", "generic"]),
            ("a tunnel", &tunnel, Mode::Auto, HOOKS, &["tcx_ingress"]),
            ("a modem", &modem, Mode::Auto, HOOKS, &["tcx_ingress"]),
            ("asked for", &virtual_one, Mode::Native, HOOKS, &["native"]),
            ("asked for", &virtual_one, Mode::Generic, HOOKS, &["generic"]),
            ("asked for", &hardware, Mode::Tcx, HOOKS, &["tcx_ingress"]),
            ("asked for", &hardware, Mode::Clsact, HOOKS, &["tc_ingress"]),
            ("a VRF sees nothing", &vrf, Mode::Auto, HOOKS, &["refused"]),
            ("a tunnel has no Ethernet", &tunnel, Mode::Native, HOOKS, &["refused"]),
        ];

        for (name, interface, mode, hooks, expected) in cases {
            assert_eq!(received(interface, mode, hooks), expected, "{name}, {mode:?}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_expected_where_an_override_has_it() {
        let config: crate::config::Config =
            toml::from_str("[[datapath.override]]\ndevices = \"veth.*\"\nmode = \"generic\"\n")
                .unwrap();
        let of = |name| {
            [Direction::Receive, Direction::Transmit]
                .map(|it| expected([name], it, &config.datapath, HOOKS))
        };

        assert_eq!(of("veth0"), [Hook::Xdp, Hook::TcxEgress]);
        assert_eq!(of("eth0"), [Hook::TcxIngress, Hook::TcxEgress]);
    }

    #[test]
    fn frames_of_a_tunnel_begin_with_the_network_header() {
        let tunnel =
            Interface { frames: FrameStart::Unsealed, ..interface("xfrm0", 1, None, None) };

        for direction in Direction::ALL {
            let placements = placements(&tunnel, *direction, &Config::default(), HOOKS).unwrap();
            assert_eq!(placements.others, []);
            assert_eq!(placements.first.link_layer, LinkLayer::None);
        }
    }
}
