//! What maps will take in the kernel, and which devices have no room.

use serde::Serialize;

use super::{Check, DeviceCheck, Facts, State};
use crate::printable::mebibytes;

/// What the maps of one direction of one device will take, and what all may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapFacts {
    /// Bytes of each map.
    pub maps: Vec<(&'static str, u64)>,
    /// Bytes of all of them, with what the kernel needs beside.
    pub bytes: u64,
    pub sizes: TableSizes,
    /// `datapath.memory`, in bytes.
    pub limit: u64,
}

/// Sizes of the tables of one direction of one device, as the configuration has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TableSizes {
    pub source_table_kib: u64,
    pub port_table_kib: u64,
    pub source_overflow_entries: u64,
    pub port_overflow_entries: u64,
}

/// Memory in the kernel that the configuration will take, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Of all devices, also of those that have no room.
    pub bytes: u64,
    pub limit: u64,
    pub devices: u64,
    pub directions: u64,
    /// Of one direction of one device.
    pub sizes: TableSizes,
    /// Of one direction of one device.
    pub maps: Vec<MapBytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MapBytes {
    pub map: &'static str,
    pub bytes: u64,
}

/// Returns what the devices will take that a program can be attached to.
pub(super) fn of(facts: &Facts) -> Memory {
    let MapFacts { maps, bytes, sizes, limit } = &facts.maps;
    let devices = facts.wanted.iter().filter(|device| device.has_ethernet).count() as u64;
    let directions = if facts.transmit.is_some() { 2 } else { 1 };
    let maps = maps.iter().map(|(map, bytes)| MapBytes { map, bytes: *bytes }).collect();

    Memory {
        bytes: bytes * devices * directions,
        limit: *limit,
        devices,
        directions,
        sizes: *sizes,
        maps,
    }
}

/// Refuses the devices that have no room behind those before them.
pub(super) fn refuse(devices: &mut [DeviceCheck], memory: &Memory) {
    let Memory { bytes, limit, devices: of, .. } = memory;
    let of_device = bytes / (*of).max(1);
    let usable = devices.iter_mut().filter(|device| device.state != State::Refused);
    let room = limit.checked_div(of_device).unwrap_or(u64::MAX);

    for device in usable.skip(usize::try_from(room).unwrap_or(usize::MAX)) {
        *device = DeviceCheck {
            state: State::Refused,
            mode: None,
            found: format!(
                "its maps take {}, and the devices before it leave less of `datapath.memory`",
                mebibytes(of_device)
            ),
            remedy: Some(REMEDY.into()),
            ..device.clone()
        };
    }
}

const REMEDY: &str = "raise `datapath.memory`, lower the sizes that are set by hand in \
                      `[datapath]`, or exclude devices with `devices.exclude`";

/// Compares what the maps take with what they may take, and with what is free.
pub(super) fn check(memory: &Memory, available: Option<u64>) -> Check {
    let Memory { bytes, limit, .. } = *memory;
    let found = format!("{} in the kernel", mebibytes(bytes));
    let (state, found, remedy) = match available {
        _ if bytes > limit => {
            let found = format!("{found}, more than the {} of `datapath.memory`", mebibytes(limit));
            (State::Warning, found, Some(REMEDY))
        }
        None => (State::Unknown, found, None),
        Some(available) if available < bytes => (
            State::Warning,
            format!("{found} of {} free", mebibytes(available)),
            Some("lower `datapath.memory`, or exclude devices"),
        ),
        Some(available) => (State::Ok, format!("{found} of {} free", mebibytes(available)), None),
    };

    Check { check: "memory", state, found, remedy: remedy.map(Into::into) }
}
