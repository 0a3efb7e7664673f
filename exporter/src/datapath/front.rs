//! What sees frames before our program does: its verdict may hide them.

use std::io;

use aya::Ebpf;

use super::attach::{self, Held};
use super::claim::Claim;
use super::filter;
use super::foreign::{InFront, Owner};
use super::pins::PinDirectory;
use super::wire::{has_tcx, in_turn};
use super::{AttachError, Attached, Datapath, Device, Hook, Placement, Tap};

/// A program that is on a device.
pub(super) struct OnDevice<'a> {
    pub(super) held: &'a mut Held,
    pub(super) placement: Placement,
    /// The kernel's number of it.
    pub(super) program: u32,
    pub(super) ebpf: &'a mut Ebpf,
    /// Where it is pinned, if it is.
    pub(super) place: Option<&'a PinDirectory>,
}

impl Datapath {
    /// Returns what sees the frames of a tap before the program does; `None` where that does not
    /// matter: XDP has one program, and the program of an exporter lets others decide.
    pub fn in_front(&mut self, tap: &Tap) -> Option<InFront> {
        let OnDevice { held, placement, program, .. } = self.on_device(tap)?;
        let found = match held {
            Held::Link(_) if !placement.hook.is_tc() => return None,
            Held::Link(_) => foreign(tap, Some(program)),
            // Programs of TCX see a frame before all filters do.
            Held::Filter(filter) => match filter.in_front() {
                Ok(None) if has_tcx() => foreign(tap, None),
                found => found,
            },
        };

        found.unwrap_or_else(|error| {
            tracing::debug!(
                device = &*tap.device.name,
                %error,
                "Cannot list the programs in front of ours"
            );
            None
        })
    }

    /// Moves the program of a tap before all others. Those stay as they are.
    ///
    /// # Errors
    ///
    /// [`AttachError::Hidden`] where it cannot be before them, which changes nothing.
    pub fn go_in_front(&mut self, tap: &Tap, of: &InFront) -> Result<(), AttachError> {
        let Some(on_device) = self.on_device(tap) else { return Ok(()) };
        let OnDevice { held, ebpf, place, .. } = on_device;
        let hidden = || AttachError::Hidden { device: tap.device.name.to_string(), by: of.clone() };
        let is_first = match (held, of) {
            (Held::Link(link), _) => {
                attach::relink(ebpf, tap, link, place)?;
                true
            }
            (Held::Filter(_), InFront::Program(_)) => false,
            (Held::Filter(filter), InFront::Filter { .. }) => attach::refilter(ebpf, tap, filter)?,
        };

        if is_first { Ok(()) } else { Err(hidden()) }
    }

    fn on_device(&mut self, tap: &Tap) -> Option<OnDevice<'_>> {
        let Some(attached) = self.attached.get_mut(tap) else { return self.shared.on_device(tap) };
        let Attached { instance, held, placement, program, place, .. } = attached;

        Some(OnDevice {
            held,
            placement: *placement,
            program: *program,
            ebpf: &mut instance.ebpf,
            place: place.as_ref(),
        })
    }
}

/// Returns what would hide frames from a program that is about to be attached, as far as that is
/// known.
pub fn would_hide(device: &Device, hook: Hook) -> Option<InFront> {
    let tap = &Tap { device: device.clone(), direction: hook.direction() };
    match hook {
        // It becomes the first of all.
        Hook::Xdp | Hook::TcxIngress | Hook::TcxEgress => None,
        Hook::TcIngress | Hook::TcEgress if has_tcx() => {
            foreign(tap, None).ok().flatten().or_else(|| filter::ahead_of_a_new_one(tap))
        }
        Hook::TcIngress | Hook::TcEgress => filter::ahead_of_a_new_one(tap),
    }
}

/// Returns whether a program is known to be an exporter's, which lets others decide. What cannot be
/// known is not believed: a frame that is hidden is missing, and nothing else would show it.
fn is_vouched_for(program: u32) -> bool {
    Claim::is_vouched_for(program).unwrap_or_else(|error| {
        tracing::debug!(program, %error, "Cannot ask whose a program is");
        false
    })
}

/// Returns the first program of TCX that is not of an exporter, of those before `ours`.
fn foreign(tap: &Tap, ours: Option<u32>) -> io::Result<Option<InFront>> {
    let ids = in_turn(tap.device.index, tap.direction)?;
    if ours.is_some_and(|ours| !ids.contains(&ours)) {
        return Ok(None);
    }
    let mut before = ids.into_iter().take_while(|id| Some(*id) != ours);
    let foreign = before.find(|id| !is_vouched_for(*id));

    Ok(foreign.map(|id| InFront::Program(Owner { id: Some(id), name: None })))
}
