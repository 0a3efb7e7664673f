//! A diagnosis as a person reads it.

use std::fmt::{self, Display, Formatter};

use super::{Check, DeviceCheck, Diagnosis, MapBytes, Memory, State, TableSizes};
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
        for DeviceCheck { device, state, mode, found, remedy, .. } in devices {
            let found = match mode {
                Some(mode) => format!("{mode}: {found}"),
                None => found.clone(),
            };
            row(f, *state, device, &found, remedy.as_deref())?;
        }

        let Memory { bytes, limit, devices, directions, sizes, maps } = memory;
        let [all, limit] = [*bytes, *limit].map(mebibytes);
        writeln!(
            f,
            "\nmemory: {all} of {limit}, devices: {devices}, directions: {directions}; of each"
        )?;
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
        writeln!(f, "  port_overflow_entries {port_overflow_entries}")?;

        let verdict = if *works { "`run` would work here" } else { "`run` would be refused here" };
        writeln!(f, "\n{verdict}")
    }
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
