//! Programs that go on counting when the process ends: their maps and links have names on a BPF
//! file system, by which the next process adopts them.
#![expect(
    clippy::disallowed_methods,
    reason = "a BPF file system is the kernel's memory; it is written to, and not read"
)]

mod layout;

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use super::Tap;
use super::shape::Shape;
use super::wire::{Link, Linked, pin, pinned, takes_pins};

pub(super) use layout::{Layout, LayoutMap, Times};

const LINK: &str = "link";
/// Ends the name of what is on its way to a name.
const NEXT: &str = "-next";
const LAYOUT: &str = "LAYOUT";

/// Why programs cannot be pinned, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error(
        "`datapath.pin_path` `{path}` is not on a BPF file system; mount one with `mount -t bpf bpf \
         /sys/fs/bpf`, or set `datapath.pin` to false"
    )]
    NoBpfFileSystem { path: PathBuf },

    #[error("another exporter uses `{path}`; stop it, or set another `datapath.pin_path`")]
    InUse { path: PathBuf },

    #[error("cannot {doing} `{path}` for pinned programs; see `datapath.pin_path`")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

/// The pinned programs of one network namespace. No other process has them meanwhile.
#[derive(Debug)]
pub(super) struct Pins {
    directory: PathBuf,
    /// Held as long as this is.
    _lock: File,
}

/// Where the pins of one tap are.
#[derive(Clone, Debug)]
pub(super) struct PinDirectory {
    directory: PathBuf,
}

impl Pins {
    /// Takes the place below `path` that belongs to this network namespace.
    pub(super) fn open(path: &Path) -> Result<Self, PinError> {
        let io = |doing| move |source| PinError::Io { doing, path: path.to_owned(), source };
        Self::check_file_system(path)?;
        let directory = path.join(namespace().map_err(io("find the network namespace below"))?);
        fs::create_dir_all(&directory).map_err(io("create directories below"))?;

        let lock = File::open(&directory).map_err(io("open directories below"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(PinError::InUse { path: directory }),
            Err(TryLockError::Error(source)) => Err(io("lock directories below")(source)),
        }
    }

    /// Returns whether the place below `path` could be taken, and takes nothing.
    pub(super) fn check(path: &Path) -> Result<(), PinError> {
        Self::check_file_system(path)?;
        let Ok(namespace) = namespace() else { return Ok(()) };
        let directory = path.join(namespace);
        let is_locked = |it: &File| matches!(it.try_lock(), Err(TryLockError::WouldBlock));
        if File::open(&directory).is_ok_and(|it| is_locked(&it)) {
            return Err(PinError::InUse { path: directory });
        }

        Ok(())
    }

    /// Returns whether a previous exporter left its program on the tap.
    pub(super) fn is_left_behind(path: &Path, tap: &Tap) -> bool {
        let Ok(namespace) = namespace() else { return false };
        let link = path.join(namespace).join(name(tap)).join(LINK);

        link.exists() && Self::check(path).is_ok()
    }

    fn check_file_system(path: &Path) -> Result<(), PinError> {
        let doing = "find out the file system of";
        let file_system = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
        match takes_pins(file_system) {
            Ok(true) => Ok(()),
            Ok(false) => Err(PinError::NoBpfFileSystem { path: path.to_owned() }),
            Err(source) => Err(PinError::Io { doing, path: path.to_owned(), source }),
        }
    }

    /// Takes off the programs that an exporter pinned which is gone.
    pub(super) fn clear(path: &Path) {
        let Ok(namespace) = namespace() else { return };
        if !path.join(namespace).exists() {
            return;
        }
        // One that runs is left alone.
        if let Ok(pins) = Self::open(path) {
            pins.keep_only(|_| false);
            let _others_may_be_there = fs::remove_dir(&pins.directory);
        }
    }

    /// Returns where the pins of a tap are. A name may change, an index stays.
    pub(super) fn place(&self, tap: &Tap) -> PinDirectory {
        PinDirectory { directory: self.directory.join(name(tap)) }
    }

    /// Takes off all programs but those of some taps.
    pub(super) fn keep_only(&self, is_kept: impl Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            if !entry.file_name().to_str().is_some_and(&is_kept) {
                tracing::info!(
                    pins = %entry.path().display(),
                    "Removed a pinned program that is not wanted"
                );
                PinDirectory { directory: entry.path() }.remove();
            }
        }
    }
}

/// Returns the name of a tap's directory.
pub(super) fn name(tap: &Tap) -> String {
    format!("{}-{}", tap.device.index, tap.direction.label())
}

impl PinDirectory {
    /// Returns where a map is pinned.
    pub(super) fn map(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Returns how the maps there are laid out; `None` where there are none that can be read.
    pub(super) fn layout(&self) -> Option<Layout> {
        let map = pinned(&self.directory.join(LAYOUT)).ok()?;

        LayoutMap::open(map.as_fd()).ok()?.read()
    }

    /// Makes room for new maps; a link that is there stays.
    pub(super) fn empty(&self) -> io::Result<()> {
        self.remove_all_but(LINK);

        fs::create_dir_all(&self.directory)
    }

    /// Writes how the maps there are laid out.
    pub(super) fn describe(&self, shape: &Shape) -> io::Result<LayoutMap> {
        let path = self.directory.join(LAYOUT);
        if let Ok(map) = pinned(&path) {
            return LayoutMap::open(map.as_fd());
        }
        let (fd, map) = LayoutMap::make(&Layout::of(shape))?;
        pin(fd.as_fd(), &path)?;

        Ok(map)
    }

    /// Returns the link that is pinned there, if it still is on the device. One that a process was
    /// about to pin in its place when it was killed is removed: both would count.
    pub(super) fn link(&self, tap: &Tap) -> Option<(Link, Linked)> {
        self.take_off(&next(LINK));
        let link = Link::from(pinned(&self.directory.join(LINK)).ok()?);
        let linked = link.linked().ok().flatten();
        let there = linked.filter(|it| it.ifindex == tap.device.index);
        if there.is_none() {
            self.remove_link();
        }

        there.map(|linked| (link, linked))
    }

    /// Removes the pinned link, and its program from the device.
    pub(super) fn remove_link(&self) {
        self.take_off(LINK);
    }

    /// Pins a link that was just made.
    pub(super) fn keep(&self, link: &Link) -> io::Result<()> {
        pin(link.as_fd(), &self.directory.join(LINK))
    }

    /// Pins a link in place of the one that is pinned.
    pub(super) fn replace(&self, link: &Link) -> io::Result<()> {
        self.replace_map(LINK, link.as_fd())
    }

    /// Pins a map in place of the one that is pinned under that name.
    pub(super) fn replace_map(&self, name: &str, map: BorrowedFd<'_>) -> io::Result<()> {
        let next = self.directory.join(next(name));
        let _left_by_a_kill = fs::remove_file(&next);
        pin(map, &next)?;

        fs::rename(&next, self.directory.join(name)).inspect_err(|_| {
            let _it_may_be_gone = fs::remove_file(&next);
        })
    }

    /// Removes the program from its device, and everything that is pinned for it.
    pub(super) fn remove(&self) {
        self.take_off(&next(LINK));
        self.take_off(LINK);
        self.remove_all_but("");
        let _it_may_be_gone = fs::remove_dir(&self.directory);
    }

    /// Removes a link with this name, if there is one, and its program from the device.
    fn take_off(&self, name: &str) {
        let path = self.directory.join(name);
        if let Ok(fd) = pinned(&path) {
            let _it_may_be_off = Link::from(fd).detach();
        }
        let _it_may_be_gone = fs::remove_file(path);
    }

    fn remove_all_but(&self, kept: &str) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name() != kept) {
            let _it_may_be_gone = fs::remove_file(entry.path());
        }
    }
}

/// Returns the name of what is on its way to a name.
fn next(name: &str) -> String {
    format!("{name}{NEXT}")
}

/// Returns what distinguishes this network namespace from others that see the same files.
fn namespace() -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;

    Ok(format!("net-{}", fs::metadata("/proc/self/ns/net")?.ino()))
}
