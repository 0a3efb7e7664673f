//! Reading files: bounded in size, in time and in threads.
//!
//! A file may be on a mount that does not answer, and nothing can end the system call that waits
//! for it. Each read therefore has a thread of its own, which is left behind where it hangs.
#![expect(clippy::disallowed_methods, reason = "this is the module that reads files")]

mod written;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Why a read has no result although the kernel reported no error.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("not read within {0:?}; its file system may hang")]
    Slow(Duration),

    #[error("still waiting for an earlier read of `{}`; its file system may hang", .0.display())]
    Waiting(PathBuf),

    #[error("too many other reads are still running ({0}); their file systems may hang")]
    TooMany(usize),

    #[error("it is larger than {0} bytes")]
    TooLarge(u64),

    #[error("others than its owner may write it (mode {0:04o}); `chmod go-w` keeps them out")]
    Unguarded(u32),

    #[error("it is not text in UTF-8")]
    NotText,

    #[error("reading it panicked")]
    Panicked,
}

/// Bounds of all reads of one process, and those that are under way.
#[derive(Debug)]
struct Readers {
    bounds: Bounds,
    files: Mutex<Files>,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Most bytes of a file.
    bytes: u64,
    /// Most reads at once.
    reads: usize,
}

#[derive(Debug)]
struct Files {
    /// Files that were ever read: few, because the configuration names them.
    known: BTreeMap<PathBuf, Arc<OneFile>>,
    reads: usize,
}

/// One file, which one thread reads at a time.
#[derive(Debug, Default)]
struct OneFile {
    /// When the read began that is under way.
    since: Mutex<Option<Instant>>,
    free: Condvar,
}

/// The right to read one file, until it is dropped.
struct Turn {
    readers: &'static Readers,
    file: Arc<OneFile>,
}

/// How long to wait for a file that is required.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Threads are the process', and so is their bound.
static READERS: Readers = Readers::new(Bounds {
    // Bundles of certificates have some hundred KiB.
    bytes: 4 << 20,
    reads: 32,
});

/// Reads a file. Blocks for at most 5 seconds.
///
/// # Errors
///
/// Of kind `TimedOut` where the file may come later, because its file system hangs.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_for(path, PATIENCE)
}

/// Reads a file as [`read`] does. Blocks for at most `patience`.
pub fn read_for(path: &Path, patience: Duration) -> io::Result<Vec<u8>> {
    READERS.read(path, patience)
}

/// Reads a file of text, as [`read`] does.
pub fn text(path: &Path) -> io::Result<String> {
    text_for(path, PATIENCE)
}

/// Reads a file of text, as [`read_for`] does.
pub fn text_for(path: &Path, patience: Duration) -> io::Result<String> {
    let text = String::from_utf8(read_for(path, patience)?);

    text.map_err(|_| error(ErrorKind::InvalidData, ReadError::NotText))
}

/// Reads a file of text that decides who may do what, as [`read_for`] does.
///
/// # Errors
///
/// Of kind `PermissionDenied` also where others than its owner may write it.
pub fn guarded_text(path: &Path, patience: Duration) -> io::Result<String> {
    let file = path.to_owned();
    READERS.within(path, patience, move || unguarded(&file))??;

    text_for(path, patience)
}

/// Runs something that reads `path`, or files below it, within the same bounds.
pub fn within<T: Send + 'static>(
    path: &Path,
    read: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    READERS.within(path, PATIENCE, read)
}

/// Reads a file of /proc or /sys, which the kernel makes from its memory.
pub fn of_kernel(path: &(impl AsRef<Path> + ?Sized)) -> io::Result<String> {
    fs::read_to_string(path)
}

/// Lists what is in a folder of /proc or /sys, sorted.
pub fn names_in_kernel(path: &Path) -> io::Result<Vec<String>> {
    let name = |entry: io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    let mut names = fs::read_dir(path)?.map(name).collect::<io::Result<Vec<_>>>()?;
    names.sort();

    Ok(names)
}

/// Opens a file of the kernel's that stands for something else, as those in /run/netns stand for
/// network namespaces.
pub fn open_in_kernel(path: &Path) -> io::Result<OwnedFd> {
    Ok(File::open(path)?.into())
}

/// Returns the number of such a file, which is that of what it stands for.
pub fn inode_in_kernel(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.ino())
}

/// Returns where a symbolic link of /proc or /sys leads.
pub fn target_in_kernel(path: &Path) -> io::Result<PathBuf> {
    fs::read_link(path)
}

/// Writes a new file, whole or not at all, that only its owner can read. Blocks for at most 30
/// seconds.
///
/// # Errors
///
/// Of kind `AlreadyExists` where something has that path, which stays as it is.
pub fn write_new(path: &Path, bytes: Vec<u8>) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(30);

    let file = path.to_owned();
    READERS.within(path, PATIENCE, move || written::new(&file, &bytes))?
}

/// Writes a file that only its owner can read, whole or not at all, in place of the one that has that path.
/// Blocks for at most 5 seconds.
pub fn replace(path: &Path, bytes: Vec<u8>) -> io::Result<()> {
    let file = path.to_owned();

    READERS.within(path, PATIENCE, move || written::replaced(&file, &bytes))?
}

/// Returns whether anything has that path, a link that leads nowhere too.
pub fn is_taken(path: &Path) -> io::Result<bool> {
    let file = path.to_owned();
    let found = within(path, move || fs::symlink_metadata(&file).map(drop))?;

    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        found => found.map(|()| true),
    }
}

/// Returns whether a path of /proc or /sys is there.
pub fn is_in_kernel(path: &Path) -> bool {
    path.exists()
}

impl Readers {
    const fn new(bounds: Bounds) -> Self {
        let files = Files { known: BTreeMap::new(), reads: 0 };

        Self { bounds, files: Mutex::new(files) }
    }

    fn read(&'static self, path: &Path, patience: Duration) -> io::Result<Vec<u8>> {
        let (file, most) = (path.to_owned(), self.bounds.bytes);

        self.within(path, patience, move || bytes(&file, most))?
    }

    fn within<T: Send + 'static>(
        &'static self,
        path: &Path,
        patience: Duration,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let begun = Instant::now();
        let turn = self.turn(path, begun, patience)?;
        let (done, outcome) = sync_channel(1);
        let thread = thread::Builder::new().name("file".into()).spawn(move || {
            let outcome = read();
            drop(turn);
            let _nobody_waits_any_more = done.send(outcome);
        })?;

        match outcome.recv_timeout(patience.saturating_sub(begun.elapsed())) {
            Ok(outcome) => {
                // It has nothing left to do, and what counts threads sees none of it.
                let _ended = thread.join();
                Ok(outcome)
            }
            Err(RecvTimeoutError::Timeout) => {
                Err(error(ErrorKind::TimedOut, ReadError::Slow(patience)))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(error(ErrorKind::Other, ReadError::Panicked))
            }
        }
    }

    /// Waits until no other read of the file is under way, unless that one hangs.
    fn turn(&'static self, path: &Path, begun: Instant, patience: Duration) -> io::Result<Turn> {
        let file = Arc::clone(locked(&self.files).known.entry(path.to_owned()).or_default());
        let mut since = locked(&file.since);
        while let Some(other) = *since {
            let left = patience.saturating_sub(other.min(begun).elapsed());
            if left.is_zero() {
                return Err(error(ErrorKind::TimedOut, ReadError::Waiting(path.to_owned())));
            }
            let woken = file.free.wait_timeout(since, left);
            (since, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
        self.begin()?;
        *since = Some(Instant::now());
        drop(since);

        Ok(Turn { readers: self, file })
    }

    fn begin(&self) -> io::Result<()> {
        let mut files = locked(&self.files);
        if files.reads >= self.bounds.reads {
            return Err(error(ErrorKind::TimedOut, ReadError::TooMany(files.reads)));
        }
        files.reads += 1;

        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The next one that reads this file counts itself as soon as the file is free.
        locked(&self.readers.files).reads -= 1;
        *locked(&self.file.since) = None;
        // All of them: the first may find too many reads of other files, and wake no other.
        self.file.free.notify_all();
    }
}

fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(error(ErrorKind::FileTooLarge, ReadError::TooLarge(most)));
    }

    Ok(bytes)
}

fn unguarded(path: &Path) -> io::Result<()> {
    const OTHERS_WRITE: u32 = 0o022;
    const PERMISSIONS: u32 = 0o7777;
    let mode = fs::metadata(path)?.mode() & PERMISSIONS;

    if mode & OTHERS_WRITE == 0 {
        Ok(())
    } else {
        Err(error(ErrorKind::PermissionDenied, ReadError::Unguarded(mode)))
    }
}

fn error(kind: ErrorKind, error: ReadError) -> io::Error {
    io::Error::new(kind, error)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
