//! Loading a program that counts in the maps of another one.

use aya::{Ebpf, EbpfLoader};
use shared::{Settings, maps, settings};

use super::{
    LoadError, OBJECT, load_program, loader, map_fd, map_in, max_entries, object_error,
    reach_ports, reach_sources,
};
use crate::datapath::Placement;
use crate::datapath::instance::{Instance, Maps, Successor};
use crate::datapath::shape::Shape;
use crate::datapath::wire::stand_in;

/// Maps that a program needs and those of the one before it lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each map, none depends on another")]
pub(in super::super) struct Missing {
    pub(in super::super) sketches: bool,
    pub(in super::super) vlans: bool,
    pub(in super::super) classes: bool,
    pub(in super::super) sources: bool,
    pub(in super::super) ports: bool,
}

/// Loads a program of this shape for the maps of `instance`, whose sizes the shape must have.
///
/// The loader makes maps of its own, as small as can be. Those that are there already take their
/// descriptors over before the kernel is shown the program, which names maps by the numbers of
/// descriptors.
pub(in super::super) fn successor(
    instance: &Instance,
    shape: &Shape,
    placement: Placement,
) -> Result<Successor, LoadError> {
    let missing = Missing::of(&instance.maps, shape);
    let is_new = |name: &str| name == maps::CONTROL || missing.has(name);
    let ebpf = on_maps_of(instance, loader(shape), (shape, is_new), placement.program())?;

    let control = map_in(&ebpf, maps::CONTROL, 1)?;
    let Missing { sketches, vlans, classes, sources, ports } = missing;
    let entries = shape.entries();
    let sketches = sketches.then(|| map_in(&ebpf, maps::SKETCHES, entries.sketches)).transpose()?;
    let vlans = vlans.then(|| map_in(&ebpf, maps::VLANS, entries.vlans)).transpose()?;
    let classes =
        classes.then(|| map_in(&ebpf, maps::TRAFFIC_CLASSES, entries.classes)).transpose()?;
    let sources = sources.then(|| reach_sources(&ebpf, shape)).transpose()?;
    let ports = ports.then(|| reach_ports(&ebpf, shape)).transpose()?;
    Ok(Successor { ebpf, shape: *shape, control, sketches, vlans, classes, sources, ports })
}

/// Loads a program that counts in the maps of `instance` together with the one that does: both go by
/// the same control word. `mark` is that of frames which are not counted yet.
pub(in super::super) fn beside(
    instance: &Instance,
    mark: u32,
    name: &'static str,
) -> Result<Ebpf, LoadError> {
    let shape = &instance.shape;
    let mut loader = loader(shape);
    loader.override_global(settings::HANDOVER_MARK, &mark, true);

    on_maps_of(instance, loader, (shape, |_: &str| false), name)
}

/// Loads a program for the maps of `instance`, but for those that are new.
fn on_maps_of(
    instance: &Instance,
    mut loader: EbpfLoader<'_>,
    (shape, is_new): (&Shape, impl Fn(&str) -> bool),
    program: &'static str,
) -> Result<Ebpf, LoadError> {
    for name in maps::ALL {
        loader.map_max_entries(name, if is_new(name) { max_entries(shape, name) } else { 1 });
    }
    let mut ebpf = loader.load(&OBJECT).map_err(object_error)?;
    let doing = "let a program count in the maps of another one";
    let those_that_stay = maps::ALL.into_iter().filter(|name| !is_new(name));
    for name in those_that_stay {
        stand_in(map_fd(&instance.ebpf, name)?, map_fd(&ebpf, name)?)
            .map_err(|source| LoadError::Io { doing, source })?;
    }
    load_program(&mut ebpf, &instance.common, program)?;

    Ok(ebpf)
}

impl Missing {
    /// Returns which of the maps that a program of this shape needs have a single entry, because what
    /// they are for was off.
    pub(in super::super) fn of(maps: &Maps, shape: &Shape) -> Self {
        let Settings { sources, ports, .. } = shape.settings;

        Self {
            sketches: maps.sketches.entries() < shape.entries().sketches,
            vlans: maps.vlans.entries() < shape.entries().vlans,
            classes: maps.classes.entries() < shape.entries().classes,
            sources: sources != 0 && !maps.sources.is_there(),
            ports: ports != 0 && !maps.ports.is_there(),
        }
    }

    /// Returns whether there is any.
    pub(in super::super) fn is_any(self) -> bool {
        let Self { sketches, vlans, classes, sources, ports } = self;

        sketches || vlans || classes || sources || ports
    }

    fn has(self, name: &str) -> bool {
        let Self { sketches, vlans, classes, sources, ports } = self;

        match name {
            maps::SKETCHES => sketches,
            maps::VLANS => vlans,
            maps::TRAFFIC_CLASSES => classes,
            maps::SOURCES => sources,
            maps::PORTS => ports,
            _ if maps::OVERFLOW_SOURCES.contains(&name) => sources,
            _ if maps::OVERFLOW_PORTS.contains(&name) => ports,
            _ => false,
        }
    }
}
