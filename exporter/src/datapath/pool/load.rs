//! Loading a pool.

use std::os::fd::OwnedFd;

use aya::Ebpf;
use shared::{DeviceSlot, GENERATIONS, POOL_SLOTS, pool_maps, settings};

use super::{Maps, Pool, slots};
use crate::datapath::Placement;
use crate::datapath::common::Common;
use crate::datapath::cpus::Cpus;
use crate::datapath::load::{self, LoadError};
use crate::datapath::memory;
use crate::datapath::shape::{Entries, Shape, entries};
use crate::datapath::tables::Table;

/// The object that `build.rs` compiled.
static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/packet-exporter-pool"));

/// Entries of the table of devices for each slot, so that each device finds one near its place.
const ENTRIES_PER_SLOT: usize = 8;

/// Loads a pool for so many devices, or for as many as one can have.
pub(in super::super) fn load(
    shape: &Shape,
    kind_sets: usize,
    placement: Placement,
    common: &Common,
    slots: usize,
) -> Result<Pool, LoadError> {
    let slots = slots.next_power_of_two().min(POOL_SLOTS);
    let shape = &shape.on(placement.link_layer);
    let mut ebpf = load_object(shape, kind_sets, slots)?;
    load::load_program(&mut ebpf, common, placement.program())?;
    let maps = reach_maps(&ebpf, shape, kind_sets, slots)?;
    let devices = load::map_in::<DeviceSlot>(&ebpf, pool_maps::DEVICES, slots * ENTRIES_PER_SLOT)?;

    Ok(Pool::new(ebpf, maps, devices, *shape, slots))
}

/// Returns whether each of these devices can have a slot in a pool with so many.
pub(in super::super) fn fits(slots: usize, ifindices: impl Iterator<Item = u32>) -> bool {
    slots::fits(slots * ENTRIES_PER_SLOT, ifindices)
}

fn load_object(shape: &Shape, kind_sets: usize, slots: usize) -> Result<Ebpf, LoadError> {
    // Of what is off there is a single entry.
    let Entries { sources, ports, source_overflow, port_overflow, .. } = shape.entries();
    let places = shape.cpus.online * GENERATIONS;
    let of_slots = slots * GENERATIONS;
    let of_slots_if = |switch: u8| memory::if_on(switch != 0, of_slots);
    let [kind_mask, device_mask] = [kind_sets, slots * ENTRIES_PER_SLOT].map(|it| entries(it) - 1);

    let mut loader = load::loader(shape);
    loader
        .override_global(settings::KIND_SET_MASK, &kind_mask, true)
        .override_global(settings::DEVICE_MASK, &device_mask, true)
        .map_max_entries(pool_maps::DEVICES, entries(slots * ENTRIES_PER_SLOT))
        .map_max_entries(pool_maps::CPUS, entries(shape.cpus.possible * GENERATIONS))
        .map_max_entries(pool_maps::KINDS, entries(places * kind_sets))
        .map_max_entries(pool_maps::SOURCES, entries(sources))
        .map_max_entries(pool_maps::PORTS, entries(ports))
        .map_max_entries(pool_maps::ACTIVE, entries(of_slots))
        .map_max_entries(pool_maps::COUNTS, entries(of_slots))
        .map_max_entries(pool_maps::SKETCHES, entries(of_slots_if(shape.settings.signals)))
        .map_max_entries(pool_maps::VLANS, entries(of_slots_if(shape.settings.vlans)))
        .map_max_entries(
            pool_maps::TRAFFIC_CLASSES,
            entries(of_slots_if(shape.settings.traffic_classes)),
        );
    for generation in 0..GENERATIONS {
        loader
            .map_max_entries(pool_maps::OVERFLOW_SOURCES[generation], source_overflow)
            .map_max_entries(pool_maps::OVERFLOW_PORTS[generation], port_overflow);
    }

    loader.load(OBJECT).map_err(load::object_error)
}

fn reach_maps(
    ebpf: &Ebpf,
    shape: &Shape,
    kind_sets: usize,
    slots: usize,
) -> Result<Maps, LoadError> {
    let Cpus { possible, online } = shape.cpus;
    let places = online * GENERATIONS;
    let kept = |name| -> Result<OwnedFd, LoadError> {
        let doing = "keep a map of the program open";
        let map = load::map_fd(ebpf, name)?.try_clone_to_owned();
        map.map_err(|source| LoadError::Io { doing, source })
    };

    Ok(Maps {
        control: load::map_in(ebpf, pool_maps::CONTROL, 1)?,
        cpus: load::map_in(ebpf, pool_maps::CPUS, possible * GENERATIONS)?,
        active: load::map_in(ebpf, pool_maps::ACTIVE, slots * GENERATIONS)?,
        kinds: Table::new(
            load::map_in(ebpf, pool_maps::KINDS, places * kind_sets)?,
            kind_sets,
            online,
        ),
        sources: load::reach_levels(
            ebpf,
            (pool_maps::SOURCES, pool_maps::OVERFLOW_SOURCES),
            load::of_sources(shape),
        )?,
        ports: load::reach_levels(
            ebpf,
            (pool_maps::PORTS, pool_maps::OVERFLOW_PORTS),
            load::of_ports(shape),
        )?,
        counts: kept(pool_maps::COUNTS)?,
        sketches: kept(pool_maps::SKETCHES)?,
        vlans: kept(pool_maps::VLANS)?,
        classes: kept(pool_maps::TRAFFIC_CLASSES)?,
    })
}
