//! What the log says of programs that come and go.

use crate::datapath::{Presence, Tap};
use crate::health::{Hook, Running};

pub(super) fn say_counting(tap: &Tap, hook: Hook, running: &Running) {
    let Running { mode, program, tag } = running;

    tracing::info!(
        device = &*tap.device.name,
        ifindex = tap.device.index,
        hook = hook.label(),
        mode = mode.label(),
        program,
        tag,
        "Counting"
    );
}

pub(super) fn say_lost(tap: &Tap, presence: Presence) {
    let Tap { device, direction } = tap;
    let (ifindex, direction) = (device.index, direction.label());

    match presence {
        Presence::OnDevice => {}
        Presence::TakenOff => tracing::warn!(
            device = &*device.name,
            ifindex,
            direction,
            "The program was removed from its device; attaching it again, and its series continue"
        ),
        Presence::DeviceGone => tracing::warn!(
            device = &*device.name,
            ifindex,
            direction,
            "Device is gone; its series end"
        ),
    }
}
