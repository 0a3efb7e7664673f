//! A real Prometheus for the tests: unpacked, because the installed package starts a server.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{archive, tools_dir};
use crate::process;

pub(crate) fn prometheus() -> Option<PathBuf> {
    program("prometheus").filter(|_| promtool().is_some())
}

pub(crate) fn promtool() -> Option<PathBuf> {
    program("promtool")
}

pub(crate) fn make() -> Result<()> {
    let unpacked = unpacked()?;
    let scratch = unpacked.with_extension("new");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    for program in ["prometheus", "promtool"] {
        // Up to Debian 13 promtool comes with prometheus.
        if !scratch.join("usr/bin").join(program).exists() {
            archive::unpack(program, &scratch)?;
        }
        let unpacked = scratch.join("usr/bin").join(program);
        process::step(&format!("trying {program}"), Command::new(unpacked).arg("--version"))?;
    }

    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::rename(&scratch, &unpacked).with_context(|| format!("cannot rename {}", scratch.display()))
}

fn program(name: &str) -> Option<PathBuf> {
    let unpacked = unpacked().map(|root| root.join("usr/bin").join(name)).ok();

    unpacked.filter(|program| program.is_file()).or_else(|| process::find(name))
}

fn unpacked() -> Result<PathBuf> {
    Ok(tools_dir()?.join("prometheus"))
}
