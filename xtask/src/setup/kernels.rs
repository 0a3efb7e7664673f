//! Kernels of Debian's releases, which a test boots in a virtual machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{archive, tools_dir};
use crate::process;

/// The release whose kernel, Linux 6.1, the default run boots.
const QUICK: &str = "bookworm";
/// Releases with other kernels: Linux 5.10, 6.12 and the newest.
const OTHERS: [&str; 3] = ["bullseye", "trixie", "unstable"];
/// Stands for the newest kernel of a release, of the flavour with the fewest drivers.
const NEWEST: &str = "linux-image-cloud-amd64";
/// What has a kernel and its modules, of any version: one package, or newer ones in several.
const KERNEL: [&str; 3] = ["linux-image-", "linux-binary-", "linux-modules-"];
/// All that the machine has beside a kernel. The installed package would take the place of the
/// busybox that is linked with libraries.
const BUSYBOX: &str = "busybox-static";
/// Sets keys and peers of WireGuard.
const WIREGUARD: &str = "wireguard-tools";

pub(crate) const ELSEWHERE: &str =
    "qemu-system-x86_64 in PATH; the kernels are taken from Debian's archive only";

/// Returns the folder with one kernel and all else that a machine is made of, if it can run.
pub(crate) fn kernels() -> Option<PathBuf> {
    process::find("qemu-system-x86_64")?;
    let folder = folder().ok()?;

    [QUICK, BUSYBOX, WIREGUARD].iter().all(|part| folder.join(part).is_dir()).then_some(folder)
}

/// Returns that folder, if it has the other kernels too.
pub(crate) fn all() -> Option<PathBuf> {
    kernels().filter(|folder| OTHERS.iter().all(|release| folder.join(release).is_dir()))
}

pub(crate) fn make_quick() -> Result<()> {
    make(&[QUICK])
}

pub(crate) fn make_all() -> Result<()> {
    make(&[&[QUICK], &OTHERS[..]].concat())
}

fn make(releases: &[&str]) -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!("the service that is built here runs on no kernel for x86_64");
    }
    let folder = folder()?;

    for release in releases {
        unpacked(&folder.join(release), |into| {
            archive::unpack_what_it_names(NEWEST, &KERNEL, release, into)
        })?;
    }
    for package in [BUSYBOX, WIREGUARD] {
        unpacked(&folder.join(package), |into| archive::unpack(package, into))?;
    }

    Ok(())
}

/// Fills a folder that appears whole, if it is not there.
fn unpacked(folder: &Path, fill: impl FnOnce(&Path) -> Result<String>) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let scratch = folder.with_extension("new");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    fill(&scratch)?;

    fs::rename(&scratch, folder).with_context(|| format!("cannot rename {}", scratch.display()))
}

fn folder() -> Result<PathBuf> {
    Ok(tools_dir()?.join("kernels"))
}
