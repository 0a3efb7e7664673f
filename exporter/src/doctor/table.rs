//! A diagnosis as a person reads it.

use std::fmt::{self, Display, Formatter};

use super::{Check, Classes, DeviceCheck, Diagnosis, MapBytes, Memory, State, TableSizes, Tables};
use crate::config::Class;
use crate::printable::{mebibytes, printable};

impl Display for Diagnosis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { works, checks, devices, memory } = self;

        for Check { check, state, found, remedy } in checks {
            row(f, *state, check, found, remedy.as_deref())?;
        }
        if !devices.is_empty() {
            writeln!(f)?;
        }
        for device in devices {
            let DeviceCheck { device: name, state, remedy, .. } = device;
            row(f, *state, name, &found(device), remedy.as_deref())?;
        }

        let Memory { bytes, limit, devices, directions, own, shared } = memory;
        let [all, limit] = [*bytes, *limit].map(mebibytes);
        writeln!(f, "\nmemory: {all} of {limit}, devices: {devices}, directions: {directions}")?;
        for (class, tables) in [(Class::Own, own), (Class::Shared, shared)] {
            if let Some(tables) = tables {
                write_tables(f, class, tables)?;
            }
        }

        let verdict = if *works { "`run` would work here" } else { "`run` would be refused here" };
        writeln!(f, "\n{verdict}")
    }
}

/// Returns what was found of a device, behind how and by whose program it is counted.
fn found(device: &DeviceCheck) -> String {
    let DeviceCheck { state, mode, class, found, .. } = device;
    let Classes { receive, transmit } = class;
    let class = match (receive.map(Class::label), transmit.map(Class::label)) {
        _ if *state == State::Refused => None,
        (Some(receive), Some(transmit)) if receive != transmit => {
            Some(format!("{receive}, sent frames {transmit}"))
        }
        (receive, transmit) => receive.or(transmit).map(Into::into),
    };
    let how: Vec<_> = mode.map(Into::into).into_iter().chain(class).collect();

    if how.is_empty() { found.clone() } else { format!("{}: {found}", how.join(", ")) }
}

fn write_tables(f: &mut Formatter<'_>, class: Class, tables: &Tables) -> fmt::Result {
    let Tables { programs, bytes, sizes, maps } = tables;
    let (class, bytes) = (class.label(), mebibytes(*bytes));
    writeln!(f, "\n{class}: programs: {programs}, of each {bytes}")?;
    for MapBytes { map, bytes } in maps {
        writeln!(f, "  {map:<18} {:>10}", mebibytes(*bytes))?;
    }
    let TableSizes {
        source_table_kib,
        port_table_kib,
        source_overflow_entries,
        port_overflow_entries,
    } = sizes;

    writeln!(f, "  source_table_kib {source_table_kib}, port_table_kib {port_table_kib}")?;
    writeln!(f, "  source_overflow_entries {source_overflow_entries}")?;
    writeln!(f, "  port_overflow_entries {port_overflow_entries}")
}

fn row(
    f: &mut Formatter<'_>,
    state: State,
    name: &str,
    found: &str,
    remedy: Option<&str>,
) -> fmt::Result {
    let (name, found) = (printable(name), printable(found));
    writeln!(f, "{:<8} {name:<18} {found}", state.label())?;
    match remedy {
        Some(remedy) => writeln!(f, "{:>27} {}", "->", printable(remedy)),
        None => Ok(()),
    }
}

impl State {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}
