//! Dashboards and rules for what the exporter counts, made from its catalogue.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rules::Settings;

pub mod dashboards;
pub mod rules;

/// A file as it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// From the folder `grafana`.
    pub path: PathBuf,
    pub text: String,
}

/// Returns every file, in order.
pub fn all(settings: &Settings) -> Vec<Made> {
    [dashboards::all(settings), rules::all(settings)].concat()
}

/// Writes files below a folder, and the folders that they are in.
///
/// # Errors
///
/// Those of the file system, with the file that was not written; those before it are.
pub fn write(folder: &Path, files: &[Made]) -> io::Result<()> {
    for Made { path, text } in files {
        let path = folder.join(path);
        write_one(&path, text).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            io::Error::new(error.kind(), message)
        })?;
    }

    Ok(())
}

fn write_one(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }

    fs::write(path, text)
}
