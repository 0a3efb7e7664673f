//! Programs that are loaded and not attached yet.

use super::common::Common;
use super::instance::Instance;
use super::load::{self, LoadError};
use super::pins::{Layout, PinDirectory};
use super::shape::Shape;
use super::wire::Link;
use super::{Placement, Tap};
use crate::causes::with_causes;
use crate::health::{Hook, Mode};

/// A program that is loaded and not attached yet.
pub struct Prepared {
    pub(super) instance: Instance,
    pub(super) placement: Placement,
    /// Nothing was counted in its maps.
    pub(super) is_new: bool,
    /// Where its maps are pinned, if they are.
    pub(super) place: Option<PinDirectory>,
    /// The link of a process before this one, on which another program counts until it is updated.
    pub(super) link: Option<LeftLink>,
    /// The maps of that other program, where this one could not go on with them.
    pub(super) inherited: Option<Instance>,
}

/// The link that a process before this one left pinned.
pub(super) struct LeftLink {
    pub(super) link: Link,
    pub(super) placement: Placement,
}

impl Prepared {
    pub(super) fn new(instance: Instance, placement: Placement) -> Self {
        Self { instance, placement, is_new: true, place: None, link: None, inherited: None }
    }

    /// Loads a program for `tap` on the maps that are pinned there, if they fit; otherwise on new
    /// ones, and keeps those to be read a last time.
    pub(super) fn pinned(
        tap: &Tap,
        placement: Placement,
        place: PinDirectory,
        (shape, common): (&Shape, &Common),
    ) -> Result<Self, LoadError> {
        let link = place.link(tap);
        // Without a link to a device that is there, the counts are of one that is gone.
        let before = place.layout().filter(|_| link.is_some());
        let left = link.map(|(link, linked)| LeftLink {
            link,
            placement: if linked.is_xdp {
                // An updated link stays in the mode in which it was made.
                let mode = before.as_ref().and_then(Layout::mode);
                Placement::xdp(mode.unwrap_or(Mode::Generic))
            } else {
                Placement { hook: Hook::of_tcx(tap.direction), mode: None, ..placement }
            },
        });
        let readable = before.filter(|layout| layout.is_readable(shape));
        if readable.is_none() && left.is_some() {
            tracing::warn!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                "The pinned maps have another version or another number of CPUs; their last counts \
                 are lost"
            );
        }

        let with = (shape, common);
        let on_maps = readable.map(|layout| Self::on_maps(tap, placement, &place, with, &layout));
        let prepared = match on_maps.transpose()?.flatten() {
            Some(prepared) => prepared,
            None => Self::in_place(placement, &place, with)?,
        };
        if let Some(left) = &left {
            prepared.instance.note_placement(left.placement);
        }

        Ok(Self { place: Some(place), link: left, ..prepared })
    }

    /// Loads a program on maps that this build can read, or on new ones beside them; `None` where they
    /// cannot be used.
    fn on_maps(
        tap: &Tap,
        placement: Placement,
        place: &PinDirectory,
        (shape, common): (&Shape, &Common),
        layout: &Layout,
    ) -> Result<Option<Self>, LoadError> {
        let of_maps = layout.shape(*shape);
        let used = if layout.fits(shape) {
            load::load(&of_maps, placement, common, Some(place))
                .map(|instance| Self { is_new: false, ..Self::new(instance, placement) })
        } else {
            load::open(&of_maps, placement, common, place).and_then(|inherited| {
                let prepared = Self::in_place(placement, place, (shape, common))?;
                Ok(Self { inherited: Some(inherited), ..prepared })
            })
        };
        let Err(error) = used else { return used.map(Some) };
        // Where no program can be loaded at all, the fault is not that of the maps, which wait for
        // another attempt.
        if load::load(shape, placement, common, None).is_err() {
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
        placement: Placement,
        place: &PinDirectory,
        (shape, common): (&Shape, &Common),
    ) -> Result<Self, LoadError> {
        place.empty().map_err(load::pinning)?;

        load::load(shape, placement, common, Some(place))
            .map(|instance| Self::new(instance, placement))
    }
}
