//! Log lines about programs that start and stop counting.

use super::failure::NotAttached;
use crate::causes::with_causes;
use crate::config::Class;
use crate::datapath::{Placement, Presence, Tap};
use crate::health::{Hook, Mode, Running};

pub(super) fn say_counting(tap: &Tap, hook: Hook, class: Class, running: &Running) {
    let Running { mode, program, tag } = running;

    tracing::info!(
        device = &*tap.device.name,
        ifindex = tap.device.index,
        hook = hook.label(),
        mode = mode.map(Mode::label),
        class = class.label(),
        program,
        tag,
        "Counting"
    );
}

/// Logs that a device has its program elsewhere than at the best place.
pub(super) fn say_elsewhere(tap: &Tap, next: Placement, failure: &NotAttached) {
    let device = &*tap.device.name;
    let reason = with_causes(failure);

    if next.hook == Hook::Xdp {
        tracing::warn!(
            device,
            reason,
            "Counting received frames with generic XDP instead, where a merged frame counts as one; \
             for exact counts run a kernel with TCX or with the module `sch_ingress`"
        );
    } else {
        tracing::info!(
            device,
            reason,
            "Counting received frames in the stack instead; what an XDP program drops is not seen \
             there"
        );
    }
}

pub(super) fn say_moved(tap: &Tap, from: Hook, to: Placement) {
    tracing::info!(
        device = &*tap.device.name,
        ifindex = tap.device.index,
        from = from.label(),
        to = to.hook.label(),
        mode = to.mode.map(Mode::label),
        "Device went over to a better hook; its series continue"
    );
}

pub(super) fn say_not_moved(tap: &Tap, error: &str) {
    tracing::info!(
        device = &*tap.device.name,
        ifindex = tap.device.index,
        error,
        "Device does not go over to a better hook; it is counted where it was"
    );
}

/// Logs that a program cannot be replaced, by one for another configuration or by the usual one that
/// follows a change of hooks.
pub(super) fn say_not_replaced(tap: &Tap, is_configured: bool, error: &str) {
    let device = &*tap.device.name;
    let direction = tap.direction.label();

    if is_configured {
        tracing::warn!(
            device,
            direction,
            error,
            "Cannot count under another configuration; counting continues as before, and this is \
             tried again"
        );
    } else {
        tracing::warn!(
            device,
            direction,
            error,
            "Cannot replace the program that is for a change of hooks; counting continues with it, \
             and this is tried again"
        );
    }
}

pub(super) fn say_taken_off(Tap { device, direction }: &Tap) {
    tracing::warn!(
        device = &*device.name,
        ifindex = device.index,
        direction = direction.label(),
        "The program was removed from its device; attaching it again, and its series continue"
    );
}

/// Logs why a program no longer counts. If it is still on its device, the device is not wanted.
pub(super) fn say_end(Tap { device, direction }: &Tap, presence: Option<Presence>) {
    let (ifindex, direction) = (device.index, direction.label());
    let device = &*device.name;

    match presence {
        Some(Presence::OnDevice) => {
            tracing::info!(
                device,
                ifindex,
                direction,
                "Device is no longer wanted; its series end"
            );
        }
        Some(Presence::TakenOff | Presence::DeviceGone) | None => {
            tracing::warn!(device, ifindex, direction, "Device is gone; its series end");
        }
    }
}
