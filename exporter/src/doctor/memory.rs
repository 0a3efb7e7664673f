//! What maps will take in the kernel, and which devices have no room.

use serde::Serialize;

use super::{Check, DeviceCheck, DeviceFacts, Facts, State};
use crate::config::Class;
use crate::printable::mebibytes;

/// What the maps will take, and what they may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapFacts {
    /// Of taps with tables of their own.
    pub own: Tables,
    /// Of the programs that devices share.
    pub shared: Tables,
    /// Devices that have room in each set of shared tables.
    pub room: usize,
    /// `datapath.memory`, in bytes.
    pub limit: u64,
}

/// Sizes of the tables of one program, as the configuration has them.
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
    /// `None` where no device has tables of its own.
    pub own: Option<Tables>,
    /// `None` where no devices share tables.
    pub shared: Option<Tables>,
}

/// What the maps of the programs of one class will take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tables {
    pub programs: u64,
    /// Of one program, with what the kernel needs beside its maps.
    pub bytes: u64,
    /// Of one program.
    pub sizes: TableSizes,
    /// Of one program.
    pub maps: Vec<MapBytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MapBytes {
    pub map: &'static str,
    pub bytes: u64,
}

/// Returns what the devices will take that a program can be attached to.
pub(super) fn of(facts: &Facts) -> Memory {
    let MapFacts { own, shared, room: _, limit } = &facts.maps;
    let is_counted = |it: &&DeviceFacts| it.classes.receive.or(it.classes.transmit).is_some();

    Memory {
        bytes: own.all() + shared.all(),
        limit: *limit,
        devices: facts.wanted.iter().filter(is_counted).count() as u64,
        directions: if facts.transmit.is_some() { 2 } else { 1 },
        own: own.if_any(),
        shared: shared.if_any(),
    }
}

impl Tables {
    fn all(&self) -> u64 {
        self.bytes * self.programs
    }

    fn if_any(&self) -> Option<Self> {
        (self.programs > 0).then(|| self.clone())
    }
}

/// Refuses the devices that have no room behind those before them.
pub(super) fn refuse(devices: &mut [DeviceCheck], maps: &MapFacts) {
    let MapFacts { own, shared, room, limit } = maps;
    let mut left = limit.saturating_sub(shared.all());
    let mut free = *room;

    for device in devices.iter_mut().filter(|device| device.state != State::Refused) {
        let classes = [device.class.receive, device.class.transmit];
        let of = |class| classes.iter().filter(|it| **it == Some(class)).count();
        let bytes = own.bytes * of(Class::Own) as u64;
        let is_shared = of(Class::Shared) > 0;
        let found = if bytes > left {
            format!(
                "its maps take {}, and the devices before it leave less of `datapath.memory`",
                mebibytes(bytes)
            )
        } else if is_shared && free == 0 {
            format!(
                "the tables that devices share have room for {room}, and those before it fill them"
            )
        } else {
            left -= bytes;
            free -= usize::from(is_shared);
            continue;
        };
        let remedy = Some(REMEDY.into());
        *device =
            DeviceCheck { state: State::Refused, mode: None, found, remedy, ..device.clone() };
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
