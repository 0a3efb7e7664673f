//! A real Prometheus and Alertmanager: unpacked, because the installed packages start servers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{archive, tools_dir};
use crate::process;

/// Programs that are unpacked together.
struct Unpacked {
    folder: &'static str,
    /// Names, each with the package that has it if none before it does.
    programs: &'static [(&'static str, &'static str)],
    /// A script beside them, with its text.
    script: Option<(&'static str, &'static str)>,
}

const PROMETHEUS: Unpacked = Unpacked {
    folder: "prometheus",
    // Up to Debian 13 promtool comes with prometheus.
    programs: &[("prometheus", "prometheus"), ("promtool", "promtool")],
    script: None,
};

const ALERTMANAGER: Unpacked = Unpacked {
    folder: "alertmanager",
    programs: &[(OF_DEBIAN, OF_DEBIAN), ("amtool", OF_DEBIAN)],
    script: Some(("alertmanager", ALERTMANAGER_UNPACKED)),
};

/// What Debian calls Alertmanager.
const OF_DEBIAN: &str = "prometheus-alertmanager";

/// Debian's reads its templates below /usr/share only, so it is shown the unpacked ones there. Needs
/// root.
const ALERTMANAGER_UNPACKED: &str = r#"#!/bin/sh
usr=$(dirname "$(dirname "$(readlink -f "$0")")")
script='mount --bind "$0/share" /usr/share && exec "$0/bin/prometheus-alertmanager" "$@"'
exec unshare --mount sh -c "$script" "$usr" "$@"
"#;

pub(crate) fn prometheus() -> Option<PathBuf> {
    PROMETHEUS.program("prometheus").filter(|_| promtool().is_some())
}

pub(crate) fn promtool() -> Option<PathBuf> {
    PROMETHEUS.program("promtool")
}

pub(crate) fn alertmanager() -> Option<PathBuf> {
    let program = ALERTMANAGER.program("alertmanager").or_else(|| process::find(OF_DEBIAN));

    program.filter(|_| amtool().is_some())
}

pub(crate) fn amtool() -> Option<PathBuf> {
    ALERTMANAGER.program("amtool")
}

pub(crate) fn make() -> Result<()> {
    PROMETHEUS.make()
}

pub(crate) fn make_alertmanager() -> Result<()> {
    ALERTMANAGER.make()
}

impl Unpacked {
    fn make(&self) -> Result<()> {
        let unpacked = self.place()?;
        let scratch = unpacked.with_extension("new");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot create {}", scratch.display()))?;

        for (program, package) in self.programs {
            let unpacked = scratch.join("usr/bin").join(program);
            if !unpacked.exists() {
                archive::unpack(package, &scratch)?;
            }
            process::step(&format!("trying {program}"), Command::new(unpacked).arg("--version"))?;
        }

        if let Some((name, text)) = self.script {
            let script = scratch.join("usr/bin").join(name);
            fs::write(&script, text)?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        }

        if unpacked.exists() {
            fs::remove_dir_all(&unpacked)?;
        }
        fs::rename(&scratch, &unpacked)
            .with_context(|| format!("cannot rename {}", scratch.display()))
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        let unpacked = self.place().map(|root| root.join("usr/bin").join(name)).ok();

        unpacked.filter(|program| program.is_file()).or_else(|| process::find(name))
    }

    fn place(&self) -> Result<PathBuf> {
        Ok(tools_dir()?.join(self.folder))
    }
}
