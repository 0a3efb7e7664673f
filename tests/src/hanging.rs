//! A file on a mount that does not answer: a named pipe without a writer is one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file whose readers hang until it is released.
pub struct Hanging {
    path: PathBuf,
    pipe: PathBuf,
}

impl Hanging {
    /// Hangs in the place of whatever is there.
    pub fn in_place_of(path: &str) -> Self {
        let hanging = Self { path: path.into(), pipe: format!("{path}.pipe").into() };
        let made = Command::new("mkfifo").arg(&hanging.pipe).status();
        assert!(made.is_ok_and(|status| status.success()), "no {}", hanging.pipe.display());
        let link = Path::new(path).with_extension("link");
        fs::hard_link(&hanging.pipe, &link).expect("another name for the pipe");
        fs::rename(&link, path).expect("the pipe in the place of the file");

        hanging
    }

    /// Puts a file there again, and lets go of the reader of the pipe.
    pub fn end(self, text: &str) {
        let new = self.path.with_extension("new");
        fs::write(&new, text).expect("a new file");
        fs::rename(&new, &self.path).expect("the file in the place of the pipe");
        fs::write(&self.pipe, "").expect("somebody reads the pipe");
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.pipe);
    }
}
