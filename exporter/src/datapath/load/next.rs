//! Loading a program that counts in the maps of another one.

use shared::maps;

use super::{LoadError, OBJECT, load_program, loader, map_fd, map_in, object_error, program_error};
use crate::datapath::Placement;
use crate::datapath::instance::{Instance, Successor};
use crate::datapath::shape::{Shape, entries};
use crate::datapath::wire::stand_in;

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
    let needs_vlans = instance.maps.vlans.entries() < shape.vlan_entries();
    let is_new = |name: &str| name == maps::CONTROL || needs_vlans && name == maps::VLANS;
    let mut loader = loader(&shape.settings, placement.link_layer);
    for name in maps::ALL {
        loader.map_max_entries(name, 1);
    }
    if needs_vlans {
        loader.map_max_entries(maps::VLANS, entries(shape.vlan_entries()));
    }
    let mut ebpf = loader.load(&OBJECT).map_err(object_error)?;
    let doing = "let a program count in the maps of another one";
    let those_that_stay = maps::ALL.into_iter().filter(|name| !is_new(name));
    for name in those_that_stay.chain([maps::RANKS]) {
        stand_in(map_fd(&instance.ebpf, name)?, map_fd(&ebpf, name)?)
            .map_err(|source| LoadError::Io { doing, source })?;
    }
    load_program(&mut ebpf, placement.program()).map_err(program_error)?;

    let control = map_in(&ebpf, maps::CONTROL, 1)?;
    let vlans =
        needs_vlans.then(|| map_in(&ebpf, maps::VLANS, shape.vlan_entries())).transpose()?;
    Ok(Successor { ebpf, shape: *shape, control, vlans })
}
