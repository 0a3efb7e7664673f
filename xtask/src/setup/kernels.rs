//! Kernels of Debian's releases, which a test boots in a virtual machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{archive, tools_dir};
use crate::process;

/// The release with Linux 6.1, the oldest that is promised.
const OLDEST: &str = "bookworm";
/// Releases with newer kernels: Linux 6.12.
const NEWER: [&str; 1] = ["trixie"];
/// Stands for the newest kernel of a release, of the flavour with the fewest drivers.
const NEWEST: &str = "linux-image-cloud-amd64";
/// All that the machine has beside a kernel. The installed package would take the place of the
/// busybox that is linked with libraries.
const BUSYBOX: &str = "busybox-static";

pub(crate) const ELSEWHERE: &str =
    "qemu-system-x86_64 in PATH; the kernels are taken from Debian's archive only";

/// Returns the folder with the oldest kernel and all else that a machine is made of, if it can run.
pub(crate) fn kernels() -> Option<PathBuf> {
    process::find("qemu-system-x86_64")?;
    let folder = folder().ok()?;

    [OLDEST, BUSYBOX].iter().all(|part| folder.join(part).is_dir()).then_some(folder)
}

/// Returns that folder, if it has the newer kernels too.
pub(crate) fn all() -> Option<PathBuf> {
    kernels().filter(|folder| NEWER.iter().all(|release| folder.join(release).is_dir()))
}

pub(crate) fn make_oldest() -> Result<()> {
    make(&[OLDEST])
}

pub(crate) fn make_all() -> Result<()> {
    make(&[&[OLDEST], &NEWER[..]].concat())
}

fn make(releases: &[&str]) -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!("the service that is built here runs on no kernel for x86_64");
    }
    let folder = folder()?;

    for release in releases {
        unpacked(&folder.join(release), |into| {
            archive::unpack_what_it_names(NEWEST, release, into)
        })?;
    }
    unpacked(&folder.join(BUSYBOX), |into| archive::unpack(BUSYBOX, into))
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
