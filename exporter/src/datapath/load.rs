//! Loading: one copy of the program and its maps for each device and direction.

mod error;
mod next;

use std::borrow::Cow;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;

use aya::maps::{Map, MapData};
use aya::programs::{Program, ProgramError, ProgramType};
use aya::sys::is_program_supported;
use aya::{Ebpf, EbpfLoader};
use shared::{GENERATIONS, PortSet, Settings, Slot, SourceSet, Ways, maps, settings};

use super::common::Common;
use super::instance::{Instance, Levels, Maps, OverflowMap};
use super::memory;
use super::pins::PinDirectory;
use super::shape::{Entries, Shape, entries};
use super::tables::Table;
use super::wire::{Mapping, has_frags, stand_in};
use super::{LinkLayer, Placement};
use crate::files;

pub use error::LoadError;
use error::{map_error, program_error};
pub(super) use error::{object_error, refusal};
pub(super) use next::{Missing, beside, successor};

/// The object that `build.rs` compiled.
static BUILT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/packet-exporter-ebpf"));
/// The object that this kernel takes.
static OBJECT: LazyLock<Cow<'static, [u8]>> =
    LazyLock::new(|| if has_frags() { Cow::Borrowed(BUILT) } else { linear(BUILT).into() });

/// Tries whether the kernel takes any XDP program of this process.
///
/// Where it does not, aya takes every feature that it tries for missing, and then blames the object.
pub(super) fn try_kernel() -> Result<(), LoadError> {
    match is_program_supported(ProgramType::Xdp) {
        Ok(true) => Ok(()),
        Ok(false) => Err(LoadError::NoFeature {
            what: "XDP programs",
            source: io::Error::from_raw_os_error(libc::EINVAL),
        }),
        Err(error) => Err(program_error(error)),
    }
}

/// Loads a program; its maps are its own, or those that are pinned in `place`, but for the one that all
/// programs have in common.
pub(super) fn load(
    shape: &Shape,
    placement: Placement,
    common: &Common,
    place: Option<&PinDirectory>,
) -> Result<Instance, LoadError> {
    let shape = &shape.on(placement.link_layer);
    let mut ebpf = load_object(shape, place)?;
    load_program(&mut ebpf, common, placement.program())?;
    let maps = reach_maps(&ebpf, shape)?;
    let instance = Instance::new(ebpf, common.clone(), maps, *shape);

    Ok(match place {
        Some(place) => instance.adopt(place.describe(shape).map_err(pinning)?),
        None => instance,
    })
}

/// Opens the maps that are pinned in `place`, without a program.
pub(super) fn open(
    shape: &Shape,
    placement: Placement,
    common: &Common,
    place: &PinDirectory,
) -> Result<Instance, LoadError> {
    let shape = &shape.on(placement.link_layer);
    let ebpf = load_object(shape, Some(place))?;
    let maps = reach_maps(&ebpf, shape)?;

    Ok(Instance::new(ebpf, common.clone(), maps, *shape)
        .adopt(place.describe(shape).map_err(pinning)?))
}

/// Wraps an error of pinning.
pub(super) fn pinning(source: io::Error) -> LoadError {
    LoadError::Io { doing: "pin the maps of the program", source }
}

/// Loads a program of an object, none of which is loaded yet. It reaches the maps that all programs share.
pub(super) fn load_program(ebpf: &mut Ebpf, common: &Common, name: &str) -> Result<(), LoadError> {
    share(common, ebpf)?;
    let loaded = match ebpf.program_mut(name) {
        Some(Program::Xdp(program)) => program.load(),
        Some(Program::SchedClassifier(program)) => program.load(),
        _ => Err(ProgramError::NotLoaded),
    };
    loaded.map_err(program_error)?;
    // The program has the maps; what aya keeps beside them are copies of what they began with, of 256 KiB.
    for name in [maps::RANKS, maps::SAMPLERS, maps::SAMPLES] {
        drop(ebpf.take_map(name));
    }

    Ok(())
}

/// Puts the maps that all programs share in the places of those that aya made for one.
fn share(Common { ranks, samples }: &Common, ebpf: &Ebpf) -> Result<(), LoadError> {
    let doing = "let a program reach the maps that all of them share";
    let io = |source| LoadError::Io { doing, source };

    stand_in(ranks.map(), map_fd(ebpf, maps::RANKS)?).map_err(io)?;
    let of_samples = samples.maps().map_err(io)?;
    for (place, name) in [maps::SAMPLERS, maps::SAMPLES].into_iter().enumerate() {
        // Without samples the program has no way to these maps, and is not to keep any.
        let map = of_samples.as_ref().map_or(ranks.map(), |maps| maps[place].as_fd());
        stand_in(map, map_fd(ebpf, name)?).map_err(io)?;
    }

    Ok(())
}

fn load_object(shape: &Shape, place: Option<&PinDirectory>) -> Result<Ebpf, LoadError> {
    let mut loader = loader(shape);
    for name in maps::ALL {
        loader.map_max_entries(name, max_entries(shape, name));
    }

    for name in maps::ALL {
        if let Some(place) = place {
            loader.map_pin_path(name, place.map(name));
        }
    }

    loader.load(&OBJECT).map_err(object_error)
}

/// Returns an object whose programs for XDP take frames in one buffer only: aya goes by the name of
/// their section.
fn linear(object: &[u8]) -> Vec<u8> {
    const FRAGS: &[u8] = b"xdp.frags\0";

    let mut object = object.to_vec();
    while let Some(name) = object.windows(FRAGS.len()).position(|bytes| bytes == FRAGS) {
        object[name + "xdp".len()] = 0;
    }

    object
}

/// Returns how many entries a map has in an object of this shape.
fn max_entries(shape: &Shape, name: &str) -> u32 {
    let Entries {
        totals,
        sketches,
        vlans,
        classes,
        sources,
        ports,
        source_overflow,
        port_overflow,
    } = shape.entries();

    match name {
        maps::TOTALS => entries(totals),
        maps::SKETCHES => entries(sketches),
        maps::VLANS => entries(vlans),
        maps::TRAFFIC_CLASSES => entries(classes),
        maps::SOURCES => entries(sources),
        maps::PORTS => entries(ports),
        _ if maps::OVERFLOW_SOURCES.contains(&name) => source_overflow,
        _ if maps::OVERFLOW_PORTS.contains(&name) => port_overflow,
        _ => 1,
    }
}

/// Returns a loader with the constants of the program.
pub(super) fn loader(shape: &Shape) -> EbpfLoader<'_> {
    let Settings {
        seeds: [high_seed, low_seed],
        vxlan_ports,
        geneve_ports,
        tunnels_first,
        tunnels_last,
        source_set_mask,
        port_set_mask,
        sources,
        ports,
        signals,
        vlans,
        traffic_classes,
        samples,
        snap_length,
        reserved: _,
    } = &shape.settings;

    let mut loader = EbpfLoader::new();
    // Nothing in the object depends on the types of the running kernel.
    loader
        .btf(None)
        .override_global(settings::SEEDS[0], high_seed, true)
        .override_global(settings::SEEDS[1], low_seed, true)
        .override_global(settings::SOURCE_SET_MASK, source_set_mask, true)
        .override_global(settings::PORT_SET_MASK, port_set_mask, true)
        .override_global(settings::SOURCES, sources, true)
        .override_global(settings::PORTS, ports, true)
        .override_global(settings::SIGNALS, signals, true)
        .override_global(settings::VLANS, vlans, true)
        .override_global(settings::TRAFFIC_CLASSES, traffic_classes, true)
        .override_global(settings::SAMPLES, samples, true)
        .override_global(settings::SNAP_LENGTH, snap_length, true)
        .override_global(settings::TUNNELS[0], tunnels_first, true)
        .override_global(settings::TUNNELS[1], tunnels_last, true)
        .override_global(settings::VXLAN_PORTS, vxlan_ports, true)
        .override_global(settings::GENEVE_PORTS, geneve_ports, true);
    if shape.link_layer == LinkLayer::None {
        loader.override_global(settings::STARTS_WITH_NETWORK, &1_u8, true);
    }
    if !has_frags() {
        // Programs of pools are none for XDP, and do without the constant.
        loader.override_global(settings::FRAGS, &0_u8, false);
    }

    loader
}

fn reach_maps(ebpf: &Ebpf, shape: &Shape) -> Result<Maps, LoadError> {
    let Entries { totals, sketches, vlans, classes, .. } = shape.entries();

    Ok(Maps {
        control: map_in(ebpf, maps::CONTROL, 1)?,
        totals: map_in(ebpf, maps::TOTALS, totals)?,
        sketches: map_in(ebpf, maps::SKETCHES, sketches)?,
        vlans: map_in(ebpf, maps::VLANS, vlans)?,
        classes: map_in(ebpf, maps::TRAFFIC_CLASSES, classes)?,
        sources: reach_sources(ebpf, shape)?,
        ports: reach_ports(ebpf, shape)?,
    })
}

pub(super) fn reach_sources(ebpf: &Ebpf, shape: &Shape) -> Result<Levels<SourceSet>, LoadError> {
    reach_levels(ebpf, (maps::SOURCES, maps::OVERFLOW_SOURCES), of_sources(shape))
}

pub(super) fn reach_ports(ebpf: &Ebpf, shape: &Shape) -> Result<Levels<PortSet>, LoadError> {
    reach_levels(ebpf, (maps::PORTS, maps::OVERFLOW_PORTS), of_ports(shape))
}

/// How the first level of a dimension is laid out.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Sets in all; a single one of what is off.
    entries: usize,
    /// Sets of one CPU and generation.
    sets: usize,
    /// CPUs that have some.
    parts: usize,
}

pub(super) fn of_sources(shape: &Shape) -> Layout {
    let parts = if shape.settings.sources == 0 { 0 } else { shape.cpus.online };

    Layout { entries: shape.entries().sources, sets: shape.sizes().source_sets, parts }
}

pub(super) fn of_ports(shape: &Shape) -> Layout {
    let parts = if shape.settings.ports == 0 { 0 } else { shape.cpus.online };

    Layout { entries: shape.entries().ports, sets: shape.sizes().port_sets, parts }
}

/// Reaches both levels of a dimension by the names of their maps.
pub(super) fn reach_levels<W: Ways>(
    ebpf: &Ebpf,
    (first, second): (&'static str, [&'static str; GENERATIONS]),
    layout: Layout,
) -> Result<Levels<W>, LoadError>
where
    <W::Slot as Slot>::Key: Ord,
{
    let Layout { entries, sets, parts } = layout;
    let [one, other] = second.map(|name| reach_overflow(ebpf, name));

    Ok(Levels {
        first: Table::new(map_in(ebpf, first, entries)?, sets, parts),
        second: [one?, other?],
    })
}

/// Maps an array into memory.
pub(super) fn map_in<T>(
    ebpf: &Ebpf,
    name: &'static str,
    entries: usize,
) -> Result<Mapping<T>, LoadError>
where
    T: zerocopy::FromBytes + zerocopy::IntoBytes + zerocopy::Immutable,
{
    let doing = "map an array of the program into memory";

    Mapping::new(map_fd(ebpf, name)?, entries).map_err(|source| LoadError::Io { doing, source })
}

fn reach_overflow(ebpf: &Ebpf, name: &'static str) -> Result<OverflowMap, LoadError> {
    let doing = "keep a map of the program open";
    let io = |source| LoadError::Io { doing, source };
    let data = map_data(ebpf, name)?;
    let fd: OwnedFd = data.fd().as_fd().try_clone_to_owned().map_err(io)?;
    let info = data.info().map_err(map_error)?;
    let capacity = info.max_entries();
    let told = memory_told(fd.as_fd()).map_err(io)?;
    let allocated = memory::hash(capacity, info.key_size() as usize, info.value_size() as usize);

    Ok(OverflowMap { memory: told.max(allocated), capacity, fd })
}

pub(super) fn map_fd<'a>(ebpf: &'a Ebpf, name: &'static str) -> Result<BorrowedFd<'a>, LoadError> {
    map_data(ebpf, name).map(|data| data.fd().as_fd())
}

fn map_data<'a>(ebpf: &'a Ebpf, name: &'static str) -> Result<&'a MapData, LoadError> {
    match ebpf.map(name) {
        Some(Map::Array(data) | Map::LruHashMap(data) | Map::RingBuf(data)) => Ok(data),
        _ => Err(LoadError::Missing { name }),
    }
}

/// Reads what the kernel says that a map takes, in bytes. From 5.11 to 6.3 these are the keys and the
/// values of a hash map alone, which are less than half of it. Source: `bpf_map_show_fdinfo` and
/// `bpf_map_memory_footprint` in kernel/bpf/syscall.c.
fn memory_told(map: BorrowedFd<'_>) -> io::Result<u64> {
    use std::os::fd::AsRawFd;

    let info = files::of_kernel(&format!("/proc/self/fdinfo/{}", map.as_raw_fd()))?;
    let bytes = info.lines().find_map(|line| line.strip_prefix("memlock:")?.trim().parse().ok());

    Ok(bytes.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_for_frames_in_one_buffer_differs_only_in_the_names_of_sections() {
        let linear = linear(BUILT);
        let named = |object: &[u8], name: &[u8]| object.windows(name.len()).any(|it| it == name);

        assert!(named(BUILT, b"xdp.frags\0"));
        assert!(!named(&linear, b"xdp.frags\0"));
        assert!(named(&linear, b"xdp\0frags\0"));
        let differing = BUILT.iter().zip(&linear).filter(|(before, after)| before != after);
        assert_eq!(BUILT.len(), linear.len());
        // Of a program and its relocations they are one, and its types have another.
        let places = BUILT.windows(10).filter(|it| it == b"xdp.frags\0").count();
        assert_eq!(differing.count(), places);
    }
}
