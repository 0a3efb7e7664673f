//! Programs that are loaded and not attached yet.

use super::instance::Instance;
use super::load::{self, LoadError};
use super::pins::{Layout, PinDirectory};
use super::ranks::PortRanks;
use super::shape::Shape;
use super::wire::Link;
use super::{Options, Tap};
use crate::causes::with_causes;

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
        ranks: &PortRanks,
    ) -> Result<Self, LoadError> {
        let shape = load::shape(options)?;
        let link = place.link(tap);
        // Without a link to a device that is there, the counts are of one that is gone.
        let before = place.layout().filter(|_| link.is_some());
        // An updated link stays in the mode in which it was made.
        let mode = before.as_ref().and_then(Layout::mode);
        let readable = before.filter(|layout| layout.is_readable(&shape));
        if readable.is_none() && link.is_some() {
            tracing::warn!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                "The pinned maps have another version or another number of CPUs; their last counts \
                 are lost"
            );
        }

        let on_maps = readable.map(|layout| Self::on_maps(tap, &place, (&shape, ranks), &layout));
        let prepared = match on_maps.transpose()?.flatten() {
            Some(prepared) => prepared,
            None => Self::in_place(tap, &place, (&shape, ranks))?,
        };
        if let Some(mode) = mode {
            prepared.instance.note_mode(mode);
        }

        Ok(Self { place: Some(place), link, ..prepared })
    }

    /// Loads a program on maps that this build can read, or on new ones beside them; `None` where they
    /// cannot be used.
    fn on_maps(
        tap: &Tap,
        place: &PinDirectory,
        (shape, ranks): (&Shape, &PortRanks),
        layout: &Layout,
    ) -> Result<Option<Self>, LoadError> {
        let of_maps = layout.shape(*shape);
        let used = if layout.fits(shape) {
            load::load(&of_maps, tap.direction, ranks, Some(place))
                .map(|instance| Self { is_new: false, ..Self::new(instance) })
        } else {
            load::open(&of_maps, place).and_then(|inherited| {
                let prepared = Self::in_place(tap, place, (shape, ranks))?;
                Ok(Self { inherited: Some(inherited), ..prepared })
            })
        };
        let Err(error) = used else { return used.map(Some) };
        // Where no program can be loaded at all, the fault is not that of the maps, which wait for
        // another attempt.
        if load::load(shape, tap.direction, ranks, None).is_err() {
            return Err(error);
        }
        tracing::warn!(
            device = &*tap.device.name,
            direction = tap.direction.label(),
            error = with_causes(&error),
            "The pinned maps cannot be used; their last counts are lost"
        );

        Ok(None)
    }

    /// Loads a program on new maps, which are pinned in the place of those that are there.
    fn in_place(
        tap: &Tap,
        place: &PinDirectory,
        (shape, ranks): (&Shape, &PortRanks),
    ) -> Result<Self, LoadError> {
        place.empty().map_err(load::pinning)?;

        load::load(shape, tap.direction, ranks, Some(place)).map(Self::new)
    }
}
