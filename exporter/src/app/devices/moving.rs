//! A device goes over to the better of its hooks once that one is free.

use std::time::Instant;

use shared::Direction;

use super::better::Better;
use super::choice::{self, Placements};
use super::slice::Slice;
use super::words::{say_moved, say_not_moved};
use super::{Devices, device, stacked};
use crate::causes::with_causes;
use crate::datapath::{HandoverError, Moved, Placement, Tap};
use crate::health::Hook;
use crate::interfaces::Interface;

impl Devices {
    /// Begins to let devices go over to a better hook where that is free, for one slice; returns
    /// whether there was anything.
    pub(super) fn go_to_better_hooks(
        &mut self,
        wanted: &[Interface],
        slice: &mut Slice<'_>,
    ) -> bool {
        if self.is_starting() {
            return false;
        }
        let mut has_tried = false;
        for interface in wanted {
            let tap = Tap { device: device(interface), direction: Direction::Receive };
            let Some(to) = self.better_place(&tap, interface) else { continue };
            if slice.has_time_for(true) {
                has_tried = true;
                self.try_better(&tap, to, interface);
            }
        }

        has_tried
    }

    /// Returns the better place for a tap that runs in the stack, where it is worth a try.
    fn better_place(&mut self, tap: &Tap, interface: &Interface) -> Option<Placement> {
        let hooks = self.hooks();
        let placements = choice::placements(interface, tap.direction, &self.config.datapath, hooks);
        let Placements { first, others } = placements.ok()?;
        let known = self.known.get_mut(tap)?;
        let runs_at = known.hook.filter(|_| known.running.is_some())?;
        let is_in_stack = runs_at.is_tc() && others.iter().any(|it| it.hook == runs_at);
        if !is_in_stack || known.standing.is_hidden() || !self.datapath.can_hand_over(tap) {
            return None;
        }
        let is_due = known.better.is_due(interface, Instant::now());
        let is_above_free = stacked::above(interface, &self.interfaces.borrow())
            .all(|above| above.xdp_program.is_none());

        (is_due && is_above_free).then_some(first)
    }

    fn try_better(&mut self, tap: &Tap, to: Placement, interface: &Interface) {
        let begun = self.datapath.hand_over(tap, to);
        let Some(known) = self.known.get_mut(tap) else { return };
        known.better.tried(interface);
        match begun {
            Ok(running) => known.running = Some(running),
            Err(error) => {
                self.cannot_move(tap, &error);
                if is_worth_another_try(&error)
                    && let Some(known) = self.known.get_mut(tap)
                {
                    known.better.try_again(Instant::now());
                }
            }
        }
    }

    /// Counts a handover that failed, and logs it where that is news.
    fn cannot_move(&mut self, tap: &Tap, error: &HandoverError) {
        let Some(reason) = error.reason() else { return };
        self.count_failure(tap, Hook::Xdp, reason);
        let text = with_causes(error);
        if self.known.get_mut(tap).is_some_and(|known| known.better.failed(&text)) {
            say_not_moved(tap, &text);
        }
    }

    /// Notes which devices went over to a better hook, and which did not.
    pub(super) fn note_moved(&mut self) {
        for Moved { tap, from, program, outcome } in self.datapath.take_moved() {
            let Some(known) = self.known.get_mut(&tap) else { continue };
            match outcome {
                Ok((to, running)) => {
                    say_moved(&tap, from, to);
                    known.hook = Some(to.hook);
                    known.running = Some(running);
                    known.better = Better::default();
                }
                Err(HandoverError::Interrupted) => {
                    known.better = Better::interrupted(program);
                }
                Err(error) => {
                    known.better.was_there(program);
                    self.cannot_move(&tap, &error);
                }
            }
        }
    }
}

/// Returns whether another attempt may succeed on a device that is the same.
fn is_worth_another_try(error: &HandoverError) -> bool {
    match error {
        HandoverError::Load(_) => true,
        HandoverError::Attach(error) => error.is_of_another_program(),
        HandoverError::Unmarked { .. }
        | HandoverError::TakenOff { .. }
        | HandoverError::NotPinned(_)
        | HandoverError::Interrupted => false,
    }
}
