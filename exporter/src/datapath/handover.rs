//! A device goes over from a hook in the stack to XDP, and each frame is counted once.
//!
//! For a while both hooks have a program, on the same maps. That of XDP leaves a mark before each
//! frame, as metadata, which says whether it has counted it; the one behind counts the others. At
//! first XDP counts nothing, and only the marks are looked for: not every driver keeps them. Once an
//! interval has shown that all arrive, XDP counts; once another has shown that no other frame comes,
//! the program in the stack is removed.

mod phase;

use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::time::Instant;

use aya::Ebpf;

use super::attach::{self, AttachError, Held};
use super::claim::Claim;
use super::instance::{Marking, Successor};
use super::load::{self, LoadError};
use super::placement::{MARKING, UNMARKED};
use super::{Attached, Datapath, Placement, Presence, Tap};
use crate::health::{AttachFailure, Hook, Running};
use phase::{Phase, Step};

/// A device that went over to another hook, or did not.
pub struct Moved {
    pub tap: Tap,
    pub from: Hook,
    /// The kernel's number of the program at the other hook.
    pub program: u32,
    /// Where it is counted now; after an error all is as before.
    pub outcome: Result<(Placement, Running), HandoverError>,
}

/// Why a device does not go over to another hook.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    #[error(transparent)]
    Load(#[from] LoadError),

    #[error(transparent)]
    Attach(#[from] AttachError),

    #[error(
        "frames reach the stack of `{device}` without the mark that XDP puts before them: its driver \
         drops the metadata of frames, or something redirects frames there"
    )]
    Unmarked { device: String },

    #[error("the XDP program was removed from `{device}` by another process")]
    TakenOff { device: String },

    #[error("the link cannot be pinned; see `datapath.pin_path`")]
    NotPinned(#[source] std::io::Error),

    #[error("the program is replaced for another configuration first")]
    Interrupted,
}

impl HandoverError {
    /// Returns the reason under which the failure is counted; `None` of what is no failure.
    pub fn reason(&self) -> Option<AttachFailure> {
        match self {
            Self::Load(error) => Some(error.reason()),
            Self::Attach(error) => Some(error.reason()),
            Self::Unmarked { .. } => Some(AttachFailure::Unsupported),
            Self::TakenOff { .. } | Self::NotPinned(_) => Some(AttachFailure::Other),
            Self::Interrupted => None,
        }
    }
}

/// A program that is to take over from the one in the stack.
pub(super) struct Handover {
    ebpf: Ebpf,
    /// `None` once it was given up: frames with a mark are still on their way.
    held: Option<Held>,
    /// The kernel's number of the program.
    program: u32,
    to: Placement,
    running: Running,
    phase: Phase,
    /// The usual program of that hook, loaded while this one counts.
    next: Option<Successor>,
}

impl Datapath {
    /// Returns whether a device could go over from its hook in the stack: it has a program of its own,
    /// and is not about to get another one.
    pub fn can_hand_over(&self, tap: &Tap) -> bool {
        let is_idle = |attached: &Attached| {
            let Attached { next, handover, is_for_handover, placement, place, .. } = attached;
            let is_pinned_as_wanted = place.is_some() || self.pins.is_none();

            next.is_none()
                && handover.is_none()
                && !is_for_handover
                && placement.hook.is_tc()
                && is_pinned_as_wanted
        };

        self.attached.get(tap).is_some_and(is_idle)
    }

    /// Begins to let a device go over from its hook in the stack to XDP; the next drains go on with it.
    /// Returns what runs in the stack meanwhile.
    ///
    /// # Errors
    ///
    /// The program that is there goes on alone.
    pub fn hand_over(&mut self, tap: &Tap, to: Placement) -> Result<Running, HandoverError> {
        let attached = self.attached.get_mut(tap).ok_or_else(|| AttachError::gone(tap))?;
        let (handover, running) = attached.begin(tap, to)?;
        attached.handover = Some(handover);

        Ok(running)
    }

    /// Returns the taps for which the usual program is to be loaded: a handover is over, or will soon
    /// be.
    pub fn after_handovers(&self) -> Vec<Tap> {
        let needs_one = |(_, it): &(&Tap, &Attached)| match &it.handover {
            Some(handover) => handover.phase.is_counting() && handover.next.is_none(),
            None => it.is_for_handover,
        };

        self.attached.iter().filter(needs_one).map(|(tap, _)| tap.clone()).collect()
    }

    /// Returns which devices went over to another hook, or did not, since the call before.
    pub fn take_moved(&mut self) -> Vec<Moved> {
        mem::take(&mut self.moved)
    }

    /// Goes on with each handover by what the drain before has shown.
    pub(super) fn go_on_with_handovers(&mut self) {
        for (tap, attached) in &mut self.attached {
            self.moved.extend(attached.go_on(tap));
        }
    }

    /// Loads what comes at the end of the handover of a tap, if there is one that goes on and nothing
    /// else is wanted; returns whether that is so.
    pub(super) fn prepares_usual(&mut self, tap: &Tap) -> Result<bool, LoadError> {
        let Self { attached, options, .. } = self;
        let Some(attached) = attached.get_mut(tap) else { return Ok(false) };
        let shape = attached.instance.shape;
        let is_current = shape.changed(options).settings == shape.settings;

        Ok(is_current && attached.prepare_usual()?)
    }

    /// Gives up the handover of a tap, if there is one, for another program; returns whether that one
    /// has to wait.
    pub(super) fn interrupts(&mut self, tap: &Tap) -> bool {
        let Some(attached) = self.attached.get_mut(tap) else { return false };
        self.moved.extend(attached.give_up(tap, HandoverError::Interrupted));

        attached.handover.is_some()
    }
}

impl Attached {
    /// Puts a program that marks at the other hook, and one that looks for marks here.
    ///
    /// # Errors
    ///
    /// All is as before, but that a program which marks would not count: the one that is removed may
    /// still run, and the one in the stack does not go by its marks.
    fn begin(&mut self, tap: &Tap, to: Placement) -> Result<(Handover, Running), HandoverError> {
        let Self { instance, held, placement, .. } = self;
        let mark = drawn();
        let mut marking = load::beside(instance, mark, MARKING)?;
        let mut unmarked = load::beside(instance, mark, UNMARKED)?;
        let [program, number] = [attach::number(&marking)?, attach::number(&unmarked)?];
        let meanwhile = attach::about(&unmarked, *placement)?;
        // Before the first frame comes to it.
        instance.tell(Marking::Probes);
        let (over, running) = attach::attach(&mut marking, tap, to)?;

        let claim = placement.hook.is_tc().then(|| Claim::note(number, &tap.device)).flatten();
        attach::replace(held, &instance.ebpf, &mut unmarked, tap)?;
        drop(instance.go_on_with(unmarked));
        self.program = number;
        self.claim = claim;
        self.is_for_handover = true;
        // What was read before tells nothing.
        let _before = instance.take_passage();

        let phase = Phase::probing(Instant::now());
        let held = Some(over);
        let handover = Handover { ebpf: marking, held, program, to, running, phase, next: None };
        Ok((handover, meanwhile))
    }

    /// Loads the usual program where a handover is about to need it; returns whether one does.
    pub(super) fn prepare_usual(&mut self) -> Result<bool, LoadError> {
        let Self { instance, handover, .. } = self;
        let Some(handover) = handover.as_mut().filter(|it| it.phase.is_counting()) else {
            return Ok(false);
        };
        if handover.next.is_none() {
            handover.next = Some(load::successor(instance, &instance.shape, handover.to)?);
        }

        Ok(true)
    }

    fn go_on(&mut self, tap: &Tap) -> Option<Moved> {
        let Self { instance, handover, .. } = self;
        let Handover { held, program, phase, .. } = handover.as_mut()?;
        // Without a new reading there is nothing to go by.
        let passage = instance.take_passage()?;
        let is_there = |held: &Held| held.presence(*program) == Presence::OnDevice;
        if held.as_ref().is_some_and(|held| !is_there(held)) {
            let device = tap.device.name.to_string();
            return self.give_up(tap, HandoverError::TakenOff { device });
        }

        match phase.after(passage, Instant::now()) {
            Step::Wait => None,
            Step::Count => {
                instance.tell(Marking::Counts);
                None
            }
            Step::Finish => self.finish(tap),
            Step::GiveUp => {
                let device = tap.device.name.to_string();
                self.give_up(tap, HandoverError::Unmarked { device })
            }
            Step::End => {
                *handover = None;
                None
            }
        }
    }

    /// Removes the program at the other hook, which may still run: what it is to do stays as it is. The
    /// one here goes on to look for marks until no frame with one is on its way.
    fn give_up(&mut self, tap: &Tap, error: HandoverError) -> Option<Moved> {
        let Self { handover, placement, .. } = self;
        let Handover { held, program, phase, next, .. } = handover.as_mut()?;
        held.take()?.take_off();
        *phase = Phase::leaving(Instant::now());
        *next = None;

        let (from, program) = (placement.hook, *program);
        Some(Moved { tap: tap.clone(), from, program, outcome: Err(error) })
    }

    /// Removes the program in the stack, once the usual one of the other hook is loaded. The one that
    /// marks counts until the next cut puts that in its place.
    fn finish(&mut self, tap: &Tap) -> Option<Moved> {
        let next = self.handover.as_mut()?.next.take()?;
        if let Err(error) = self.pin_other() {
            return self.give_up(tap, error);
        }

        let Handover { ebpf, held, program, to, running, .. } = self.handover.take()?;
        let from = self.placement.hook;
        // Here the one in the stack goes: every frame from now on is counted by XDP.
        mem::replace(&mut self.held, held?).take_off();
        self.instance.tell(Marking::CountsAlone);
        self.claim = None;
        drop(self.instance.go_on_with(ebpf));
        self.program = program;
        self.placement = to;
        let shape = self.instance.shape;
        // The budget may be another one since it was loaded.
        self.next = Some(Successor { shape, ..next });

        Some(Moved { tap: tap.clone(), from, program, outcome: Ok((to, running)) })
    }

    /// Pins the program at the other hook in place of the one in the stack, where that is pinned.
    fn pin_other(&self) -> Result<(), HandoverError> {
        let Self { instance, handover, place, .. } = self;
        let Some(Handover { held: Some(Held::Link(link)), to, .. }) = handover else {
            return Ok(());
        };
        if let Some(place) = place {
            place.replace(link).map_err(HandoverError::NotPinned)?;
            instance.note_placement(*to);
        }

        Ok(())
    }
}

/// Draws the mark of frames that are not counted yet: an even number, and not 0.
fn drawn() -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
    let drawn = RandomState::new().hash_one(()) as u32;

    (drawn & !1).max(2)
}
