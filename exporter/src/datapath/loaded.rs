//! All programs and maps in the kernel, ours and others.

use std::fmt::{self, Display};

use aya::maps::{MapError, MapInfo, loaded_maps};
use aya::programs::{ProgramError, ProgramInfo, loaded_programs};

use shared::Direction;

use super::wire::in_turn;
use crate::causes::with_causes;

/// A program in the kernel.
#[derive(Debug)]
pub struct LoadedProgram(ProgramInfo);

/// A map in the kernel.
#[derive(Debug)]
pub struct LoadedMap(MapInfo);

/// Lists the programs in the kernel; it takes CAP_SYS_ADMIN.
pub fn loaded() -> Result<Vec<LoadedProgram>, ProgramError> {
    those_that_stay(loaded_programs().map(|it| it.map(LoadedProgram)))
}

/// Lists the maps in the kernel; it takes CAP_SYS_ADMIN.
pub fn maps() -> Result<Vec<LoadedMap>, MapError> {
    those_that_stay(loaded_maps().map(|it| it.map(LoadedMap)))
}

/// Returns the numbers of the TCX programs that see what a device receives or sends, in their order.
pub fn tcx_programs(ifindex: u32, direction: Direction) -> Result<Vec<u32>, String> {
    in_turn(ifindex, direction).map_err(|error| with_causes(&error))
}

/// Leaves out what is gone before it is asked about. Without rights the first one is an error.
fn those_that_stay<T, E>(all: impl Iterator<Item = Result<T, E>>) -> Result<Vec<T>, E> {
    let mut kept = Vec::new();
    let mut refused = None;
    for it in all {
        match it {
            Ok(it) => kept.push(it),
            Err(error) => refused = refused.or(Some(error)),
        }
    }

    match refused {
        Some(error) if kept.is_empty() => Err(error),
        _ => Ok(kept),
    }
}

impl Display for LoadedProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(info) = self;
        let name = String::from_utf8_lossy(info.name());
        let memory = info.memory_locked().ok();

        write!(f, "id {} name {name} type {:?}", info.id(), info.program_type())?;
        write!(f, " tag {:016x} jited_bytes {}", info.tag(), info.size_jitted())?;
        known(f, "memory_bytes", memory)?;
        known(f, "uid", info.created_by_uid())?;
        known(f, "btf", info.btf_id())?;
        let maps = info.map_ids().ok().flatten();
        known(f, "maps", maps.map(|ids| format!("{ids:?}")))?;
        // Zero unless kernel.bpf_stats_enabled is set.
        write!(f, " runs {} run_time {:?}", info.run_count(), info.run_time())
    }
}

impl Display for LoadedMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(info) = self;
        let name = String::from_utf8_lossy(info.name());

        write!(f, "id {} name {name}", info.id())?;
        known(f, "type", info.map_type().ok().map(|it| format!("{it:?}")))?;
        write!(f, " key_bytes {} value_bytes {}", info.key_size(), info.value_size())?;
        write!(f, " max_entries {} flags {:#x}", info.max_entries(), info.map_flags())
    }
}

fn known(f: &mut fmt::Formatter<'_>, name: &str, value: Option<impl Display>) -> fmt::Result {
    match value {
        Some(value) => write!(f, " {name} {value}"),
        None => Ok(()),
    }
}
