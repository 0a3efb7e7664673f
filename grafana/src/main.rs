//! Writes the dashboards and rules where they are committed.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for made in grafana::all() {
        let path = folder.join(&made.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, made.text)?;
    }

    Ok(())
}
