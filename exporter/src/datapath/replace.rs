//! Other constants for programs that count: each gets a successor on the same maps, which comes in
//! its place with a drain, between two frames.

use std::mem;
use std::time::Instant;

use shared::maps;

use super::attach::{self, AttachError};
use super::budget::Plan;
use super::claim::Claim;
use super::instance::Successor;
use super::load::{self, LoadError};
use super::{Attached, Datapath, Means, Options, Tap};
use crate::causes::with_causes;
use crate::health::Running;

/// A program that was to be replaced.
pub struct Replaced {
    pub tap: Tap,
    /// It has other constants.
    pub is_configured: bool,
    /// What runs now; after an error that is the program before.
    pub outcome: Result<Running, AttachError>,
}

impl Datapath {
    /// Takes from `options` what may change while programs run: their constants, from when they are
    /// replaced on, the budget, from the next drain on, and the rules about ports, from the next packet
    /// on. The rest stays as it was at the start.
    pub fn change(&mut self, options: &Options) {
        let Options { transmit, memory, sizes, seeds, online, .. } = self.options;
        let pins = self.options.pins.take();
        self.options = Options { transmit, memory, sizes, pins, seeds, online, ..options.clone() };
        self.plan = Plan::of(&self.options, self.cpus, &self.taps, self.options.memory);
        self.common.ranks.follow(&self.options.port_rules);
        if let Err(error) = self.common.samples.follow(self.options.samples) {
            let error = with_causes(&error);
            tracing::error!(error, "Packets are not sampled; set samples.enabled again");
            self.options.samples = None;
        }

        let budget = self.options.budget;
        self.shared.change(&self.options);
        for Attached { instance, next, .. } in self.attached.values_mut() {
            instance.shape.budget = budget;
            let wanted = instance.shape.changed(&self.options);
            // One for constants that are out of date again.
            next.take_if(|next| next.shape.settings != wanted.settings);
            if let Some(next) = next {
                next.shape.budget = budget;
            }
        }
    }

    /// Returns the taps whose program has other constants than it is to have.
    pub fn outdated(&self) -> Vec<Tap> {
        let is_outdated = |(_, Attached { instance, .. }): &(&Tap, &Attached)| {
            instance.shape.changed(&self.options).settings != instance.shape.settings
        };

        let own = self.attached.iter().filter(is_outdated).map(|(tap, _)| tap.clone());
        own.chain(self.shared.outdated(&self.options)).collect()
    }

    /// Loads the program that comes in the place of the one on `tap` with the next drain, or at the end
    /// of its handover.
    ///
    /// # Errors
    ///
    /// The program that is there goes on.
    pub fn prepare_next(&mut self, tap: &Tap) -> Result<(), LoadError> {
        let Some(Attached { next, .. }) = self.attached.get(tap) else {
            let Some(placement) = self.shared.placement(tap) else { return Ok(()) };
            let room = self.for_pool(placement);
            let Self { shared, options, common, barrier, .. } = self;
            return shared.prepare_next(tap, Means { options, room, common, barrier });
        };
        if next.is_some() || self.prepares_usual(tap)? || self.interrupts(tap) {
            return Ok(());
        }
        let Some(Attached { instance, placement, .. }) = self.attached.get(tap) else {
            return Ok(());
        };
        let shape = self.shape_of_next(instance)?;
        let next = load::successor(instance, &shape, *placement)?;
        if let Some(attached) = self.attached.get_mut(tap) {
            attached.next = Some(next);
        }

        Ok(())
    }

    /// Puts a smaller set of tables in the place of one that devices shared which are gone; at most one
    /// in each call, because loading takes time. Returns whether there was one.
    pub fn fit_pools(&mut self, now: Instant) -> bool {
        let Self { shared, taps, .. } = self;
        let Some(placement) = shared.sparse(now, |placement| taps.slots_at(placement)) else {
            return false;
        };
        let room = self.for_pool(placement);
        let Self { shared, options, common, barrier, .. } = self;

        shared.shrink(placement, Means { options, room, common, barrier });

        true
    }

    /// Returns what became of programs that were to be replaced, since the call before.
    pub fn take_replaced(&mut self) -> Vec<Replaced> {
        mem::take(&mut self.replaced)
    }
}

impl Attached {
    /// Cuts by putting the next program in the place of this one; `None` where there is none, or where
    /// a cut waits to be read.
    pub(super) fn cut_to_next(&mut self, tap: &Tap) -> Option<Replaced> {
        if !self.instance.can_cut() {
            return None;
        }
        let next = self.next.take()?;
        let is_configured = next.shape.settings != self.instance.shape.settings;
        let outcome = self.replace(tap, next);

        Some(Replaced { tap: tap.clone(), is_configured, outcome })
    }

    fn replace(&mut self, tap: &Tap, next: Successor) -> Result<Running, AttachError> {
        let Self { instance, held, placement, .. } = self;
        let placement = *placement;
        let program = attach::number(&next.ebpf)?;
        // Other exporters must know its owner before they can see it.
        let claim = Claim::at(placement.hook, program, &tap.device);
        instance.cut_to(next, |before, after| attach::replace(held, before, after, tap))?;
        self.program = program;
        self.is_for_handover = false;
        // The claim on the one before goes now.
        drop(mem::replace(&mut self.claim, claim));
        self.keep_pins(tap);

        attach::about(&self.instance.ebpf, placement)
    }

    /// Pins what is another map now, or was not pinned when it became another. A process that is killed
    /// before leaves the control word of the program before, which says in which generation that one
    /// counted; the next process reads both. What describes the maps is written last: the next process
    /// must find none smaller than it says.
    fn keep_pins(&self, tap: &Tap) {
        let Some(place) = &self.place else { return };
        for name in maps::ALL {
            let kept = load::map_fd(&self.instance.ebpf, name)
                .map_err(|error| error.to_string())
                .and_then(|map| place.replace_map(name, map).map_err(|error| error.to_string()));
            if let Err(error) = kept {
                tracing::warn!(
                    device = &*tap.device.name,
                    map = name,
                    error,
                    "Cannot pin a new map of the program; the next exporter will read the old one"
                );
                return;
            }
        }
        self.instance.note_settings();
    }
}
