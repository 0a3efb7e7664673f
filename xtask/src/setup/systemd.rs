//! A small Debian with systemd, which a test boots in a container.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{archive, tools_dir};
use crate::process;

/// What the container has beside the essential packages.
const PACKAGES: &str = "--include=systemd,systemd-sysv";
/// Programs that make the container and run it.
const PROGRAMS: [&str; 2] = ["mmdebstrap", "systemd-nspawn"];

/// Returns the folder of the system, if it was made and can be booted.
pub(crate) fn system() -> Option<PathBuf> {
    process::find("systemd-nspawn")?;

    folder().ok().filter(|folder| folder.join("usr/lib/systemd/systemd").is_file())
}

pub(crate) fn make() -> Result<()> {
    if !process::is_root() {
        bail!("only root can make it");
    }
    if let Some(missing) = PROGRAMS.iter().find(|name| process::find(name).is_none()) {
        bail!("there is no `{missing}` in PATH");
    }
    let folder = folder()?;
    let scratch = folder.with_extension("new");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)
            .with_context(|| format!("cannot remove {}", scratch.display()))?;
    }
    let above = folder.parent().context("it is below the folder of tools")?;
    fs::create_dir_all(above).with_context(|| format!("cannot create {}", above.display()))?;

    process::step(
        "making a small Debian with systemd (about a minute)",
        Command::new("mmdebstrap")
            .args(["--variant=minbase", PACKAGES, &release()?])
            .arg(&scratch)
            .arg(archive::mirror_of_debian()?),
    )?;

    // It appears whole.
    fs::rename(&scratch, &folder).with_context(|| format!("cannot rename {}", scratch.display()))
}

fn folder() -> Result<PathBuf> {
    Ok(tools_dir()?.join("systemd").join(release()?))
}

/// Returns the name of this machine's release: the service that is built here runs on its libraries.
fn release() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));

    Ok(name.context("this is no release of Debian")?.trim_matches('"').to_owned())
}
