//! Receivers of OTLP that others wrote, for machines without Go too.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::golang::OTLP;
use super::{archive, kept, python};
use crate::process;

/// In whichever version Debian's next release has it; that of Debian 12 takes no OTLP.
const VICTORIA_METRICS: &str = "victoria-metrics";

const ROTEL: &str = "rotel-0.0.1a15";
const ROTEL_PACKAGE: &str = "rotel==0.0.1a15";

pub(crate) fn victoria_metrics() -> Option<PathBuf> {
    let kept = kept::kept(OTLP, VICTORIA_METRICS);

    kept.or_else(|| process::find(VICTORIA_METRICS).filter(|program| takes_otlp(program)))
}

pub(crate) fn rotel() -> Option<PathBuf> {
    kept::kept(OTLP, ROTEL)
}

pub(crate) fn make_victoria_metrics() -> Result<()> {
    kept::keep(OTLP, VICTORIA_METRICS, |scratch| {
        let version = archive::unpack_of_next_release(VICTORIA_METRICS, scratch)?;
        let program = scratch.join("usr/bin").join(VICTORIA_METRICS);

        kept::named(&program, &format!("{VICTORIA_METRICS}-{version}"))
    })
}

/// Whether it can give what it takes the names that Prometheus would.
fn takes_otlp(victoria_metrics: &Path) -> bool {
    let help = process::output(Command::new(victoria_metrics).arg("--help"));

    help.is_some_and(|help| help.contains("-opentelemetry.usePrometheusNaming"))
}

/// The package for Python holds a program that does without Python.
pub(crate) fn make_rotel() -> Result<()> {
    let machine = match std::env::consts::ARCH {
        it @ ("x86_64" | "aarch64") => it,
        other => bail!("its package has programs for x86_64 and aarch64, not for {other}"),
    };
    let python = python().context("the Python packages, which bring pip, are missing")?;
    kept::keep(OTLP, ROTEL, |scratch| {
        // For any Python: what it asks for is in the name of the file alone.
        process::step(
            "downloading rotel",
            Command::new(&python)
                .args(["-m", "pip", "download", "--disable-pip-version-check", "--no-input"])
                .args(["--no-deps", "--only-binary=:all:", "--python-version=3.11"])
                .arg(format!("--platform=manylinux_2_34_{machine}"))
                .arg(ROTEL_PACKAGE)
                .current_dir(scratch),
        )?;
        let mut files = scratch.read_dir()?.flatten().map(|entry| entry.path());
        let wheel = files.find(|path| path.extension().is_some_and(|it| it == "whl"));
        let wheel = wheel.context("pip downloaded nothing")?;
        process::step(
            "unpacking it",
            Command::new(&python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(scratch),
        )?;

        let program = scratch.join("rotel/rotel-agent");
        // A wheel does not say which of its files are programs.
        process::step("making it a program", Command::new("chmod").arg("755").arg(&program))?;

        kept::named(&program, ROTEL)
    })
}
