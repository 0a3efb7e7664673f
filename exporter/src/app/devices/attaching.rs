//! Attaching to devices that are wanted, at the best place that they have.

use std::sync::Arc;
use std::time::Instant;

use shared::Direction;

use super::choice::{self, Hooks, Placements};
use super::failure::NotAttached;
use super::slice::Slice;
use super::words::{say_counting, say_elsewhere};
use super::{Devices, device, stacked};
use crate::config::Class;
use crate::datapath::{Owner, Placement, Tap};
use crate::health::{AttachFailure, Hook, Running};
use crate::interfaces::Interface;

impl Devices {
    /// Attaches what is wanted, due and not running, for one slice; returns whether there was
    /// anything. At the start what failed waits until all the others were tried.
    pub(super) fn attach_wanted(&mut self, wanted: &[Interface], slice: &mut Slice<'_>) -> bool {
        let begun = Instant::now();
        let mut has_tried = false;
        let directions: Vec<Direction> = self.hooks().directions().collect();
        let is_starting = self.is_starting();
        self.datapath.expect(self.sharing().taps(wanted));
        for interface in stacked::from_below(wanted) {
            for direction in &directions {
                let tap = Tap { device: device(interface), direction: *direction };
                let known = self.known.entry(tap.clone()).or_default();
                let is_turn = !is_starting || known.is_untried();
                let is_due = is_turn && known.is_due(interface, begun);
                if is_due && slice.has_time_for(known.is_first_attempt()) {
                    self.try_attach(tap, interface);
                    has_tried = true;
                }
            }
        }

        has_tried
    }

    fn try_attach(&mut self, tap: Tap, interface: &Interface) {
        let (hook, attached) = self.attach(&tap, interface);
        match attached {
            Ok((class, running)) => {
                say_counting(&tap, hook, class, &running);
                self.known.entry(tap).or_default().runs(hook, running, Instant::now());
            }
            Err(failure) => {
                self.count_failure(&tap, hook, failure.reason());
                self.known.entry(tap).or_default().failed(hook, &failure, interface);
            }
        }
    }

    /// Attaches at the first place that the device has and that is free; returns where it was tried
    /// last, and what came of it.
    fn attach(
        &mut self,
        tap: &Tap,
        interface: &Interface,
    ) -> (Hook, Result<(Class, Running), NotAttached>) {
        let hooks = self.hooks();
        let placements = choice::placements(interface, tap.direction, &self.config.datapath, hooks);
        let Placements { first: mut placement, others } = match placements {
            Ok(placements) => placements,
            Err(refusal) => return (self.expected(interface, tap.direction), Err(refusal)),
        };

        // A pinned program in the stack goes over to the better hook without a gap, once it is ours.
        let left = self.datapath.left_at(tap);
        if let Some(left) = others.iter().find(|it| it.hook.is_tc() && left == Some(it.hook)) {
            return (left.hook, self.attach_at(tap, *left, interface));
        }
        let mut attached = self.attach_at(tap, placement, interface);
        self.note_ingress(placement, &attached);
        for next in others {
            let Err(failure) = &attached else { break };
            if !failure.is_of_place() {
                break;
            }
            say_elsewhere(tap, next, failure);
            self.known.entry(tap.clone()).or_default().better.tried(interface);
            placement = next;
            attached = self.attach_at(tap, placement, interface);
            self.note_ingress(placement, &attached);
        }

        (placement.hook, attached)
    }

    /// Notes whether the kernel has the hook for what is received; the memory is divided by that.
    fn note_ingress<T>(&mut self, placement: Placement, attached: &Result<T, NotAttached>) {
        let has_ingress = match attached {
            Ok(_) => true,
            Err(failure) if failure.is_without_ingress() => false,
            Err(_) => return,
        };
        if placement.hook == self.hooks().ingress && has_ingress != self.has_ingress {
            self.has_ingress = has_ingress;
            let taps = self.sharing().taps(&self.wanted());
            self.datapath.expect(taps);
        }
    }

    /// Returns the hooks of tc that programs are attached to.
    pub(super) fn hooks(&self) -> Hooks {
        Hooks::of(&self.datapath)
    }

    /// Returns the hook that is expected where none was chosen.
    fn expected(&self, interface: &Interface, direction: Direction) -> Hook {
        choice::expected(interface.names(), direction, &self.config.datapath, self.hooks())
    }

    pub(super) fn count_failure(&mut self, tap: &Tap, hook: Hook, reason: AttachFailure) {
        let of_tap = (Arc::clone(&tap.device.name), hook);
        let reasons = self.failures.entry(of_tap).or_default();

        *reasons.entry(reason).or_default() += 1;
    }

    fn attach_at(
        &mut self,
        tap: &Tap,
        placement: Placement,
        interface: &Interface,
    ) -> Result<(Class, Running), NotAttached> {
        let class = self.sharing().class(placement, interface);
        if class == Class::Shared {
            return Ok((class, self.datapath.share(tap, placement)?));
        }
        let prepared = self.datapath.prepare_for(tap, placement)?;
        let attached = self.datapath.attach(tap, prepared);

        let is_below = stacked::is_below(interface, &self.interfaces.borrow());
        let running = attached.map_err(|error| error.owned_by(self.owner(interface), is_below))?;

        Ok((class, running))
    }

    /// Returns the XDP program that is on an interface.
    fn owner(&self, interface: &Interface) -> Owner {
        let id = interface.xdp_program;

        Owner { id, name: id.and_then(|id| self.names.of(id)).map(ToOwned::to_owned) }
    }
}
