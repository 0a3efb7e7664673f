//! Reports changes of the entries that lead to a file (inotify).

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, INotifyWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::entries::{Entries, entries};
use crate::files;

/// Why changes are not noticed.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    #[error("cannot find the way to the file")]
    NoWay(#[from] io::Error),

    #[error(
        "the kernel does not watch its directory; `fs.inotify.max_user_instances` and \
         `fs.inotify.max_user_watches` are the limits"
    )]
    Refused(#[from] notify::Error),
}

/// Reports changes until it is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    _watcher: INotifyWatcher,
    changes: Arc<Notify>,
}

impl Watching {
    /// Watches the directories of all entries that lead to a file. Blocks for a bounded time.
    pub(super) fn begin(path: &Path) -> Result<Self, WatchError> {
        let (directory, path) = (path.parent().unwrap_or(path), path.to_owned());

        files::within(directory, move || Self::of(&path))?
    }

    fn of(path: &Path) -> Result<Self, WatchError> {
        let Entries { decisive, passed } = entries(path)?;
        let directories = directories(&decisive);
        let changes = Arc::new(Notify::new());
        let noticed = Arc::clone(&changes);
        let all = [&decisive, &directories, &passed].into_iter().flatten().cloned().collect();
        let handler = move |event: notify::Result<Event>| {
            if is_change(event.as_ref(), &all) {
                noticed.notify_one();
            }
        };

        let mut watcher = INotifyWatcher::new(handler, notify::Config::default())?;
        for directory in &directories {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        for directory in self::directories(&passed).difference(&directories) {
            // One that may be passed and not be read cannot be watched. What happens there is rare,
            // and the file is looked at now and then.
            let _is_watched = watcher.watch(directory, RecursiveMode::NonRecursive);
        }
        Ok(Self { _watcher: watcher, changes })
    }

    /// Waits for a change since the last one.
    pub(super) async fn changed(&self) {
        self.changes.notified().await;
    }
}

fn directories(entries: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    entries.iter().filter_map(|entry| entry.parent()).map(Into::into).collect()
}

/// Returns whether an event may mean that another file is there. An error is one: events may be lost.
fn is_change(event: Result<&Event, &notify::Error>, entries: &BTreeSet<PathBuf>) -> bool {
    let Ok(event) = event else { return true };
    let is_read_alone = match event.kind {
        EventKind::Access(access) => access != AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => false,
    };

    !is_read_alone
        && (event.paths.is_empty() || event.paths.iter().any(|path| entries.contains(path)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_directory_further_up_that_is_replaced_is_a_change() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("a/b/c")).unwrap();
        fs::create_dir_all(path("new/b/c")).unwrap();
        fs::write(path("a/b/c/config.toml"), "").unwrap();
        fs::write(path("new/b/c/config.toml"), "").unwrap();
        let watching = Watching::begin(&path("a/b/c/config.toml")).unwrap();

        fs::rename(path("a"), path("old")).unwrap();
        fs::rename(path("new"), path("a")).unwrap();

        timeout(Duration::from_secs(20), watching.changed()).await.expect("it is noticed");
    }
}
