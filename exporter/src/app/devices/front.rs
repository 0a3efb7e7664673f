//! Keeps programs in front of those that would hide frames from them.

use std::time::Instant;

use super::Devices;
use super::failure::Known;
use crate::causes::with_causes;
use crate::datapath::{InFront, Tap};
use crate::health::AttachFailure;

impl Devices {
    /// Moves programs in front of others that came in front, and logs where that is not possible.
    pub(super) fn stay_in_front(&mut self) {
        let now = Instant::now();
        let is_running = |(_, known): &(&Tap, &Known)| known.running.is_some();
        let taps: Vec<Tap> =
            self.known.iter().filter(is_running).map(|(tap, _)| tap.clone()).collect();
        for tap in taps {
            let hidden_by = self.hiding(&tap, now);
            let Some(known) = self.known.get_mut(&tap) else { continue };
            let Some(hook) = known.hook else { continue };
            if !known.standing.note(hidden_by.clone()) {
                continue;
            }
            match hidden_by {
                Some(reason) => {
                    self.count_failure(&tap, hook, AttachFailure::Hidden);
                    say_hidden(&tap, &reason);
                }
                None => say_seen(&tap),
            }
        }
    }

    /// Returns why frames may be hidden from the program of a tap, once nothing can be done now.
    fn hiding(&mut self, tap: &Tap, now: Instant) -> Option<String> {
        let in_front = self.in_front(tap)?;
        let known = self.known.get_mut(tap)?;
        if !known.standing.may_move(now) {
            // The program may differ each time; only the first is worth a log line.
            let again = || format!("{in_front}, and a program is put in front again and again");
            return Some(known.standing.hidden_by().unwrap_or_else(again));
        }
        let moved = self.datapath.go_in_front(tap, &in_front);
        known.standing.tried(&moved, now);
        match moved {
            Ok(()) => {
                say_moved(tap, &in_front);
                self.in_front(tap).map(|it| it.to_string())
            }
            Err(error) => Some(with_causes(&error)),
        }
    }

    fn in_front(&mut self, tap: &Tap) -> Option<InFront> {
        let mut in_front = self.datapath.in_front(tap)?;
        let owner = in_front.owner_mut();
        if let (Some(id), None) = (owner.id, &owner.name) {
            owner.name = self.names.of(id).map(ToOwned::to_owned);
        }

        Some(in_front)
    }
}

fn say_moved(Tap { device, direction }: &Tap, in_front: &InFront) {
    tracing::warn!(
        device = &*device.name,
        ifindex = device.index,
        direction = direction.label(),
        %in_front,
        "Another program was in front of ours and may have hidden frames; moved in front of it"
    );
}

fn say_hidden(Tap { device, direction }: &Tap, reason: &str) {
    tracing::warn!(
        device = &*device.name,
        ifindex = device.index,
        direction = direction.label(),
        reason,
        "Another program may hide frames from ours; the frames that ours still sees are counted"
    );
}

fn say_seen(Tap { device, direction }: &Tap) {
    tracing::info!(
        device = &*device.name,
        ifindex = device.index,
        direction = direction.label(),
        "No program is in front of ours any more; all frames are counted"
    );
}
