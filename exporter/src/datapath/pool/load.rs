//! Loading a pool.

use std::os::fd::OwnedFd;

use aya::Ebpf;
use shared::{DeviceSlot, GENERATIONS, POOL_SLOTS, pool_maps, settings};

use super::{Maps, Pool};
use crate::datapath::Placement;
use crate::datapath::load::{self, LoadError};
use crate::datapath::ranks::PortRanks;
use crate::datapath::shape::{Shape, entries};
use crate::datapath::tables::Table;

/// The object that `build.rs` compiled.
static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/packet-exporter-pool"));

/// Sets of kinds of one CPU and generation: 64 KiB.
const KIND_SETS: usize = 1024;
/// Entries of the table of devices for each slot, so that each device finds one near its place.
const ENTRIES_PER_SLOT: usize = 8;

/// Loads a pool for so many devices, or for as many as one can have.
pub(in super::super) fn load(
    shape: &Shape,
    placement: Placement,
    ranks: &PortRanks,
    slots: usize,
) -> Result<Pool, LoadError> {
    let slots = slots.next_power_of_two().min(POOL_SLOTS);
    let mut ebpf = load_object(shape, placement, slots)?;
    load::share(ranks, &ebpf)?;
    load::load_program(&mut ebpf, placement.program()).map_err(load::program_error)?;
    let maps = reach_maps(&ebpf, shape, slots)?;
    let devices = load::map_in::<DeviceSlot>(&ebpf, pool_maps::DEVICES, slots * ENTRIES_PER_SLOT)?;

    Ok(Pool::new(ebpf, maps, devices, *shape, slots))
}

fn load_object(shape: &Shape, placement: Placement, slots: usize) -> Result<Ebpf, LoadError> {
    let places = shape.cpus * GENERATIONS;
    let of_slots = slots * GENERATIONS;
    let if_on = |switch: u8| if switch == 0 { 1 } else { of_slots };
    let [kind_mask, device_mask] = [KIND_SETS, slots * ENTRIES_PER_SLOT].map(|it| entries(it) - 1);

    let mut loader = load::loader(&shape.settings, placement.link_layer);
    loader
        .override_global(settings::KIND_SET_MASK, &kind_mask, true)
        .override_global(settings::DEVICE_MASK, &device_mask, true)
        .map_max_entries(pool_maps::DEVICES, entries(slots * ENTRIES_PER_SLOT))
        .map_max_entries(pool_maps::CPUS, entries(places))
        .map_max_entries(pool_maps::KINDS, entries(places * KIND_SETS))
        .map_max_entries(pool_maps::SOURCES, entries(places * shape.source_sets()))
        .map_max_entries(pool_maps::PORTS, entries(places * shape.port_sets()))
        .map_max_entries(pool_maps::ACTIVE, entries(of_slots))
        .map_max_entries(pool_maps::COUNTS, entries(of_slots))
        .map_max_entries(pool_maps::SKETCHES, entries(if_on(shape.settings.signals)))
        .map_max_entries(pool_maps::VLANS, entries(if_on(shape.settings.vlans)));
    for generation in 0..GENERATIONS {
        loader
            .map_max_entries(pool_maps::OVERFLOW_SOURCES[generation], shape.source_overflow)
            .map_max_entries(pool_maps::OVERFLOW_PORTS[generation], shape.port_overflow);
    }

    loader.load(OBJECT).map_err(load::object_error)
}

fn reach_maps(ebpf: &Ebpf, shape: &Shape, slots: usize) -> Result<Maps, LoadError> {
    let places = shape.cpus * GENERATIONS;
    let [source_sets, port_sets] = [shape.source_sets(), shape.port_sets()];
    let overflow = |names: [&'static str; GENERATIONS]| -> Result<_, LoadError> {
        let [first, second] = names.map(|name| load::reach_overflow(ebpf, name));
        Ok([first?, second?])
    };
    let kept = |name| -> Result<OwnedFd, LoadError> {
        let doing = "keep a map of the program open";
        let map = load::map_fd(ebpf, name)?.try_clone_to_owned();
        map.map_err(|source| LoadError::Io { doing, source })
    };

    Ok(Maps {
        control: load::map_in(ebpf, pool_maps::CONTROL, 1)?,
        cpus: load::map_in(ebpf, pool_maps::CPUS, places)?,
        active: load::map_in(ebpf, pool_maps::ACTIVE, slots * GENERATIONS)?,
        kinds: Table::new(
            load::map_in(ebpf, pool_maps::KINDS, places * KIND_SETS)?,
            KIND_SETS,
            shape.cpus,
        ),
        sources: Table::new(
            load::map_in(ebpf, pool_maps::SOURCES, places * source_sets)?,
            source_sets,
            shape.cpus,
        ),
        ports: Table::new(
            load::map_in(ebpf, pool_maps::PORTS, places * port_sets)?,
            port_sets,
            shape.cpus,
        ),
        counts: kept(pool_maps::COUNTS)?,
        sketches: kept(pool_maps::SKETCHES)?,
        vlans: kept(pool_maps::VLANS)?,
        more_sources: overflow(pool_maps::OVERFLOW_SOURCES)?,
        more_ports: overflow(pool_maps::OVERFLOW_PORTS)?,
    })
}
