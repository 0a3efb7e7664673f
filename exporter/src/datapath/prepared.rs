//! Programs that are loaded and not attached yet.

use super::instance::Instance;
use super::load::{self, LoadError};
use super::pins::{Layout, PinDirectory};
use super::wire::Link;
use super::{Options, Tap};

/// A program that is loaded and not attached yet.
pub struct Prepared {
    pub(super) instance: Instance,
    /// Nothing was counted in its maps.
    pub(super) is_new: bool,
    /// Where its maps are pinned, if they are.
    pub(super) place: Option<PinDirectory>,
    /// The link of a process before this one, on which another program counts until it is updated.
    pub(super) link: Option<Link>,
    /// The maps of that other program, where this one could not go on with them.
    pub(super) inherited: Option<Instance>,
}

impl Prepared {
    pub(super) fn new(instance: Instance) -> Self {
        Self { instance, is_new: true, place: None, link: None, inherited: None }
    }

    /// Loads a program for `tap` on the maps that are pinned there, if they fit; otherwise on new
    /// ones, and keeps those to be read a last time.
    pub(super) fn pinned(
        tap: &Tap,
        place: PinDirectory,
        options: &Options,
    ) -> Result<Self, LoadError> {
        let mut shape = load::shape(options)?;
        let link = place.link(tap);
        // Without a link to a device that is there, the counts are of one that is gone.
        let before = place.layout().filter(|_| link.is_some());
        let mut inherited = None;
        let fits = before.as_ref().is_some_and(|layout| layout.fits(&shape));
        match before {
            Some(layout) if fits => shape = layout.shape(shape),
            layout => {
                let is_readable = |it: &Layout| it.is_readable(&shape);
                if let Some(layout) = layout.filter(is_readable) {
                    inherited = Some(load::open(&layout.shape(shape), &place)?);
                } else if link.is_some() {
                    tracing::warn!(
                        device = &*tap.device.name,
                        direction = tap.direction.label(),
                        "The pinned maps have another version or another number of CPUs; their \
                         last counts are lost"
                    );
                }
                place.empty().map_err(load::pinning)?;
            }
        }
        let instance = load::load(&shape, tap.direction, Some(&place))?;
        // An updated link stays in the mode in which it was made.
        if let Some(mode) = before.and_then(|before| before.mode()) {
            instance.note_mode(mode);
        }

        Ok(Self { instance, is_new: !fits, place: Some(place), link, inherited })
    }
}
