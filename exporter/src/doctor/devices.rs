//! What is looked at of each device that is wanted.

use serde::Serialize;

use super::{Check, DeviceCheck, Facts, State};
use crate::config::{Class, Mode};
use crate::driver::{Driver, Offload, Offloads, XdpFeatures};
use crate::health::Hook;

/// Above it a frame does not fit into one buffer of a page.
/// Source: `veth_xdp_set` in drivers/net/veth.c.
const LARGE_MTU: u32 = 3506;
const NO_TCX: &str = "this kernel has no TCX, which came with Linux 6.6";

/// What was found of a device.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact, and none depends on another")]
pub struct DeviceFacts {
    pub device: String,
    pub ifindex: u32,
    pub mtu: u32,
    pub driver: Driver,
    pub program: Option<Program>,
    /// How what it receives is to be counted.
    pub mode: Mode,
    pub classes: Classes,
    pub has_hardware: bool,
    /// Its frames have an Ethernet header.
    pub has_ethernet: bool,
    /// Some hook sees its frames, and they can be parsed.
    pub is_countable: bool,
    /// Its program is one that an exporter pinned which is gone.
    pub is_left_behind: bool,
    /// What would see frames in the stack first, and may hide them.
    pub hidden_by: HiddenBy,
}

/// What sees frames before the exporter's programs of tc would.
#[derive(Clone, Debug, Default)]
pub struct HiddenBy {
    pub receive: Option<String>,
    pub transmit: Option<String>,
}

/// Whose program and tables count a device; `None` where nothing is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Classes {
    pub receive: Option<Class>,
    pub transmit: Option<Class>,
}

/// A program in the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    pub id: u32,
    /// `null` where these rights do not allow to read it.
    pub name: Option<String>,
}

/// What speaks against native mode.
struct Obstacle {
    /// The driver cannot, whatever is set.
    is_certain: bool,
    found: String,
    remedy: Option<String>,
}

/// Checks whether and how a program would count there.
pub(super) fn judge(facts: &DeviceFacts, host: &Facts) -> DeviceCheck {
    let DeviceFacts { device, ifindex, mtu, driver, program, has_ethernet, .. } = facts;
    let mode = facts.mode;
    let stack = mode.in_stack().map_or(host.ingress, Hook::label);
    let check = |state, mode, found: String, remedy| DeviceCheck {
        device: device.clone(),
        ifindex: *ifindex,
        mtu: *mtu,
        state,
        mode,
        class: facts.classes,
        found,
        remedy,
        program: program.clone(),
    };
    if !facts.is_countable {
        let found =
            "no program can count its frames: it is a VRF, or its link layer is not Ethernet";
        let remedy = "exclude it with `devices.exclude`".into();
        return check(State::Refused, None, found.into(), Some(remedy));
    }
    let is_xdp = matches!(mode, Mode::Native | Mode::Generic);
    if !has_ethernet && is_xdp {
        let found = "its frames have no Ethernet header, so XDP cannot count them";
        let remedy = "set `datapath.mode` to \"auto\"".into();
        return check(State::Refused, None, found.into(), Some(remedy));
    }
    if facts.is_left_behind {
        let found = "a previous exporter left its program pinned; `run` will adopt or remove it";
        return check(State::Ok, None, found.into(), None);
    }
    if mode == Mode::Tcx && host.has_no_tcx() {
        let found = format!("{NO_TCX}, so `run` would not count what the device receives");
        let remedy = "set `datapath.mode` to \"auto\", which uses clsact here".into();
        return check(State::Refused, None, found, Some(remedy));
    }
    if let Some(Program { id, name }) = program {
        let name = name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let found = format!("it has the XDP program{name} with id {id}");
        if !is_xdp {
            let found = format!("{found}; what that one drops or redirects is not seen");
            return check(State::Warning, Some(stack), found, None);
        }
        let remedy =
            "stop the program that put it there, or set `datapath.mode` to \"auto\"".into();
        let found = format!("{found}, which `run` will not replace");
        return check(State::Refused, None, found, Some(remedy));
    }
    if matches!(mode, Mode::Tcx | Mode::Clsact) {
        return check(State::Ok, Some(stack), "as configured".into(), None);
    }
    if !(is_xdp || facts.has_hardware && *has_ethernet) {
        let found = "virtual devices are counted in the network stack";
        return check(State::Ok, Some(stack), found.into(), None);
    }
    if mode == Mode::Generic {
        return check(State::Ok, Some("generic"), "as configured".into(), None);
    }

    match (obstacle(facts), mode) {
        (None, _) if driver.xdp.is_none() => check(
            State::Unknown,
            None,
            "this kernel does not report what the driver supports".into(),
            None,
        ),
        (None, _) => check(State::Ok, Some("native"), "the driver runs XDP".into(), None),
        (Some(it), Mode::Native) if it.is_certain => {
            let remedy = it.remedy.or_else(|| Some("set `datapath.mode` to \"auto\"".into()));
            check(State::Refused, None, it.found, remedy)
        }
        (Some(it), Mode::Native) => check(State::Warning, Some("native"), it.found, it.remedy),
        (Some(it), _) => check(State::Warning, Some(stack), it.found, it.remedy),
    }
}

/// Returns the first obstacle to native mode.
fn obstacle(facts: &DeviceFacts) -> Option<Obstacle> {
    let DeviceFacts { device, mtu, driver, .. } = facts;
    let Driver { xdp, offloads } = driver;
    let Offloads { lro, gro_hw } = offloads.unwrap_or_default();
    let on = |feature: &str, offload| match offload {
        Offload::Off => None,
        Offload::On => Some(Obstacle {
            is_certain: false,
            found: format!("`{feature}` is on; some drivers refuse XDP while it is"),
            remedy: Some(format!("`ethtool -K {device} {feature} off`")),
        }),
        Offload::Fixed => Some(Obstacle {
            is_certain: false,
            found: format!(
                "`{feature}` is on and cannot be turned off; some drivers refuse XDP while it is"
            ),
            remedy: None,
        }),
    };

    match xdp {
        Some(XdpFeatures { native: false, .. }) => Some(Obstacle {
            is_certain: true,
            found: "the driver has no native XDP".into(),
            remedy: None,
        }),
        Some(XdpFeatures { buffers: false, .. }) if *mtu > LARGE_MTU => Some(Obstacle {
            is_certain: true,
            found: format!(
                "frames of its MTU {mtu} need several buffers, which the driver does not support \
                 for XDP"
            ),
            remedy: Some(format!("an MTU of {LARGE_MTU} or less: `ip link set {device} mtu ...`")),
        }),
        _ => on("rx-lro", lro).or_else(|| on("rx-gro-hw", gro_hw)),
    }
}

/// Returns whether anything would be counted on one device at least.
pub(super) fn some(devices: &[DeviceCheck], facts: &Facts) -> Check {
    let usable = devices.iter().filter(|device| device.state != State::Refused).count();
    let check = |state, found, remedy| Check { check: "devices", state, found, remedy };
    if devices.is_empty() {
        let remedy = format!(
            "name one in `devices.include`: {}; by default, devices with hardware behind them are \
             wanted",
            facts.present.join(", ")
        );
        return check(State::Refused, "none of the devices is wanted".into(), Some(remedy));
    }

    let all = devices.len();
    let found = format!("received frames can be counted on {usable} of {all}");
    let state = if usable < all { State::Warning } else { State::Ok };
    // Another XDP program is nothing to what is sent.
    let is_sending = |device: &&DeviceFacts| device.is_countable && !wants_missing_tcx(facts);
    let sending = facts.wanted.iter().filter(is_sending).count();
    match (usable, facts.transmit) {
        (0, None) => check(State::Refused, found, None),
        (0, Some(_)) if sending == 0 => {
            check(State::Refused, format!("{found}, sent frames on none"), None)
        }
        (_, Some(hook)) if sending < all => {
            check(state, format!("{found}, sent frames by {hook} on {sending}"), None)
        }
        (_, Some(hook)) => check(state, format!("{found}, sent frames by {hook} on all"), None),
        (_, None) => check(state, found, None),
    }
}

/// Returns whether TCX is to count what is sent, and the kernel has none.
fn wants_missing_tcx(facts: &Facts) -> bool {
    facts.has_no_tcx() && facts.transmit == Some(Hook::TcxEgress.label())
}

/// Warns of what would keep frames from the exporter's programs of tc, in each direction.
pub(super) fn hidden(facts: &Facts, devices: &[DeviceCheck]) -> Vec<Check> {
    let check = |check, found: Vec<String>, remedy: String| {
        let found = found.join("; ");
        let warning = Check { check, state: State::Warning, found, remedy: Some(remedy) };
        (!warning.found.is_empty()).then_some(warning)
    };
    let of = |device: &DeviceFacts, by: &str, what: &str| {
        let device = &device.device;
        format!(
            "{by} would be in front of the exporter's program on `{device}`, and may hide {what} frames"
        )
    };
    // XDP comes before all of tc.
    let is_in_stack = |it: &DeviceCheck| {
        let in_stack = [Hook::TcxIngress, Hook::TcIngress].map(Hook::label);
        it.mode.is_some_and(|mode| in_stack.contains(&mode))
    };
    let received = facts.wanted.iter().zip(devices).filter(|(_, judged)| is_in_stack(judged));
    let received = received.filter_map(|(device, _)| {
        Some(of(device, device.hidden_by.receive.as_deref()?, "received"))
    });
    let sent = facts.wanted.iter();
    let sent =
        sent.filter_map(|device| Some(of(device, device.hidden_by.transmit.as_deref()?, "sent")));
    let auto = if facts.has_no_tcx() {
        ""
    } else {
        ", or set `datapath.mode` to \"auto\", whose TCX program comes first"
    };
    let receive =
        check("receive", received.collect(), format!("remove it or move it behind{auto}"));
    let off = "remove it, move it behind, or set `datapath.transmit` to \"off\"";
    let transmit = if wants_missing_tcx(facts) {
        let found = format!("{NO_TCX}, so `run` would not count what is sent");
        check(
            "transmit",
            vec![found],
            "set `datapath.transmit` to \"auto\", which uses clsact here".into(),
        )
    } else {
        check("transmit", sent.collect(), off.into())
    };

    receive.into_iter().chain(transmit).collect()
}
