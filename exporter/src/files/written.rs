//! Writing a file that is whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes beside `path` first, and then renames that file.
pub(super) fn new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let Some(name) = path.file_name() else {
        return Err(ErrorKind::IsADirectory.into());
    };
    let beside = beside(path, &name.to_string_lossy());

    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let moved = fill(file, bytes).and_then(|()| rename(&beside, path));
    if moved.is_err() {
        // The error before shows more.
        let _gone = fs::remove_file(&beside);
    }

    moved
}

/// Writes beside `path` first, and then puts that file in its place.
pub(super) fn replaced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(ErrorKind::IsADirectory.into());
    };
    let beside = beside(path, &name.to_string_lossy());

    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let moved = fill(file, bytes).and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        // The error before shows more.
        let _gone = fs::remove_file(&beside);
    }

    moved
}

/// A name that no other process takes; one that was killed here may have left one behind.
fn beside(path: &Path, name: &str) -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();

    path.with_file_name(format!(".{name}.{}-{}.part", process::id(), now.as_nanos()))
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;

    file.sync_all()
}

/// A second name and then the end of the first: rename(2) would replace what is there by now. Some
/// file systems have no second names.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn names(folder: &TempDir) -> Vec<String> {
        let names = fs::read_dir(folder.path()).unwrap();

        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_written_whole_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");

        new(&path, b"text").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"text");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "before").unwrap();

        replaced(&path, b"text").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"text");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::create_dir(folder.path().join("b")).unwrap();
        assert!(replaced(&folder.path().join("b"), b"text").is_err());
        assert!(replaced(&folder.path().join("c/d"), b"text").is_err());
        let mut names = names(&folder);
        names.sort();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn what_is_there_stays() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");
        std::os::unix::fs::symlink("nowhere", &path).unwrap();

        let error = new(&path, b"text").unwrap_err();

        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(rename(&path, &path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn a_full_disk_leaves_nothing_behind() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();

        assert_eq!(fill(full, b"text").unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(new(Path::new("/proc/a"), b"text").unwrap_err().kind(), ErrorKind::NotFound);
        assert!(new(Path::new("/"), b"text").is_err());
    }
}
