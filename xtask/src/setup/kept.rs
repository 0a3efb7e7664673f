//! Programs that tests meet: each one file, whose name has its version, in the folder of its suite.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools_dir;
use crate::process;

/// The program whose name begins so, if it was made.
pub(crate) fn kept(suite: &str, name: &str) -> Option<PathBuf> {
    let programs = place(suite).ok()?.read_dir().ok()?;
    let mut programs = programs.flatten();

    programs.find(|it| it.file_name().to_string_lossy().starts_with(name)).map(|it| it.path())
}

/// Makes a program in a folder that goes afterwards with everything else in it; `make` says where
/// it lies there, and its name is kept.
pub(crate) fn keep(
    suite: &str,
    name: &str,
    make: impl FnOnce(&Path) -> Result<PathBuf>,
) -> Result<()> {
    let tools = tools_dir()?;
    // Not below /tmp, which may be a small file system in memory.
    let scratch = tools.join(format!("make-{name}"));
    remove(&scratch)?;
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    let outcome = make(&scratch).and_then(|made| install(&made, &place(suite)?));
    // Why it could not be made matters more than what is left of it.
    let removed = remove(&scratch);

    outcome.and(removed)
}

/// Renames a program that was just made to its final name.
pub(crate) fn named(program: &Path, name: &str) -> Result<PathBuf> {
    let named = program.with_file_name(name);
    fs::rename(program, &named).with_context(|| format!("cannot rename {}", program.display()))?;

    Ok(named)
}

/// Moves it to its place, where it appears whole.
fn install(made: &Path, place: &Path) -> Result<()> {
    let Some(name) = made.file_name().filter(|_| made.is_file()) else {
        bail!("there is no {} where it was to be made", made.display());
    };
    process::step(&format!("trying {}", name.display()), Command::new(made).arg("--version"))?;
    fs::create_dir_all(place).with_context(|| format!("cannot create {}", place.display()))?;

    fs::rename(made, place.join(name)).with_context(|| format!("cannot rename {}", made.display()))
}

fn place(suite: &str) -> Result<PathBuf> {
    Ok(tools_dir()?.join(suite))
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}
